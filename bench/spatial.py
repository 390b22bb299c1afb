#!/usr/bin/env python3
"""Surround sound to headphones: weir's convolver beside zita-convolver and plain partitions; weir spatial beside ffmpeg."""
from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import headphone
import report

PROGRAM = report.ROOT / "build/bench/bench-spatial"
TAPS, BLOCKS = (512, 4096, 16384, 65536), (64, 128, 256, 512)
# weir's CPU as a part of zita's may be this at most.
LIMITS = {(4096, 64): 0.85, (4096, 128): 0.70, (4096, 512): 0.55,
          (16384, 64): 0.80, (16384, 128): 0.90, (16384, 512): 0.75}
HEADPHONE_LIMIT = 0.15
# p99 / median: weir's may be as large as zita's, or this.
STEADY = 1.5
# The program's names, and the table's.
SUBJECTS = {"weir": "weir", "zita": "zita-convolver 4, best options", "uniform": "uniform, one per path"}
USUAL_ZITA = "vector=1,maxpart=8192,dense=1,sync=0"
# No bar looks at it: it takes part in fewer rounds.
UNIFORM_ROUNDS, OTHER_ROUNDS = 3, 2

CPU, STEADINESS, ALLOCATIONS = "CPU of real time", "p99 / median", "allocating or freeing"


@dataclass(frozen=True)
class Case:
    taps: int
    block: int

    @property
    def name(self) -> str:
        return f"{self.taps} taps, blocks of {self.block}"

    @property
    def has_bar(self) -> bool:
        return (self.taps, self.block) in LIMITS


@dataclass(frozen=True)
class Lengths:
    """Seconds of sound of one run; of a calibration's tries (None: none is made)."""
    barred_s: float
    other_s: float
    barred_try_s: float | None
    other_try_s: float | None


FULL, QUICK = Lengths(6, 2, 0.8, 0.4), Lengths(1.2, 0.4, 0.2, None)


def bench_spatial(*arguments: object) -> dict:
    """One process, one line of JSON. The allocator keeps its own defaults."""
    environment = {k: v for k, v in os.environ.items() if k != "MALLOC_CONF"}
    run = subprocess.run([str(PROGRAM), *map(str, arguments)], env=environment, stdout=subprocess.PIPE, check=False)
    if run.returncode != 0:
        raise RuntimeError(f"bench-spatial {' '.join(map(str, arguments))}: exit {run.returncode}")
    return json.loads(run.stdout)


