"""The checker's own reading of numbers and names, against the reference's vectors where they are at hand."""
import json
import os
import unittest

import cron
import values

VECTORS = os.path.join(os.environ.get("KG_SHARED", "/work/shared"), "reference/ksm/vectors.jsonl")


class Values(unittest.TestCase):
    def test_numbers(self):
        for value, text in ((0, "0"), (999999, "999999"), (1e6, "1e+06"), (1234567, "1.234567e+06"), (0.0001, "0.0001"),
                            (1e-5, "1e-05"), (-2.5, "-2.5"), (1.5e9, "1.5e+09"), (0.1, "0.1"), (100, "100"),
                            (123456.75, "123456.75"), (9.223372036854776e18, "9.223372036854776e+18")):
            self.assertEqual(values.number(value), text)

    def test_quantities(self):
        for text, value in (("100m", 0.1), ("1u", 0.001), ("-1u", -0.001), ("1.5Gi", 1610612736), ("1e3", 1000),
                            ("2E", 2e18), (".5", 0.5), ("12345678901234567890", 12345678901234567890.0)):
            self.assertEqual(values.milli(text), value)
        self.assertEqual(values.whole("100m"), 1)
        self.assertRaises(ValueError, values.quantity, "")

    def test_labels(self):
        self.assertEqual(values.label_pairs("label_", {"a-b": "1", "a_b": "2", "a_b_conflict1": "3"}),
                         [("label_a_b_conflict1_conflict1", "1"), ("label_a_b_conflict2", "2"),
                          ("label_a_b_conflict1_conflict2", "3")])

    def test_cron(self):
        at = values.seconds("2026-11-21T05:00:00Z")  # a Saturday
        for schedule, zone, want in (("*/5 * * * *", None, "2026-11-21T05:05:00Z"), ("0 0 1 * 1", None, "2026-11-23T00:00:00Z"),
                                     ("@daily", "Europe/Berlin", "2026-11-21T23:00:00Z"), ("0 0 29 2 *", None, "2028-02-29T00:00:00Z"),
                                     ("30 6-8/2 * JAN-FEB sun", None, "2027-01-03T06:30:00Z")):
            self.assertEqual(cron.after(schedule, zone, at), values.seconds(want), schedule)
        self.assertIsNone(cron.after("0 0 30 2 *", None, at))
        for schedule in ("", "* * * *", "60 * * * *", "* * * * 7", "5-1 * * * *", "@never", "*/0 * * * *"):
            self.assertRaises(ValueError, cron.after, schedule, None, at)

    @unittest.skipUnless(os.path.exists(VECTORS), f"no reference vectors at {VECTORS}")
    def test_vectors(self):
        seen = 0
        with open(VECTORS, encoding="utf-8") as file:
            for line in file:
                case = json.loads(line)
                if case["kind"] == "labelnames":
                    pairs = values.label_pairs("label_", case["in"])
                    self.assertEqual([pairs, case["in"]], [list(zip(case["keys"], case["values"])), case["in"]])
                elif case["kind"] == "float" and isinstance(case["in"], (int, float)):
                    self.assertEqual(values.number(case["in"]), case["out"])
                elif case["kind"] == "quantity" and case.get("canonical") == case["in"] and \
                        abs(values.quantity(case["in"])) < 9e15:  # as the API server writes them
                    self.assertEqual(values.number(values.milli(case["in"])), case["ksm_convert"], case)
                    self.assertEqual(values.number(values.whole(case["in"])), case["ksm_value"], case)
                else:
                    continue
                seen += 1
        self.assertGreater(seen, 50)


if __name__ == "__main__":
    unittest.main()
