#include "kube/join/pod_owner.h"

#include "tests/support/cmocka.h"

#include <stdio.h>

static void owners(void **state)
{
    (void)state;
    static const struct {
        const char *metadata, *kind, *name;
    } table[] = {
        { "{}", "", "" },
        { "{'ownerReferences':[]}", "", "" },
        { "{'ownerReferences':[{'kind':'Node','name':'n1'}]}", "", "" },
        { "{'ownerReferences':[{'kind':'A','name':'a'},{'kind':'Node','name':'n1',"
          "'controller':true}]}",
          "Node", "n1" },
        { "{'labels':{'pod-template-hash':'5d4f8'},'ownerReferences':[{'kind':'ReplicaSet',"
          "'name':'web-5d4f8','controller':true}]}",
          "Deployment", "web" },
        { "{'labels':{'pod-template-hash':'5d4f8'},'ownerReferences':[{'kind':'ReplicaSet',"
          "'name':'web-other','controller':true}]}",
          "ReplicaSet", "web-other" },
        { "{'labels':{'pod-template-hash':'5d4f8'},'ownerReferences':[{'kind':'ReplicaSet',"
          "'name':'-5d4f8','controller':true}]}",
          "ReplicaSet", "-5d4f8" },
        { "{'ownerReferences':[{'kind':'ReplicaSet','name':'web-5d4f8','controller':true}]}",
          "ReplicaSet", "web-5d4f8" },
        { "{'labels':{'pod-template-hash':'5d4f8'},'ownerReferences':[{'kind':'StatefulSet',"
          "'name':'web-5d4f8','controller':true}]}",
          "StatefulSet", "web-5d4f8" },
        /* 29384400 minutes after 1970 is 2025-11-13T20:00:00Z. */
        { "{'creationTimestamp':'2025-11-13T21:00:07Z','ownerReferences':[{'kind':'Job',"
          "'name':'backup-29384400','controller':true}]}",
          "CronJob", "backup" },
        { "{'creationTimestamp':'2025-11-13T21:00:07Z','ownerReferences':[{'kind':'Job',"
          "'name':'backup-1763064000','controller':true}]}",
          "CronJob", "backup" },
        { "{'creationTimestamp':'2025-11-30T21:00:07Z','ownerReferences':[{'kind':'Job',"
          "'name':'backup-29384400','controller':true}]}",
          "Job", "backup-29384400" },
        { "{'creationTimestamp':'2025-11-13T21:00:07Z','ownerReferences':[{'kind':'Job',"
          "'name':'import-20251113','controller':true}]}",
          "Job", "import-20251113" },
        { "{'ownerReferences':[{'kind':'Job','name':'backup-29384400','controller':true}]}", "Job",
          "backup-29384400" },
        { "{'creationTimestamp':'2025-11-13T21:00:07Z','ownerReferences':[{'kind':'Job',"
          "'name':'-29384400','controller':true}]}",
          "Job", "-29384400" },
        { "{'creationTimestamp':'2025-11-13T21:00:07Z','ownerReferences':[{'kind':'Job',"
          "'name':'plain','controller':true}]}",
          "Job", "plain" },
        { "{'creationTimestamp':'2025-11-13T21:00:07Z','ownerReferences':[{'kind':'Job',"
          "'name':'x-99999999999999999999','controller':true}]}",
          "Job", "x-99999999999999999999" },
        { "{'ownerReferences':[{'kind':5,'name':null,'controller':true}]}", "", "" },
        { "{'ownerReferences':['x',{'controller':'true','kind':'Job'}]}", "", "" },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(table); i++) {
        char text[512];
        snprintf(text, sizeof(text), "{'metadata':%s}", table[i].metadata);
        for (char *c = text; *c; c++) {
            *c = *c == '\'' ? '"' : *c;
        }
        json_t *pod = json_loads(text, 0, NULL);
        assert_non_null(pod);
        struct pod_owner owner = pod_owner_of(pod);
        if (!str_eq_c(owner.kind, table[i].kind) || !str_eq_c(owner.name, table[i].name)) {
            fail_msg("%s: " STR_FMT " \"" STR_FMT "\"", text, STR_ARG(owner.kind),
                     STR_ARG(owner.name));
        }
        json_decref(pod);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(owners) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
