#include "collectors/node/nfs_procs.h"

#include "base/num.h"

/* Procedures in the order of their numbers: RFC 1094 and RFC 1813. */
const struct str nfs_v2_procs[NFS_V2_PROCS] = {
    STR_INIT("Null"),    STR_INIT("GetAttr"),  STR_INIT("SetAttr"), STR_INIT("Root"),
    STR_INIT("Lookup"),  STR_INIT("ReadLink"), STR_INIT("Read"),    STR_INIT("WrCache"),
    STR_INIT("Write"),   STR_INIT("Create"),   STR_INIT("Remove"),  STR_INIT("Rename"),
    STR_INIT("Link"),    STR_INIT("SymLink"),  STR_INIT("MkDir"),   STR_INIT("RmDir"),
    STR_INIT("ReadDir"), STR_INIT("FsStat"),
};

const struct str nfs_v3_procs[NFS_V3_PROCS] = {
    STR_INIT("Null"),     STR_INIT("GetAttr"),     STR_INIT("SetAttr"), STR_INIT("Lookup"),
    STR_INIT("Access"),   STR_INIT("ReadLink"),    STR_INIT("Read"),    STR_INIT("Write"),
    STR_INIT("Create"),   STR_INIT("MkDir"),       STR_INIT("SymLink"), STR_INIT("MkNod"),
    STR_INIT("Remove"),   STR_INIT("RmDir"),       STR_INIT("Rename"),  STR_INIT("Link"),
    STR_INIT("ReadDir"),  STR_INIT("ReadDirPlus"), STR_INIT("FsStat"),  STR_INIT("FsInfo"),
    STR_INIT("PathConf"), STR_INIT("Commit"),
};

int nfs_numbers_parse(struct str line, struct nfs_numbers *ret)
{
    ret->n = 0;
    for (struct str word = str_word(&line); word.n; word = str_word(&line)) {
        if (ret->n == NFS_NUMBERS_MAX) {
            return 0;
        }
        if (num_scan_u64(word, &ret->v[ret->n]) < 0) {
            return -EBADMSG;
        }
        ret->n++;
    }
    return 0;
}

int nfs_procs_parse(struct str line, struct nfs_numbers *ret)
{
    uint64_t n;
    if (num_scan_u64(str_word(&line), &n) < 0 || nfs_numbers_parse(line, ret) < 0 ||
        (n != ret->n && n <= NFS_NUMBERS_MAX)) {
        return -EBADMSG;
    }
    return 0;
}

void nfs_procs_put(const struct nfs_numbers *procs, const struct str *names, size_t n,
                   struct str proto, struct metric_writer *out)
{
    for (size_t i = 0; i < KG_MIN(n, procs->n); i++) {
        if (names[i].n) {
            metric_put(out, (double)procs->v[i], names[i], proto);
        }
    }
}
