#!/usr/bin/env python3
"""Frames between processes: how they are handed over beside iceoryx and copies, and what decoding apart costs."""
from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import report
from clips import CLIP, FRAMES, make_clip
from peers import weir_fast, weir_frames
from processes import cost_of

PACED = "a frame every 2 ms"
CASE = f"{FRAMES} frames of 1080p15 H.264, --fast"
# The setting, and how the table calls what it does.
PIPELINES = {"unified": "weir, all in one process (unified)", "decoupled": "weir, decoders in workers (decoupled)"}


def hand_over(rounds: int, frames: int) -> list[dict]:
    # The peers' allocator keeps its own defaults.
    environment = {k: v for k, v in os.environ.items() if k != "MALLOC_CONF"}
    run = subprocess.run([report.ROOT / "build/bench/bench-worker", str(rounds), str(frames)], env=environment,
                         stdout=subprocess.PIPE, check=False)
    if run.returncode != 0:
        raise RuntimeError(f"the measuring program ended with {run.returncode}")
    return [report.row(**r) for r in json.loads(run.stdout)["rows"]]


def check_pipeline(report_file: Path, pipeline: str) -> None:
    """Both must have looked at every frame, and only one of them may have had help."""
    if (frames := weir_frames(report_file)) != FRAMES:
        raise RuntimeError(f"not the same work: {frames} instead of {FRAMES} frames with pipeline={pipeline}")
    workers = json.loads(report_file.read_text())["workers"]
    if bool(workers) != (pipeline == "decoupled"):
        raise RuntimeError(f"pipeline={pipeline} ran with {len(workers)} workers")


def pipelines(rounds: int) -> list[dict]:
    make_clip()
    costs: dict[str, list] = {pipeline: [] for pipeline in PIPELINES}
    with tempfile.TemporaryDirectory() as folder:
        report_file = Path(folder) / "weir.json"
        for turn in range(rounds):
            for pipeline in (list(PIPELINES), list(PIPELINES)[::-1])[turn % 2]:
                costs[pipeline].append(cost_of(weir_fast(CLIP, report_file, f"pipeline={pipeline}")))
                check_pipeline(report_file, pipeline)
                print(f"  round {turn + 1}: {pipeline}: {costs[pipeline][-1].cpu_s:.2f} CPU s", file=sys.stderr)
    # Not their memory: what processes share would be counted in each.
    return [report.row(CASE, name, "CPU", "s", [c.cpu_s for c in costs[pipeline]]) for pipeline, name in PIPELINES.items()]


def main() -> int:
    options = report.arguments("worker", rounds=11)
    rounds, frames = (3, 300) if options.quick else (options.rounds, 1000)
    rows: list[dict] = []
    # What cannot be measured leaves its rows out, and its bar does not hold.
    for part in (lambda: hand_over(rounds, frames), lambda: pipelines(1 if options.quick else rounds)):
        try:
            rows += part()
        except (RuntimeError, OSError) as error:
            print(f"bench worker: {error}", file=sys.stderr)

    def p50(subject: str) -> float | None:
        return report.median(rows, PACED, subject, "hand-over, p50")

    def cpu(pipeline: str) -> float | None:
        return report.median(rows, CASE, PIPELINES[pipeline], "CPU")

    bars = [
        report.bar("hand-over of a frame, p50: of iceoryx's", report.ratio(p50("weir"), p50("iceoryx 2.0.3")), 1.0),
        report.bar("CPU, decoupled: of unified", report.ratio(cpu("decoupled"), cpu("unified")), 1.1),
    ]
    return report.finish({"bench": "worker", "machine": report.machine(), "rows": rows, "bars": bars}, options)


if __name__ == "__main__":
    sys.exit(main())
