"""The command line: what is refused and how, what is printed, what a fault at the start says."""
import os
import socket
import subprocess
import unittest

from kubegauge import Agent, Folder, PROGRAM, SOURCE, fixture, paths, run


class Options(unittest.TestCase):
    def refused(self, *args, says, code=2, env=None):
        got, out, err = run(*args, env=env)
        self.assertEqual((got, out), (code, ""), err)
        self.assertTrue(err.startswith("kubegauge: "), err)
        self.assertIn(says, err)
        self.assertEqual(err.count("\n"), 1, err)

    def test_refuses_with_name_and_what_is_accepted(self):
        self.refused("--log.levle=debug", says="--log.levle: unknown option; is --log.level meant?")
        self.refused("--log.level=loud", says="--log.level: \"loud\" is not one of debug, info")
        self.refused("local", "--stale-after", "soon", says="a duration such as 300ms, 30s or 1h30m")
        self.refused("local", "--no-collector.nonsense", says="--no-collector.nonsense: unknown")
        self.refused("local", "--node=n", says="--node is not an option of role local, but of node")
        self.refused("--metric-allowlist=a", "--metric-denylist=b", says="exclude each other")
        self.refused("--metric-allowlist=(", says="(")
        self.refused("cluster", says="--kubeconfig: role cluster needs it")
        self.refused("cluster", "--kubeconfig=/x", "--resources=pod",
                     says="--resources: there is no resource \"pod\"")
        self.refused("cluster", "--kubeconfig=/x", "--total-shards=3", "--shard=3",
                     says="--shard: of --total-shards=3 the last one is 2")
        self.refused("cluster", "--kubeconfig=/x", "--pod=kubegauge-0",
                     says="--pod: needs --pod-namespace, too")
        self.refused("cluster", "--kubeconfig=/x", "--node=a",
                     says="--node selects pods; it needs --resources=pods")
        self.refused("all", says="role all is not part of this version")
        self.refused("node", says="--node")
        self.refused("render", says="-f")
        self.refused("--web.listen-address=9095", says="--web.listen-address")
        self.refused("local", says="KUBEGAUGE_STALE_AFTER: \"x\" is not a duration",
                     env={"KUBEGAUGE_STALE_AFTER": "x"})

    def test_refuses_folders_that_cannot_be_read(self):
        self.refused("local", "--path.cgroup=/nonexistent/cgroup",
                     says="--path.cgroup: cannot read the folder /nonexistent/cgroup: ENOENT")
        self.refused("local", "--path.procfs=/etc/passwd", says="--path.procfs: cannot read")

    def test_a_port_in_use_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            address = "127.0.0.1:%d" % other.getsockname()[1]
            code, _, err = run("local", "--web.listen-address=" + address)
        self.assertEqual(code, 1)
        self.assertIn(address, err)
        self.assertIn("EADDRINUSE", err)

    def test_ksm_quirks(self):
        """The 1st, or a Monday: KSM's library waits for a 1st that is one."""
        job = ('{"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"a"},'
               '"spec":{"schedule":"0 0 1 * 1"},"status":{"lastScheduleTime":"2026-01-01T00:00:00Z"}}')
        for option, at in ([], "1.7675712e+09"), (["--ksm-quirks"], "1.780272e+09"):
            code, out, err = run("render", "-f", "-", *option, stdin=job.encode())
            self.assertEqual(code, 0, err)
            self.assertIn('kube_cronjob_next_schedule_time{namespace="",cronjob="a"} %s\n' % at, out)

    def test_help_and_version(self):
        code, out, _ = run("--version")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"^kubegauge \d+\.\d+\.\d+\n$")
        code, whole, _ = run("--help")
        self.assertEqual(code, 0)
        self.assertIn("--path.procfs=FOLDER", whole)
        self.assertIn("cluster", whole)
        self.assertLessEqual(max(map(len, whole.splitlines())), 100)
        code, render, _ = run("render", "--help")
        self.assertEqual(code, 0)
        self.assertIn("-f, --file=FILE", render)
        self.assertNotIn("--path.procfs", render)

    def test_help_into_a_closed_pipe(self):
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run([PROGRAM, "--help"], stdout=writing, stderr=subprocess.PIPE,
                              timeout=60, check=False)
        os.close(writing)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"standard output: EPIPE", done.stderr)

    def test_docs_are_those_of_the_tables(self):
        for page in ("options", "metrics"):
            code, out, err = run("--print-docs=" + page)
            self.assertEqual(code, 0, err)
            with open(SOURCE + "/docs/%s.md" % page) as file:
                self.assertEqual(out, file.read(),
                                 "run: kubegauge --print-docs=%s > docs/%s.md" % (page, page))


class PrintConfig(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.done)

    def test_names_each_origin_and_reads_itself(self):
        path = self.folder.path + "/config.yaml"
        with open(path, "w") as file:
            file.write("stale-after: 2m\nmetric-denylist:\n  - x\n  - 'y: z'\nlog.level: warn\n")
        args = ["local", "--config", path, "--web.listen-address=:1", "--print-config"]
        code, out, err = run(*args, env={"KUBEGAUGE_LOG_FORMAT": "json",
                                         "KUBEGAUGE_LOG_LEVEL": "error"})
        self.assertEqual(code, 0, err)
        self.assertRegex(out, r'(?m)^stale-after: "2m" +# %s line 1$' % path)
        self.assertRegex(out, r'(?m)^metric-denylist: \["x", "y: z"\] +# %s line 2$' % path)
        self.assertRegex(out, r'(?m)^log.level: "error" +# KUBEGAUGE_LOG_LEVEL$')
        self.assertRegex(out, r'(?m)^web.listen-address: ":1" +# flag$')
        self.assertRegex(out, r'(?m)^rescan-interval: "1m" +# default$')
        again = self.folder.path + "/again.yaml"
        with open(again, "w") as file:
            file.write(out)
        code, second, err = run("local", "--config=" + again, "--print-config")
        self.assertEqual(code, 0, err)
        strip = [line.partition("  #")[0] for line in out.splitlines()[1:]]
        self.assertEqual(strip, [line.partition("  #")[0] for line in second.splitlines()[1:]])

    def test_tells_stray_variables_but_not_those_of_services(self):
        fixture(self.folder.path)
        with Agent("local", *paths(self.folder.path),
                   env={"KUBEGAUGE_LOGLEVEL": "x", "KUBEGAUGE_PORT": "tcp://10.0.0.1:9095",
                        "KUBEGAUGE_SERVICE_HOST": "10.0.0.1"}) as agent:
            agent.wait_log("variable=KUBEGAUGE_LOGLEVEL", 10)
        self.assertEqual(sum("is no option" in line for line in agent.log), 1)

    def test_listens_on_ipv6_and_on_all(self):
        fixture(self.folder.path)
        for address, host in (("[::1]:0", "::1"), (":0", "127.0.0.1"), ("localhost:0", None)):
            with Agent("local", *paths(self.folder.path), address=address) as agent:
                agent.host = host or agent.host
                self.assertEqual(agent.get("/healthz")[0], 200)


if __name__ == "__main__":
    unittest.main()
