"""The objects that the test makes: (plural, object, status), at least one of each kind. See make.py."""
import subprocess
import tempfile

import objects_pods
from objects_common import DOOMED, LIMITED, LONG, NS, T, conditions, meta, pod_template, selector


def certificate_request(name):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-subj", f"/O=kinds/CN={name}", "-keyout", folder + "/key", "-out", folder + "/csr"],
                       check=True, capture_output=True)
        with open(folder + "/csr", "rb") as file:
            return file.read()


def csrs(api):
    import base64
    with open(api.folder + "/pki/ca.crt", "rb") as file:
        certificate = base64.b64encode(file.read()).decode()
    request = base64.b64encode(certificate_request("kinds")).decode()
    for name, type_, status in (("kinds-issued", "Approved", {"certificate": certificate}), ("kinds-denied", "Denied", None),
                                ("kinds-failed", "Approved", {"conditions": conditions(Failed="True")}),
                                ("kinds-new", None, None)):
        o = {"metadata": meta(name, None), "spec": {"request": request, "usages": ["client auth"],
                                                    "signerName": 'example.com/"signer'.replace('"', "")}}
        approval = {"conditions": [{"type": type_, "status": "True", "reason": "Test", "message": "by the test"}]}
        yield "certificatesigningrequests", o, {"approval": approval if type_ else None, "status": status}


def roles():
    rule = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole"}
    subjects = [{"kind": "User", "name": "somebody", "apiGroup": "rbac.authorization.k8s.io"}]
    # Roles alone may have names like this one.
    odd = 'kinds:"quoted"\\back größe'
    yield "clusterroles", {"metadata": meta(odd, None), "rules": rule}, None
    yield "clusterrolebindings", {"metadata": meta("kinds", None), "roleRef": {**ref, "name": odd}, "subjects": subjects}, None
    yield "roles", {"metadata": meta(odd), "rules": rule}, None
    yield "rolebindings", {"metadata": meta("kinds:" + odd), "roleRef": {**ref, "name": odd}, "subjects": []}, None


def simple():
    yield "configmaps", {"metadata": meta("huge"), "data": {"text": 'x"\n\\' * 250_000}}, None
    yield "configmaps", {"metadata": meta("many-labels", labels={f"example.com/label-{i}": f"v{i}" for i in range(200)})}, None
    yield "configmaps", {"metadata": meta(LONG)}, None
    yield "secrets", {"metadata": meta("plain"), "type": "Opaque", "data": {"a": "aGVsbG8="}}, None
    yield "secrets", {"metadata": meta("owned", owners=2), "type": "example.com/some-type"}, None
    yield "serviceaccounts", {"metadata": meta("full"), "automountServiceAccountToken": False,
                              "secrets": [{"name": "one"}, {"name": "two"}],
                              "imagePullSecrets": [{"name": "three"}, {"name": "three"}]}, None
    yield "serviceaccounts", {"metadata": meta("leaving", finalizer=True)}, DOOMED
    yield "leases", {"metadata": meta("held", owners=1), "spec": {
        "holderIdentity": 'me "and" \\ you', "renewTime": "2026-01-02T03:04:05.999999Z"}}, None
    yield "leases", {"metadata": meta("free")}, None
    yield "limitranges", {"metadata": meta("full", LIMITED), "spec": {"limits": [
        {"type": "Container", "min": {"cpu": "1m", "memory": "1"}, "max": {"cpu": "2500m", "memory": "1.5Gi"},
         "default": {"cpu": "100m", "memory": "12Mi"}, "defaultRequest": {"cpu": "50m", "memory": "10Mi"},
         "maxLimitRequestRatio": {"cpu": "30"}},
        {"type": "PersistentVolumeClaim", "min": {"storage": "1Ki"}, "max": {"storage": "1Pi"}}]}}, None
    yield "resourcequotas", {"metadata": meta("full", LIMITED), "spec": {"hard": {"pods": "1k"}}}, {"status": {
        "hard": {"pods": "1k", "requests.cpu": "1500m", "requests.example.com/gpu": "4", "limits.memory": "1e9"},
        "used": {"pods": "12", "requests.cpu": "333m", "count/configmaps": "3"}}}
    yield "resourcequotas", {"metadata": meta("empty", LIMITED), "spec": {}}, None
    yield "ingressclasses", {"metadata": meta("kinds", None), "spec": {"controller": "example.com/controller"}}, None
    yield "storageclasses", {"metadata": meta("kinds", None), "provisioner": "example.com/disk",
                             "reclaimPolicy": "Retain", "volumeBindingMode": "WaitForFirstConsumer"}, None
    yield "storageclasses", {"metadata": meta("kinds-plain", None), "provisioner": "example.com/disk"}, None
    policy = {"podSelector": {}, "ingress": [{}, {"from": [{"podSelector": {}}]}], "egress": [{}], "policyTypes": ["Egress"]}
    yield "networkpolicies", {"metadata": meta("full"), "spec": policy}, None
    yield "networkpolicies", {"metadata": meta("empty"), "spec": {"podSelector": {}}}, None
    yield "poddisruptionbudgets", {"metadata": meta("full"), "spec": {"minAvailable": "50%", "selector": selector()}}, {
        "status": {"currentHealthy": 4, "desiredHealthy": 3, "disruptionsAllowed": 1, "expectedPods": 5, "observedGeneration": 1}}
    yield "poddisruptionbudgets", {"metadata": meta("leaving", finalizer=True), "spec": {"maxUnavailable": 1}}, DOOMED


