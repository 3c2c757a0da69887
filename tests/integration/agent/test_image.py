"""The image's file system: the program runs with nothing else, and knows the time zones."""
import json
import os
import subprocess
import unittest

from kubegauge import Folder, PROGRAM, SOURCE

# In a mount namespace of its own, so that nothing stays mounted. Sanitizers read /proc.
IN_ROOT = 'mkdir -p "$1/proc" && mount --rbind /proc "$1/proc" && exec chroot "$@"'

# 9 o'clock there, next after the schedule's last time; summer time of 2026 begins on 8 March in New
# York, and on 29 March in Berlin; Kolkata has none. EST5EDT is a link.
LAST = "2026-03-08T14:30:00Z"
ZONES = {
    None: "2026-03-09T09:00:00Z",
    "UTC": "2026-03-09T09:00:00Z",
    "America/New_York": "2026-03-09T13:00:00Z",
    "EST5EDT": "2026-03-09T13:00:00Z",
    "Europe/Berlin": "2026-03-09T08:00:00Z",
    "Asia/Kolkata": "2026-03-09T03:30:00Z",
}


def cron_job(name, zone):
    spec = {"schedule": "0 9 * * *"} | ({"timeZone": zone} if zone else {})
    return {"apiVersion": "batch/v1", "kind": "CronJob",
            "metadata": {"name": name, "namespace": "a"},
            "spec": spec, "status": {"lastScheduleTime": LAST}}


def in_root(root, *args, **more):
    command = ["unshare", "--mount", "--propagation", "private"]
    if os.getuid() != 0:
        command += ["--user", "--map-root-user"]
    return subprocess.run([*command, "sh", "-c", IN_ROOT, "sh", root, *args],
                          env={"PATH": os.environ["PATH"]}, capture_output=True, text=True,
                          timeout=60, check=False, **more)


class Image(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        cls.addClassCleanup(cls.folder.done)
        cls.root = cls.folder.path + "/root"
        subprocess.run([SOURCE + "/manifests/image/stage", PROGRAM, cls.root], check=True,
                       timeout=60)

    def test_program_starts(self):
        done = in_root(self.root, "/usr/bin/kubegauge", "--version")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertTrue(done.stdout.startswith("kubegauge "), done.stdout)

    def test_time_zones(self):
        jobs = [cron_job(zone or "none", zone) for zone in ZONES]
        jobs.append(cron_job("wrong", "Europe/Atlantis"))
        done = in_root(self.root, "/usr/bin/kubegauge", "render", "-f", "-",
                       input="".join(json.dumps(job) for job in jobs))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        at, invalid = {}, {}
        for line in done.stdout.splitlines():
            name = line.partition('cronjob="')[2].partition('"')[0]
            if line.startswith("kube_cronjob_next_schedule_time{"):
                at[name] = float(line.rpartition(" ")[2])
            elif line.startswith("kube_cronjob_schedule_invalid{"):
                invalid[name] = line.rpartition(" ")[2]
        for zone, want in ZONES.items():
            seconds = subprocess.run(["date", "-u", "-d", want, "+%s"], capture_output=True,
                                     text=True, check=True).stdout
            self.assertEqual(at.get(zone or "none"), float(seconds), zone)
        self.assertNotIn("wrong", at)
        self.assertEqual(invalid, {"wrong": "1"})

    def test_nothing_dangles(self):
        """Links of the zone database that lead out of the image."""
        found = subprocess.run(["find", self.root + "/usr/share/zoneinfo", "-xtype", "l"],
                               capture_output=True, text=True, check=True).stdout
        self.assertEqual(found, "")


if __name__ == "__main__":
    if subprocess.run(["unshare", "--mount", *([] if os.getuid() == 0 else ["--user"]), "true"],
                      stderr=subprocess.DEVNULL, check=False).returncode:
        print("SKIP: no mount namespaces here")
        raise SystemExit(77)
    unittest.main()
