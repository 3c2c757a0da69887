"""The roles of the chart against --print-rbac of the program, started as the chart starts it.

Needs helm, but no cluster. What is read is YAML as the chart and the program write it, not any."""
import os
import pathlib
import re
import shutil
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("KUBEGAUGE", str(ROOT / "build/dev/kubegauge"))
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
HELM = shutil.which("helm") or str(CACHE / "kubegauge/bin/helm")
NAMESPACE = "monitoring"

RULE = re.compile(r'  - apiGroups: \[("?)([a-z0-9.]*)\1\]\n'
                  r'    resources: \[([a-z, ]+)\]\n'
                  r'(?:    resourceNames: \[([^\]]+)\]\n)?'
                  r'    verbs: \[([a-z, ]+)\]\n')


def documents(text):
    return [d for d in re.split(r"(?m)^---\n", text) if "\nkind: " in "\n" + d]


def field(document, pattern):
    found = re.search("(?m)^" + pattern + r': "?([^"\n]*)"?$', document)
    return found.group(1) if found else None


def head(document):
    """kind, namespace, name"""
    return (field(document, "kind"), field(document, "  namespace"), field(document, "  name"))


def rules_of(document):
    """A set of (group, resource, object name or None, verb)."""
    text = document.partition("\nrules:\n")[2]
    text = re.sub(r"(?m)^ *#.*\n", "", text)
    found = set()
    at = 0
    for match in RULE.finditer(text):
        assert match.start() == at, "no rule: " + text[at:match.start()]
        at = match.end()
        _, group, resources, names, verbs = match.groups()
        for resource in resources.split(", "):
            for name in names.replace('"', "").split(", ") if names else [None]:
                for verb in verbs.split(", "):
                    found.add((group, resource, name, verb))
    assert text[at:].strip() == "" and found, "no rule: " + text[at:]
    return found


def roles_of(text):
    return {head(d): rules_of(d) for d in documents(text) if field(d, "kind") in
            ("Role", "ClusterRole")}


def bindings_of(text):
    """What each binding gives: {(kind, namespace, name of the role): account}"""
    found = {}
    for d in documents(text):
        kind, namespace, _ = head(d)
        if kind in ("RoleBinding", "ClusterRoleBinding"):
            subject = d.partition("\nsubjects:\n")[2]
            role = d.partition("\nroleRef:\n")[2]
            assert field(subject, "    namespace") == NAMESPACE, d
            found[field(role, "  kind"), namespace, field(role, "  name")] = \
                field(subject, "  - kind: ServiceAccount\n    name")
    return found


def args_of(pods):
    text = re.search(r"(?m)^          args:\n((?: {12}.*\n)+)", pods).group(1)
    words = [line.strip()[2:].strip('"') for line in text.splitlines()
             if not line.strip().startswith("#")]
    return [w.replace("$(POD_NAMESPACE)", NAMESPACE).replace("$(POD_NAME)", "kubegauge-cluster-0")
            .replace("$(POD_IP)", "192.0.2.1").replace("$(NODE_NAME)", "node1") for w in words]


def template(*sets):
    values = [word for s in sets for word in ("--set-json" if s.endswith("]") else "--set", s)]
    return subprocess.run([HELM, "template", "kubegauge", str(ROOT / "helm/kubegauge"), "-n", NAMESPACE,
                           "--kube-version", "v1.36.3", *values],
                          capture_output=True, text=True, check=True).stdout