def network():
    yield "services", {"metadata": meta("full"), "spec": {
        "type": "LoadBalancer", "ports": [{"port": 80}], "externalIPs": ["203.0.113.1", "2001:db8::1"],
        "loadBalancerIP": "203.0.113.9", "externalTrafficPolicy": "Local"}}, {"status": {"loadBalancer": {"ingress": [
            {"ip": "203.0.113.9"}, {"hostname": "lb.example.com"}, {"ip": "203.0.113.10", "hostname": "b.example.com"}]}}}
    yield "services", {"metadata": meta("s" * 63), "spec": {"clusterIP": "None", "ports": [{"port": 1}]}}, None
    yield "services", {"metadata": meta("elsewhere"), "spec": {"type": "ExternalName", "externalName": "a.example.com"}}, None
    yield "services", {"metadata": meta("leaving", finalizer=True), "spec": {"ports": [{"port": 1}]}}, DOOMED
    ports = [{"port": 80, "name": "http"}, {"port": 53, "protocol": "UDP", "name": "dns"}]
    yield "endpoints", {"metadata": meta("full"), "subsets": [
        {"addresses": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}], "notReadyAddresses": [{"ip": "10.0.0.3"}], "ports": ports},
        {"addresses": [{"ip": "10.0.0.4"}], "ports": [{"port": 80}]}, {"addresses": [{"ip": "10.0.0.5"}]}]}, None
    yield "endpoints", {"metadata": meta("empty")}, None
    yield "endpointslices", {"metadata": meta("full"), "addressType": "IPv4", "ports": [
        {"port": 80, "name": "http", "protocol": "TCP"}, {"name": "none"}], "endpoints": [
            {"addresses": ["10.0.0.1", "10.0.0.9"], "hostname": "one", "nodeName": "node-a", "zone": "zone-a",
             "conditions": {"ready": True, "serving": True, "terminating": False},
             "targetRef": {"kind": "Pod", "name": "full", "namespace": NS},
             "hints": {"forZones": [{"name": "zone-a"}, {"name": "zone-b"}]}},
            {"addresses": ["10.0.0.2"], "conditions": {"ready": False}}, {"addresses": ["10.0.0.3"]}]}, None
    yield "endpointslices", {"metadata": meta("names"), "addressType": "FQDN", "endpoints": [
        {"addresses": ["a.example.com"]}]}, None
    back = {"service": {"name": "full", "port": {"number": 80}}}
    named = {"service": {"name": "full", "port": {"name": "http"}}}
    resource = {"resource": {"apiGroup": "example.com", "kind": "Bucket", "name": "files"}}
    yield "ingresses", {"metadata": meta("full"), "spec": {
        "ingressClassName": "kinds", "tls": [{"hosts": ["a.example.com", "b.example.com"], "secretName": "tls"}, {}],
        "rules": [{"host": "a.example.com", "http": {"paths": [
            {"path": "/", "pathType": "Prefix", "backend": back}, {"path": "/x", "pathType": "Exact", "backend": named},
            {"path": "/files", "pathType": "ImplementationSpecific", "backend": resource}]}},
            {"http": {"paths": [{"pathType": "ImplementationSpecific", "backend": back}]}}, {"host": "none.example.com"}]}}, None
    yield "ingresses", {"metadata": meta("annotated", annotations={"kubernetes.io/ingress.class": 'old "one"'}),
                        "spec": {"defaultBackend": back}}, None
    yield "ingresses", {"metadata": meta("default"), "spec": {"defaultBackend": back}}, None


