"""A sensor that does not answer, in the whole program: a FIFO that nobody writes to stands for it."""
import os
import time
import unittest

from kubegauge import Agent, Folder, fixture, paths

DEADLINE = 1.0


class Aside(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.done)
        fixture(self.folder.path)
        sysfs = dict(arg.split("=", 1) for arg in paths(self.folder.path))["--path.sysfs"]
        self.zone = sysfs + "/class/thermal/thermal_zone0"
        os.makedirs(self.zone)
        with open(self.zone + "/type", "w", encoding="utf-8") as file:
            file.write("made_up\n")
        os.mkfifo(self.zone + "/temp")

    def test_a_hung_sensor_costs_its_own_samples(self):
        with Agent("local", *paths(self.folder.path), f"--collector.deadline={DEADLINE:.0f}s") as agent:
            agent.wait_ready()  # a collector of node_* that fails does not make it unready
            began = time.monotonic()
            text = agent.text("/metrics/node")
            self.assertLess(time.monotonic() - began, DEADLINE)
            self.assertIn('node_scrape_collector_success{collector="thermal_zone"} 0', text)
            self.assertIn('node_scrape_collector_success{collector="meminfo"} 1', text)
            self.assertNotIn("node_thermal_zone_temp{", text)

            # A writer lets the reader go on, and a file that answers takes the place.
            fifo = os.open(self.zone + "/temp", os.O_WRONLY | os.O_NONBLOCK)
            with open(self.zone + "/temp.new", "w", encoding="utf-8") as file:
                file.write("51000\n")
            os.replace(self.zone + "/temp.new", self.zone + "/temp")
            os.close(fifo)
            for _ in range(100):
                text = agent.text("/metrics/node")
                if "node_thermal_zone_temp{" in text:
                    break
                time.sleep(0.05)
            self.assertIn('node_thermal_zone_temp{type="made_up",zone="0"} 51', text)


if __name__ == "__main__":
    unittest.main()
