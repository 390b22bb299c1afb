#!/usr/bin/env python3
"""What bench/spatial.py, headphone.py and spatial_plot.py conclude from made-up figures."""
import array
import math
import sys
import unittest
import xml.etree.ElementTree
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import headphone
import spatial
import spatial_plot

CASES = [spatial.Case(taps, block) for taps in spatial.TAPS for block in spatial.BLOCKS]


def run(**changed: float) -> dict:
    return {"cpu_percent": 1.0, "p50_us": 10.0, "p99_us": 12.0, "max_us": 50.0, "blocks": 1000, "late": 0, "wrong": 0,
            "checked": 48, "allocations": 0, "frees": 0, "real_time": True, **changed}


def rows(weir: list[dict], zita: list[dict]) -> list[dict]:
    return [row for case in CASES for subject, runs in (("weir", weir), ("zita", zita)) if runs
            for row in spatial.rows_of(case.name, spatial.SUBJECTS[subject], runs)]


def bar(bars: list[dict], beginning: str) -> dict:
    found = [b for b in bars if b["name"].startswith(beginning)]
    assert len(found) == 1, (beginning, [b["name"] for b in bars])
    return found[0]


class Bars(unittest.TestCase):
    def test_cpu_is_a_part_of_zitas(self) -> None:
        bars = spatial.bars_of(rows([run(cpu_percent=0.8)], [run()]))
        name = "CPU, 4096 taps, blocks of "
        self.assertAlmostEqual(bar(bars, name + "64")["value"], 0.8)
        self.assertTrue(bar(bars, name + "64")["holds"])
        self.assertFalse(bar(bars, name + "512")["holds"])

    def test_steadiness_is_zitas_or_one_and_a_half(self) -> None:
        name = "p99 / median, 16384 taps, blocks of 128"
        self.assertTrue(bar(spatial.bars_of(rows([run(p99_us=15)], [run(p99_us=11)])), name)["holds"])
        self.assertFalse(bar(spatial.bars_of(rows([run(p99_us=16)], [run(p99_us=11)])), name)["holds"])
        self.assertTrue(bar(spatial.bars_of(rows([run(p99_us=30)], [run(p99_us=31)])), name)["holds"])

    def test_one_block_that_allocates_breaks_the_bar(self) -> None:
        one = spatial.bars_of(rows([run(), run(), run(allocations=1)], [run()]))
        self.assertFalse(bar(one, "weir's blocks with allocations")["holds"])
        self.assertTrue(bar(spatial.bars_of(rows([run()] * 3, [run(frees=1)])), "weir's blocks with alloc")["holds"])

    def test_what_was_not_measured_does_not_hold(self) -> None:
        for without in (spatial.bars_of(rows([run()], [])), spatial.bars_of([])):
            for b in without:
                self.assertTrue(b["name"].startswith("weir's blocks") or not b["holds"], b)
        self.assertFalse(bar(spatial.bars_of([]), "weir's blocks")["holds"])


class Soundness(unittest.TestCase):
    def test_wrong_output_is_not_measured(self) -> None:
        self.assertTrue(spatial.sound(run()))
        self.assertFalse(spatial.sound(run(wrong=1)))

    def test_late_blocks_explain_a_little_only(self) -> None:
        self.assertTrue(spatial.sound(run(wrong=3, late=5)))
        self.assertFalse(spatial.sound(run(wrong=40, late=5)))


class Turns(unittest.TestCase):
    def test_each_plays_as_often_as_it_should_and_a_case_is_not_torn_apart(self) -> None:
        rounds = [spatial.turns(CASES, turn, 5) for turn in range(5)]
        played = [one for round_ in rounds for one in round_]
        for case in CASES:
            for subject, barred in (("weir", 5), ("zita", 5), ("uniform", spatial.UNIFORM_ROUNDS)):
                expected = barred if case.has_bar else spatial.OTHER_ROUNDS
                self.assertEqual(played.count((case, subject)), expected, (case, subject))
        for round_ in rounds:
            changes = 1 + sum(a[0] != b[0] for a, b in zip(round_, round_[1:]))
            self.assertEqual(changes, len({case for case, _ in round_}))


class Alike(unittest.TestCase):
    def test_level_and_likeness_are_told_apart(self) -> None:
        tone = array.array("f", (math.sin(0.1 * i) for i in range(1000)))
        half = array.array("f", (0.5 * x for x in tone))
        other = array.array("f", (math.cos(0.1 * i) for i in range(1000)))
        correlation, level = headphone.alike(half, tone)
        self.assertAlmostEqual(correlation, 1, 5)
        self.assertAlmostEqual(level, 0.5, 5)
        self.assertLess(headphone.alike(other, tone)[0], 0.1)
        self.assertEqual(headphone.alike(tone[:10], tone), (0, 0))
        self.assertEqual(headphone.alike(array.array("f", bytes(40)), tone[:10]), (0, 0))

    def test_both_sets_of_responses_hold_the_same_pairs(self) -> None:
        self.assertEqual(sorted({t for pair in headphone.TRACKS.values() for t in pair}), list(range(14)))


class Plot(unittest.TestCase):
    def test_more_cpu_is_higher_up_and_all_cases_are_there(self) -> None:
        svg = spatial_plot.drawing({"rows": rows([run(cpu_percent=0.5)], [run(cpu_percent=5)])})
        root = xml.etree.ElementTree.fromstring(svg)
        space = "{http://www.w3.org/2000/svg}"
        heights = {subject: {float(c.get("cy")) for c in root.iter(space + "circle") if c.get("fill") == colour}
                   for subject, colour in spatial_plot.COLOURS.items()}
        self.assertEqual(len(list(root.iter(space + "circle"))), 2 * len(CASES))
        self.assertLess(max(heights["zita"]), min(heights["weir"]))

    def test_without_figures_there_is_no_picture(self) -> None:
        with self.assertRaises(ValueError):
            spatial_plot.drawing({"rows": []})

    def test_decades_enclose_the_values(self) -> None:
        self.assertEqual(spatial_plot.decades([0.2, 48]), (-1, 2))
        self.assertEqual(spatial_plot.decades([1]), (0, 1))


if __name__ == "__main__":
    unittest.main()