def storage():
    size = {"capacity": {"storage": "1.5Gi"}, "accessModes": ["ReadWriteOnce", "ReadOnlyMany"]}
    terms = {"required": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Exists"}]}]}}
    iscsi = {"targetPortal": "10.0.0.1:3260", "iqn": "iqn.2026-01.com.example:disk", "lun": 3}
    sources = {
        "gce": {"gcePersistentDisk": {"pdName": "disk"}}, "ebs": {"awsElasticBlockStore": {"volumeID": "vol-1"}},
        "azure": {"azureDisk": {"diskName": "disk", "diskURI": "https://a.blob.core.windows.net/b/c.vhd"}},
        "fc": {"fc": {"targetWWNs": ["50060e801049cfd1", "50060e801049cfd2"], "lun": 0}}, "wwids": {"fc": {"wwids": ["w1", "w2"]}},
        "iscsi": {"iscsi": {**iscsi, "initiatorName": "iqn.2026-01.com.example:node"}}, "iscsi-plain": {"iscsi": iscsi},
        "nfs": {"nfs": {"server": "files", "path": '/some "path"\\'}},
        "csi": {"csi": {"driver": "csi.example.com", "volumeHandle": "größe", "volumeAttributes": {
            "mounter": "kernel", "mapOptions": "a=b"}}},
        "csi-plain": {"csi": {"driver": "csi.example.com", "volumeHandle": "h"}},
        "local": {"local": {"path": "/disk", "fsType": "ext4"}, "nodeAffinity": terms},
        "host": {"hostPath": {"path": "/tmp", "type": "Directory"}, "volumeMode": "Filesystem"}}
    phases = ("Pending", "Available", "Bound", "Released", "Failed")
    for i, (name, source) in enumerate(sources.items()):
        yield "persistentvolumes", {"metadata": meta("kinds-" + name, None), "spec": {**size, **source}}, {
            "status": {"phase": phases[i % 5]}}
    claimed = {"claimRef": {"name": "full", "namespace": NS}, "storageClassName": "kinds", "volumeMode": "Block",
               "persistentVolumeReclaimPolicy": "Delete"}
    yield "persistentvolumes", {"metadata": meta("kinds-claimed", None, finalizer=True), "spec": {
        **size, **sources["nfs"], **claimed}}, DOOMED
    want = {"accessModes": ["ReadWriteOnce", "ReadWriteMany"], "resources": {"requests": {"storage": "1.5Gi"}}}
    yield "persistentvolumeclaims", {"metadata": meta("full"), "spec": {
        **want, "storageClassName": "kinds", "volumeName": "kinds-claimed", "volumeMode": "Block"}}, {"status": {
            "phase": "Bound", "conditions": conditions(Resizing="True", FileSystemResizePending="Unknown")}}
    yield "persistentvolumeclaims", {"metadata": meta("old", annotations={
        "volume.beta.kubernetes.io/storage-class": "from annotation"}), "spec": want}, {"status": {"phase": "Lost"}}
    yield "persistentvolumeclaims", {"metadata": meta("leaving", finalizer=True), "spec": want}, DOOMED
    for name, attached in (("attached", True), ("detached", False)):
        yield "volumeattachments", {"metadata": meta("kinds-" + name, None), "spec": {
            "attacher": "csi.example.com", "nodeName": "node-a", "source": {"persistentVolumeName": "kinds-csi"}}}, {
                "status": {"attached": attached, "attachmentMetadata": {"devicePath": '/dev/"x"', "a.b": "1", "a/b": "2"}}}


def admission():
    match = {"resourceRules": [{"apiGroups": ["example.com"], "apiVersions": ["v1"], "operations": ["CREATE"],
                                "resources": ["nothings"]}]}
    param = {"apiVersion": "v1", "kind": "ConfigMap"}
    ref = {"name": "huge", "namespace": NS, "parameterNotFoundAction": "Deny"}
    mutation = [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": "Object{}"}}]
    validation = [{"expression": "true"}]
    yield "mutatingadmissionpolicies", {"metadata": meta("kinds", None), "spec": {
        "paramKind": param, "failurePolicy": "Ignore", "reinvocationPolicy": "IfNeeded", "matchConstraints": match,
        "mutations": mutation}}, None
    yield "mutatingadmissionpolicies", {"metadata": meta("kinds-plain", None), "spec": {
        "reinvocationPolicy": "Never", "matchConstraints": match, "mutations": mutation}}, None
    yield "mutatingadmissionpolicybindings", {"metadata": meta("kinds", None), "spec": {"policyName": "kinds", "paramRef": ref}}, None
    yield "mutatingadmissionpolicybindings", {"metadata": meta("kinds-plain", None), "spec": {"policyName": "kinds-plain"}}, None
    yield "validatingadmissionpolicies", {"metadata": meta("kinds", None), "spec": {
        "paramKind": param, "failurePolicy": "Ignore", "matchConstraints": match, "validations": validation}}, None
    yield "validatingadmissionpolicybindings", {"metadata": meta("kinds", None), "spec": {
        "policyName": "kinds", "paramRef": ref, "validationActions": ["Warn", "Audit"]}}, None
    rules = [{"apiGroups": ["example.com"], "apiVersions": ["v1"], "operations": ["*"], "resources": ["nothings"]}]
    hook = {"rules": rules, "sideEffects": "None", "admissionReviewVersions": ["v1"]}
    hooks = [{**hook, "name": "service.example.com", "clientConfig": {"service": {"name": "hook", "namespace": NS}}},
             {**hook, "name": "url.example.com", "clientConfig": {"url": "https://hook.example.com/"}}]
    for plural in ("mutatingwebhookconfigurations", "validatingwebhookconfigurations"):
        yield plural, {"metadata": meta("kinds", None), "webhooks": hooks}, None
        yield plural, {"metadata": meta("kinds-empty", None)}, None


def workloads():
    template = pod_template()
    yield "deployments", {"metadata": meta("full", owners=2), "spec": {
        "replicas": 7, "selector": selector(), "template": template, "paused": True,
        "strategy": {"rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}}}}, {"status": {
            "replicas": 8, "readyReplicas": 5, "availableReplicas": 4, "unavailableReplicas": 4, "updatedReplicas": 3,
            "terminatingReplicas": 2, "observedGeneration": 1, "conditions": conditions(
                Available=("True", "MinimumReplicasAvailable"), Progressing=("Unknown", "Something\"else"),
                ReplicaFailure=("False", ""))}}
    yield "deployments", {"metadata": meta("numbers"), "spec": {
        "replicas": 0, "selector": selector(), "template": template, "strategy": {
            "rollingUpdate": {"maxUnavailable": 2, "maxSurge": 0}}}}, None
    yield "deployments", {"metadata": meta("recreated", finalizer=True), "spec": {
        "selector": selector(), "template": template, "strategy": {"type": "Recreate"}}}, DOOMED
    yield "daemonsets", {"metadata": meta("full"), "spec": {"selector": selector(), "template": template}}, {"status": {
        "currentNumberScheduled": 1, "desiredNumberScheduled": 2, "numberAvailable": 3, "numberMisscheduled": 4,
        "numberReady": 5, "numberUnavailable": 6, "observedGeneration": 1, "updatedNumberScheduled": 8}}
    yield "daemonsets", {"metadata": meta("leaving", finalizer=True), "spec": {"selector": selector(), "template": template}}, DOOMED
    yield "replicasets", {"metadata": meta("full", owners=1), "spec": {
        "replicas": 3, "selector": selector(), "template": template}}, {"status": {
            "replicas": 3, "fullyLabeledReplicas": 2, "readyReplicas": 1, "availableReplicas": 1, "terminatingReplicas": 0,
            "observedGeneration": 1}}
    yield "replicasets", {"metadata": meta("zero"), "spec": {"replicas": 0, "selector": selector(), "template": template}}, None
    yield "replicationcontrollers", {"metadata": meta("full", owners=2), "spec": {
        "replicas": 3, "selector": {"app": "kinds"}, "template": template}}, {"status": {
            "replicas": 3, "fullyLabeledReplicas": 2, "readyReplicas": 2, "availableReplicas": 1, "observedGeneration": 1}}
    yield "replicationcontrollers", {"metadata": meta("zero"), "spec": {"selector": {"app": "kinds"}, "template": template}}, None
    yield "statefulsets", {"metadata": meta("full"), "spec": {
        "replicas": 3, "serviceName": "x", "selector": selector(), "template": template, "ordinals": {"start": 5},
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete", "whenScaled": "Retain"}}}, {"status": {
            "replicas": 3, "availableReplicas": 2, "currentReplicas": 1, "readyReplicas": 2, "updatedReplicas": 1,
            "observedGeneration": 1, "currentRevision": "full-1", "updateRevision": "full-2"}}
    yield "statefulsets", {"metadata": meta("leaving", finalizer=True), "spec": {
        "serviceName": "x", "selector": selector(), "template": template, "ordinals": {}}}, DOOMED
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "full"}
    object_ = {"describedObject": target, "metric": {"name": "requests"}}
    box = {"name": "cpu", "container": "main"}
    yield "horizontalpodautoscalers", {"metadata": meta("full"), "spec": {
        "scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 9,
        "behavior": {"scaleDown": {"tolerance": "0.05"}, "scaleUp": {"tolerance": "150m"}}, "metrics": [
            {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}},
            {"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1.5Gi"}}},
            {"type": "ContainerResource", "containerResource": {**box, "target": {"type": "AverageValue", "averageValue": "333m"}}},
            {"type": "Pods", "pods": {"metric": {"name": "hits"}, "target": {"type": "AverageValue", "averageValue": "10"}}},
            {"type": "Object", "object": {**object_, "target": {"type": "Value", "value": "1k"}}},
            {"type": "External", "external": {"metric": {"name": "queue"}, "target": {"type": "Value", "value": "1u"}}}]}}, {
                "status": {"currentReplicas": 3, "desiredReplicas": 4, "conditions": conditions(
                    AbleToScale="True", ScalingActive="False", ScalingLimited="Unknown"), "currentMetrics": [
                        {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 70, "averageValue": "7m"}}},
                        {"type": "ContainerResource", "containerResource": {**box, "current": {"averageValue": "300m"}}},
                        {"type": "Pods", "pods": {"metric": {"name": "hits"}, "current": {"averageValue": "11"}}},
                        {"type": "Object", "object": {**object_, "current": {"value": "900", "averageValue": "300"}}},
                        {"type": "External", "external": {"metric": {"name": "queue"}, "current": {"value": "5"}}}]}}
    yield "horizontalpodautoscalers", {"metadata": meta("leaving", finalizer=True), "spec": {
        "scaleTargetRef": {"apiVersion": "example.com/v1", "kind": "Thing", "name": "t"}, "maxReplicas": 1}}, DOOMED


