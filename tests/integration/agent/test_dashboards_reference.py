"""Holds tests/fixtures/dashboards.txt against the list of what the mixins use, where that is at hand."""
import os
import unittest

import dashboards


class Reference(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        if not os.path.exists(dashboards.REFERENCE):
            print("SKIPPED: no", dashboards.REFERENCE)
            self.skipTest("no reference")
        self.wanted = dashboards.derive(dashboards.REFERENCE)

    def test_the_fixture_is_what_the_reference_says(self):
        text = dashboards.text_of(self.wanted)
        if os.environ.get("KG_UPDATE_GOLDEN"):
            with open(dashboards.FIXTURE, "w", encoding="utf-8") as file:
                file.write(text)
        with open(dashboards.FIXTURE, encoding="utf-8") as file:
            self.assertEqual(text, file.read())

    def test_every_origin_is_there(self):
        self.assertEqual(set(self.wanted), set(dashboards.ORIGINS.values()))
        self.assertGreater(min(len(metrics) for metrics in self.wanted.values()), 5)


if __name__ == "__main__":
    unittest.main()