class Rbac(unittest.TestCase):
    maxDiff = None

    def check(self, *sets):
        text = template(*sets)
        wanted = {}
        for d in documents(text):
            if field(d, "kind") in ("DaemonSet", "Deployment", "StatefulSet"):
                done = subprocess.run([PROGRAM, *args_of(d), "--print-rbac"], capture_output=True,
                                      text=True, check=False)
                self.assertEqual((done.returncode, done.stderr), (0, ""), sets)
                roles = roles_of(done.stdout)
                wanted |= roles
                account = field(d, "      serviceAccountName")
                for role in roles:
                    self.assertEqual(bindings_of(text).get(role), account, (sets, role))
        self.assertTrue(wanted, sets)
        roles = roles_of(text)
        self.assertEqual(roles, wanted, sets)
        self.assertEqual(set(bindings_of(text)), set(roles), sets)
        return roles

    def test_node(self):
        self.check()
        self.check("podState=cluster")

    def test_cluster(self):
        roles = self.check("cluster.enabled=true")
        self.assertIn(("apps", "deployments", None, "watch"), roles["ClusterRole", None,
                                                                   "kubegauge-cluster"])
        self.check("cluster.enabled=true", "node.enabled=false")
        self.check("cluster.enabled=true", "podState=node")
        self.check("cluster.enabled=true", "cluster.replicas=1", "cluster.leaderElection=false")
        self.assertIn(("coordination.k8s.io", "leases", "kubegauge-cluster", "patch"),
                      roles["Role", NAMESPACE, "kubegauge-cluster-replicas"])

    def test_kinds(self):
        kinds = re.findall(r"RESOURCE\((\w+)\)\n", (ROOT / "kube/resources/resources.def").read_text())
        self.assertEqual(len(kinds), 39)
        for some in kinds, ["secrets"], ["nodes"], ["pods", "nodes", "configmaps"]:
            for podState in "node", "cluster":
                if podState == "cluster" or some != ["pods"]:
                    self.check("cluster.enabled=true", "podState=" + podState,
                               "cluster.kinds={%s}" % ",".join(some))

    def test_namespaces(self):
        for kinds in "", "nodes", "pods", "nodes,pods":
            self.check("cluster.enabled=true", "cluster.namespaces={a,b,monitoring}",
                       *(["cluster.kinds={%s}" % kinds] if kinds else []))
        self.check("cluster.enabled=true", "cluster.namespacesDenylist={a,b}")

    def test_shards(self):
        self.check("cluster.enabled=true", "cluster.shards=3")
        self.check("cluster.enabled=true", "cluster.shards=3", "cluster.namespaces={a}")

    def test_replicas(self):
        roles = self.check("cluster.enabled=true", "cluster.replicas=2", "cluster.leaderElection=true")
        self.assertIn(("coordination.k8s.io", "leases", "kubegauge-cluster", "patch"),
                      roles["Role", NAMESPACE, "kubegauge-cluster-replicas"])

    def test_without_roles(self):
        self.assertEqual(roles_of(template("cluster.enabled=true", "rbac.create=false")), {})

    def test_refusals(self):
        for wrong in (["cluster.kinds={pod}"], ["cluster.leaderElection=false"],
                      ["cluster.shards=0"], ["cluster.namespaces={a b}"]):
            with self.assertRaises(subprocess.CalledProcessError, msg=wrong):
                template("cluster.enabled=true", *wrong)


class Rendering(unittest.TestCase):
    """What a mistake in would show up in no other test: long names, and commas."""

    def test_names(self):
        """A hash of eleven characters behind the StatefulSet's name is a label of its pods."""
        text = template("cluster.enabled=true", "cluster.shards=3", "fullnameOverride=" + "k" * 63)
        names = {head(d)[0]: head(d)[2] for d in documents(text)}
        self.assertLessEqual(len(names["DaemonSet"]), 63)
        self.assertLessEqual(len(names["StatefulSet"]) + 11, 63)

    def test_commas(self):
        text = template("cluster.enabled=true", 'metricDenylist=["a{1,2}","b"]',
                        'cluster.metricOptInList=["c{3,4}"]')
        options = [o for d in documents(text) if head(d)[0] in ("DaemonSet", "Deployment")
                   for o in args_of(d)]
        self.assertEqual([o for o in options if "deny" in o and "b" in o],
                         [r"--metric-denylist=a{1\\,2},b"] * 2)
        self.assertIn(r"--metric-opt-in-list=c{3\\,4}", options)


if __name__ == "__main__":
    if not shutil.which(HELM):
        print("SKIP: no helm (tests/cluster/build-tools helm)")
        raise SystemExit(77)
    unittest.main()