def batch():
    template = pod_template(restartPolicy="Never")
    yield "jobs", {"metadata": meta("done", owners=1), "spec": {
        "parallelism": 1, "completions": 1, "activeDeadlineSeconds": 600, "template": template}}, {"status": {
            "succeeded": 1, "ready": 0, "startTime": T[0], "completionTime": T[1], "uncountedTerminatedPods": {},
            "conditions": conditions(SuccessCriteriaMet="True", Complete="True")}}
    for name, reason in (("late", "DeadlineExceeded"), ("odd", "PodFailurePolicy")):
        yield "jobs", {"metadata": meta(name), "spec": {"template": template}}, {"status": {
            "failed": 3, "startTime": T[0], "uncountedTerminatedPods": {},
            "conditions": conditions(FailureTarget=("True", reason), Failed=("True", reason))}}
    yield "jobs", {"metadata": meta("running"), "spec": {"parallelism": 3, "template": template}}, {"status": {
        "active": 3, "ready": 2, "failed": 2, "startTime": T[0], "uncountedTerminatedPods": {}}}
    yield "jobs", {"metadata": meta("suspended"), "spec": {"suspend": True, "template": template}}, {"status": {
        "conditions": conditions(Suspended="True")}}
    yield "jobs", {"metadata": meta("new"), "spec": {"template": template}}, None
    job = {"spec": {"template": template}}
    for name, spec, status in (
            ("full", {"schedule": "*/5 2-4 * * MON-FRI", "timeZone": "Europe/Berlin", "startingDeadlineSeconds": 0,
                      "concurrencyPolicy": "Replace", "successfulJobsHistoryLimit": 0}, {
                          "active": [{"kind": "Job", "name": "a", "namespace": NS}], "lastScheduleTime": T[0],
                          "lastSuccessfulTime": T[1]}),
            ("both-days", {"schedule": "30 6 13 * 5"}, {"lastScheduleTime": T[0]}),
            ("long-step", {"schedule": "*/120 * * * *"}, {"lastScheduleTime": T[0]}),
            ("never", {"schedule": "0 0 30 2 *"}, {"lastScheduleTime": T[0]}),
            ("suspended", {"schedule": "@daily", "suspend": True}, None), ("n" * 52, {"schedule": "@monthly"}, None)):
        yield "cronjobs", {"metadata": meta(name), "spec": {**spec, "jobTemplate": job}}, {"status": status}


