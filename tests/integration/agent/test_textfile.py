"""Families that others wrote: through the whole program, beside its own."""
import os
import shutil
import subprocess
import unittest

from kubegauge import Agent, Folder, families, fixture, paths, samples, write

GOOD = ("# HELP backup_bytes_total What was \"saved\".\n# TYPE backup_bytes_total counter\n"
        'backup_bytes_total{job="home"} 5\n'
        "# TYPE probe_seconds histogram\nprobe_seconds_bucket{le=\"1\"} 1\n"
        'probe_seconds_bucket{le="+Inf"} 2\nprobe_seconds_sum 3\nprobe_seconds_count 2\n')
OPEN = {"Accept": "application/openmetrics-text"}


class Textfile(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.done)
        fixture(self.folder.path, 1)
        self.prom = self.folder.path + "/prom"
        write(self.prom + "/good.prom", GOOD)

    def agent(self, *args):
        agent = Agent("local", *paths(self.folder.path),
                      "--collector.textfile.directory=" + self.prom, *args)
        self.addCleanup(agent.__exit__, None, None, None)
        agent.wait_ready()
        return agent

    def test_both_formats(self):
        agent = self.agent()
        text = agent.text("/metrics")
        self.assertIn(GOOD.split("\n", 1)[0] + "\n# TYPE backup_bytes_total counter\n"
                      'backup_bytes_total{job="home"} 5\n', text)
        self.assertIn('probe_seconds_bucket{le="1"} 1\n', text)
        self.assertEqual(float(samples(text)["node_textfile_scrape_error"]), 0)
        text = agent.text("/metrics/node", OPEN)
        self.assertIn("# TYPE backup_bytes counter\n", text)
        self.assertIn('probe_seconds_bucket{le="1.0"} 1\n', text)
        self.assertTrue(text.endswith("# EOF\n"))

    def test_queries(self):
        agent = self.agent("--metric-denylist=probe_.*")
        self.assertNotIn("probe_seconds", agent.text("/metrics"))
        only = families(agent.text("/metrics?collect[]=textfile"))
        self.assertIn("backup_bytes_total", only)
        self.assertNotIn("node_load1", only)
        self.assertNotIn("backup_bytes_total", agent.text("/metrics?exclude[]=textfile"))
        self.assertNotIn("backup_bytes_total", agent.text("/metrics?collect[]=meminfo"))
        self.assertNotIn("backup_bytes_total", agent.text("/metrics/cadvisor"))
        named = families(agent.text("/metrics?name[]=backup_bytes_total"))
        self.assertEqual(set(named), {"backup_bytes_total"})

    def test_faults_are_told_and_end(self):
        write(self.prom + "/bad.prom", "fine 1\nnode_load1\n")
        agent = self.agent()
        text = agent.text("/metrics")
        self.assertEqual(float(samples(text)["node_textfile_scrape_error"]), 1)
        self.assertEqual(float(samples(text)['node_scrape_collector_success{collector="textfile"}']), 1)
        self.assertIn("backup_bytes_total", text)
        agent.wait_log(r"bad\.prom: line 2: expected a number", 10)
        os.unlink(self.prom + "/bad.prom")
        self.assertEqual(float(samples(agent.text("/metrics"))["node_textfile_scrape_error"]), 0)
        agent.wait_log("recovered", 10)

    def test_names_of_our_own_are_not_to_be_had(self):
        write(self.prom + "/load.prom", "node_load1 77777\nnode_load7 1\n")
        agent = self.agent()
        text = agent.text("/metrics")
        self.assertNotIn("77777", text)
        self.assertIn("node_load7 1\n", text)
        agent.wait_log("node_load1 is a family of this program", 10)
        # Those of a collector that is off are free.
        agent = self.agent("--no-collector.loadavg")
        self.assertIn("node_load1 77777\n", agent.text("/metrics"))

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
    def test_what_promtool_reads(self):
        write(self.prom + "/odd.prom", 'a{b="\\\\ \\" \\n é"} NaN\na{b=""} 1\na 2\n# TYPE a_count gauge\na_count 1\n')
        write(self.prom + "/again.prom", "# HELP a Two.\n# TYPE a counter\na 1\n# TYPE b summary\nb_count 1\n")
        text = self.agent().text("/metrics?collect[]=textfile")
        done = subprocess.run(["promtool", "check", "metrics"], input=text.encode(),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertNotIn(b"error while linting", done.stdout)
        self.assertNotIn(b"parsing", done.stdout)
        self.assertIn(done.returncode, (0, 3), done.stdout)  # 3: names against the conventions


if __name__ == "__main__":
    unittest.main()
