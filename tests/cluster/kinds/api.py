"""The API server of the test cluster, by its admin certificate; and its etcd, for objects that the server
would refuse today but that an older one may have stored. Run it through tests/cluster/in."""
import base64
import http.client
import json
import os
import ssl
import urllib.parse

GROUPS = {"apps/v1": "daemonsets deployments replicasets statefulsets", "batch/v1": "cronjobs jobs",
          "autoscaling/v2": "horizontalpodautoscalers", "certificates.k8s.io/v1": "certificatesigningrequests",
          "coordination.k8s.io/v1": "leases", "discovery.k8s.io/v1": "endpointslices",
          "networking.k8s.io/v1": "ingressclasses ingresses networkpolicies", "policy/v1": "poddisruptionbudgets",
          "rbac.authorization.k8s.io/v1": "clusterrolebindings clusterroles rolebindings roles",
          "storage.k8s.io/v1": "storageclasses volumeattachments", "node.k8s.io/v1": "runtimeclasses",
          "scheduling.k8s.io/v1": "priorityclasses",
          "admissionregistration.k8s.io/v1": "mutatingadmissionpolicies mutatingadmissionpolicybindings "
          "mutatingwebhookconfigurations validatingadmissionpolicies validatingadmissionpolicybindings "
          "validatingwebhookconfigurations"}
VERSIONS = {plural: version for version, plurals in GROUPS.items() for plural in plurals.split()}


class Refused(Exception):
    def __init__(self, code, what):
        super().__init__(f"{code}: {what}")
        self.code = code


class Api:
    def __init__(self, folder=None):
        self.folder = folder or os.path.dirname(os.environ["KUBECONFIG"])
        self.connection = None

    def connect(self):
        pki = self.folder + "/pki/"
        context = ssl.create_default_context(cafile=pki + "ca.crt")
        context.load_cert_chain(pki + "admin.crt", pki + "admin.key")
        self.connection = http.client.HTTPSConnection("192.168.77.1", timeout=30, context=context)

    def request(self, method, path, body=None, kind="application/json"):
        if self.connection is None:
            self.connect()
        text = json.dumps(body) if body is not None else None
        try:
            self.connection.request(method, path, text, {"Content-Type": kind, "Accept": "application/json"})
            answer = self.connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            raise
        if answer.status >= 300:
            try:
                what = json.loads(content).get("message", "")[:500]
            except ValueError:
                what = repr(content[:200])
            raise Refused(answer.status, f"{method} {path}: {what}")
        return json.loads(content)

    @staticmethod
    def path(plural, namespace=None, name=None, sub=None):
        version = VERSIONS.get(plural, "v1")
        parts = ["/api/v1" if version == "v1" else "/apis/" + version]
        parts += ["namespaces", namespace] if namespace else []
        return "/".join(parts + [plural] + [urllib.parse.quote(p) for p in (name, sub) if p])

    def create(self, plural, o, namespace=None):
        o.setdefault("apiVersion", VERSIONS.get(plural, "v1"))
        return self.request("POST", self.path(plural, namespace), o)

    def replace(self, plural, o, sub=None):
        meta = o["metadata"]
        return self.request("PUT", self.path(plural, meta.get("namespace"), meta["name"], sub), o)

    def delete(self, plural, namespace, name, grace=None):
        options = {"kind": "DeleteOptions", "apiVersion": "v1"}
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        return self.request("DELETE", self.path(plural, namespace, name), options)


def etcd(call, body):
    connection = http.client.HTTPConnection("127.0.0.1", 2379, timeout=30)
    connection.request("POST", "/v3/" + call, json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    if answer.status != 200:
        raise Refused(answer.status, f"etcd {call}: {content[:300]!r}")
    return json.loads(content)


def store(key, o):
    """Writes an object past the API server's validation."""
    def coded(text):
        return base64.b64encode(text.encode()).decode()
    etcd("kv/put", {"key": coded("/registry/" + key), "value": coded(json.dumps(o))})