def sound(run: dict) -> bool:
    """Whether it computed what it should. What was late is missing in the output, and nothing else may be."""
    return run["wrong"] == 0 or (run["late"] > 0 and run["wrong"] <= run["checked"] // 4)


def calibrated(cases: list[Case], lengths: Lengths) -> dict[Case, str]:
    options = {}
    for case in cases:
        seconds = lengths.barred_try_s if case.has_bar else lengths.other_try_s
        if seconds is None:
            options[case] = USUAL_ZITA
            continue
        options[case] = bench_spatial("calibrate", case.taps, case.block, seconds)["zita"][0]["options"]
        print(f"  {case.name}: zita {options[case]}", file=sys.stderr)
    return options


def turns(cases: list[Case], turn: int, rounds: int) -> list[tuple[Case, str]]:
    """Who plays in this round, in random order; those of a case one after another, so that they meet the same machine."""
    order = []
    for case in random.sample(cases, len(cases)):
        if not case.has_bar and turn >= min(rounds, OTHER_ROUNDS):
            continue
        playing = [s for s in SUBJECTS if s != "uniform" or turn < UNIFORM_ROUNDS]
        order += [(case, subject) for subject in random.sample(playing, len(playing))]
    return order


def play(cases: list[Case], options: dict[Case, str], rounds: int, lengths: Lengths) -> dict[tuple[Case, str], list[dict]]:
    """The runs of each case and subject; a subject that fails has none."""
    runs: dict[tuple[Case, str], list[dict]] = {(case, subject): [] for case in cases for subject in SUBJECTS}
    failed = set()
    for turn in range(rounds):
        for case, subject in turns(cases, turn, rounds):
            if (case, subject) in failed:
                continue
            try:
                run = bench_spatial(subject, case.taps, case.block, lengths.barred_s if case.has_bar else lengths.other_s,
                                    *([options[case]] if subject == "zita" else []))
                if not sound(run):
                    raise RuntimeError(f"{subject}, {case.name}: its output is wrong at {run['wrong']} of {run['checked']} "
                                       f"places, by up to {run['deviation']:.2g}")
            except RuntimeError as error:
                print(f"bench spatial: {error}", file=sys.stderr)
                failed.add((case, subject))
                runs[case, subject] = []
                continue
            runs[case, subject].append(run)
            print(f"  round {turn + 1}: {case.name}: {subject}: {run['cpu_percent']:.2f} % CPU, median {run['p50_us']:.1f} us, "
                  f"p99 {run['p99_us']:.1f} us, {run['late']} late", file=sys.stderr)
    return runs


def rows_of(case: str, subject: str, runs: list[dict]) -> list[dict]:
    def row(metric: str, unit: str, samples: list[float]) -> dict:
        return report.row(case, subject, metric, unit, samples)

    return [
        row(CPU, "%", [r["cpu_percent"] for r in runs]),
        row("block, median", "us", [r["p50_us"] for r in runs]),
        row("block, p99", "us", [r["p99_us"] for r in runs]),
        row("block, longest", "us", [r["max_us"] for r in runs]),
        row(STEADINESS, "×", [r["p99_us"] / r["p50_us"] for r in runs]),
        row("late", "blocks per 1000", [1000 * r["late"] / r["blocks"] for r in runs]),
        # Of all runs together: one is one too many.
        row(ALLOCATIONS, "blocks", [sum(r["allocations"] + r["frees"] for r in runs)]),
    ]


def bars_of(rows: list[dict]) -> list[dict]:
    def median(case: Case, subject: str, metric: str) -> float | None:
        return report.median(rows, case.name, SUBJECTS[subject], metric)

    bars = []
    for (taps, block), limit in LIMITS.items():
        case = Case(taps, block)
        bars.append(report.bar(f"CPU, {case.name}: of zita's",
                               report.ratio(median(case, "weir", CPU), median(case, "zita", CPU)), limit))
    for taps, block in LIMITS:
        case = Case(taps, block)
        zita = median(case, "zita", STEADINESS)
        value = median(case, "weir", STEADINESS) if zita is not None else None
        bars.append(report.bar(f"p99 / median, {case.name}: zita's or {STEADY}", value, round(max(zita or 0, STEADY), 3)))
    counts = [r["median"] for r in rows if r["subject"] == SUBJECTS["weir"] and r["metric"] == ALLOCATIONS]
    bars.append(report.bar("weir's blocks with allocations or frees, all cases", max(counts, default=None), 0))
    return bars


def notes_of(options: dict[Case, str], runs: dict[tuple[Case, str], list[dict]]) -> list[str]:
    real_time = all(run["real_time"] for of_subject in runs.values() for run in of_subject)
    chosen: dict[str, list[str]] = {}
    for case, text in options.items():
        chosen.setdefault(text, []).append(f"{case.taps}/{case.block}")
    tails = []
    for case in (Case(*barred) for barred in LIMITS):
        if runs[case, "weir"] and runs[case, "zita"]:
            p99 = statistics.median(r["p99_us"] for r in runs[case, "weir"])
            tails.append(f"{case.taps}/{case.block} {p99 / statistics.median(r['p50_us'] for r in runs[case, 'zita']):.2f}")
    listed = "; ".join(f"{', '.join(cases)}: {text.replace(',', ' ')}" for text, cases in chosen.items())
    return [
        "Threads: " + ("SCHED_FIFO, the caller's at priority 70, zita's own below it, memory locked." if real_time else
                       "ordinary ones, because real-time scheduling was not permitted."),
        f"zita's options (taps/block): {listed}.",
        "weir's p99 of zita's median (taps/block): " + (", ".join(tails) or "not measured") + ".",
    ]


def main() -> int:
    options = report.arguments("spatial", rounds=5)
    rounds, lengths = (1, QUICK) if options.quick else (options.rounds, FULL)
    seed = random.randrange(1 << 32)
    random.seed(seed)
    print(f"  order of turns: seed {seed}", file=sys.stderr)
    cases = [Case(taps, block) for taps in TAPS for block in BLOCKS]
    rows: list[dict] = []
    notes: list[str] = []
    # What cannot be measured leaves its rows out, and its bar does not hold.
    try:
        zita = calibrated(cases, lengths)
        runs = play(cases, zita, rounds, lengths)
        for (case, subject), of_subject in runs.items():
            if of_subject:
                rows += rows_of(case.name, SUBJECTS[subject], of_subject)
        notes = notes_of(zita, runs)
    except (RuntimeError, OSError) as error:
        print(f"bench spatial: {error}", file=sys.stderr)
    try:
        with tempfile.TemporaryDirectory() as folder:
            rows += headphone.measure(rounds, Path(folder))
    except (RuntimeError, OSError) as error:
        print(f"bench spatial: {error}", file=sys.stderr)
    bars = bars_of(rows)
    bars.append(report.bar("weir spatial, CPU: of ffmpeg headphone's, frames of 1024", headphone.ratio(rows), HEADPHONE_LIMIT))
    return report.finish({"bench": "spatial", "machine": report.machine(), "notes": notes, "rows": rows, "bars": bars}, options)


if __name__ == "__main__":
    sys.exit(main())