def nodes():
    usual = {"cpu": "3920m", "memory": "16Gi", "pods": "110", "ephemeral-storage": "100G", "hugepages-2Mi": "0",
             "attachable-volumes-csi-x": "39", "example.com/gpu": "8", "example.com/odd-name.x": "1",
             "example.kubernetes.io/no": "1", "plain": "1"}
    yield "nodes", {"metadata": meta("node-a", None, labels={
        "node-role.kubernetes.io/worker": "", "node-role.kubernetes.io/control-plane": "yes"}), "spec": {
            "podCIDR": "10.1.0.0/24", "podCIDRs": ["10.1.0.0/24", "fd00::/64"], "providerID": "test://node-a",
            "unschedulable": True, "taints": [{"key": "a", "value": "b", "effect": "NoSchedule"}, {"key": "c", "effect": "NoExecute"}]}}, {
                "status": {"capacity": usual, "allocatable": {**usual, "memory": "15.5Gi", "storage": "1u"},
                           "conditions": conditions(Ready="True", DiskPressure="False", Custom="Unknown"),
                           "addresses": [{"type": "Hostname", "address": "node-a"}, {"type": "InternalIP", "address": "192.168.0.1"},
                                         {"type": "InternalIP", "address": "fd00::1"}],
                           "nodeInfo": {"kernelVersion": '6.1 "x"', "osImage": "größe ☃", "containerRuntimeVersion": "containerd://2",
                                        "kubeletVersion": "v1.36.3", "systemUUID": "uuid", "machineID": "", "bootID": "",
                                        "kubeProxyVersion": "", "operatingSystem": "linux", "architecture": "amd64"}}}
    yield "nodes", {"metadata": meta("n" * 253, None)}, None
    yield "nodes", {"metadata": meta("leaving", None, finalizer=True)}, DOOMED


def objects(api):
    """In an order in which the API server takes them."""
    yield "namespaces", {"metadata": meta(NS, None)}, None
    yield "namespaces", {"metadata": meta(LIMITED, None)}, None
    yield "namespaces", {"metadata": meta("leaving", None, finalizer=True)}, {**DOOMED, "status": {
        "phase": "Terminating", "conditions": conditions(NamespaceContentRemaining="True", NamespaceDeletionContentFailure="False")}}
    for made in (csrs(api), roles(), simple(), network(), storage(), admission(), nodes(), workloads(), batch(),
                 objects_pods.objects()):
        yield from made
