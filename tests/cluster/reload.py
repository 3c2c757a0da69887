"""What tests/cluster/tests/reload asks: a real API server, 120 pods of 60 deployments, and the files
of two accounts. Usage: reload.py FOLDER, which holds `kubeconfig` (may see no secrets) and `admin`."""
import os
import re
import sys
import time

folder = sys.argv[1]
sys.path.insert(0, os.environ["KG_SOURCE_DIR"] + "/tests/integration/agent")
from kubegauge import Agent  # noqa: E402
from test_reload import Scraper  # noqa: E402

ROUNDS = 5
KINDS = "resources:\n  pods: {}\n  deployments: {}\n  secrets: {}\n"
WITH_NAMESPACES = KINDS + "  namespaces: {}\n"


def put(name, text):
    with open(folder + "/new", "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(folder + "/new", folder + "/" + name)


def wait(agent, text, there=True):
    until = time.monotonic() + 30
    while (text in agent.text("/metrics/state")) != there:
        assert time.monotonic() < until, text + "\n" + "".join(agent.log)
        time.sleep(0.02)


def seen(text):
    return (text.count("\nkube_pod_info{"), text.count("\nkube_deployment_created{"),
            "kube_namespace_created" in text, "kube_secret_info" in text)


put("ksm.yaml", KINDS)
with Agent("cluster", "--kubeconfig=" + folder + "/kubeconfig",
           "--config=" + folder + "/ksm.yaml") as agent:
    ready = agent.wait_ready()
    assert re.search("resource secrets: refused by the API server: .*HTTP status 403", ready), ready
    scraper = Scraper(agent, seen)
    scraper.start()
    for _ in range(ROUNDS):
        put("ksm.yaml", WITH_NAMESPACES)
        wait(agent, "kube_namespace_created")
        put("ksm.yaml", KINDS)
        wait(agent, "kube_namespace_created", False)
    os.rename(folder + "/admin", folder + "/kubeconfig")
    wait(agent, "kube_secret_info")
    scraper.stop()
    print("%d scrapes saw %s" % (scraper.scrapes, scraper.seen))
    assert sorted(scraper.seen) == [(120, 60, False, False), (120, 60, False, True),
                                    (120, 60, True, False)], scraper.seen
    assert 'kubegauge_resource_available{resource="secrets"} 1' in agent.text("/metrics/self")
    assert agent.get("/livez")[::2] == (200, b"OK")
