"""A network on every frame: `weir watch` beside the loop of OpenCV's own sample, both on one core."""
from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import report
from clips import SHORT_CLIP, SHORT_FRAMES, make_short_clip
from peers import WEIR, weir_camera, weir_fast, weir_frames
from processes import cost_of

CASE = f"FastestDet on {SHORT_FRAMES} frames of 1080p15 H.264, one core"
WEIR_DETECTING = "weir --fast, detector on every frame"
OPENCV = "OpenCV: VideoCapture, blob, forward, NMS"
METRIC = "frames per CPU second"
LOOP = report.ROOT / "build/bench/bench-opencv-loop"
MODEL = Path(os.environ.get("WEIR_TEST_DATA", report.ROOT / "../shared/data")) / "models/FastestDet.onnx"


def missing() -> str | None:
    if not MODEL.exists():
        return f"no model: {MODEL} is not there"
    return next((f"{program} is not built" for program in (WEIR, LOOP) if not program.exists()), None)


def check(frames: int, objects: int, name: str) -> None:
    if frames != SHORT_FRAMES:
        raise RuntimeError(f"not the same work: {name} looked at {frames} instead of {SHORT_FRAMES} frames")
    if objects == 0:
        raise RuntimeError(f"{name} found nothing: then its last steps cost nothing, either")


def measure(rounds: int, folder: Path) -> list[dict]:
    make_short_clip()
    weir_report = folder / "detection.json"
    settings = ("detect.engine=onnx", f"detect.model={MODEL}", "detect.when=always", "motion.enabled=false")
    pinned = ["taskset", "-c", str(max(os.sched_getaffinity(0)))]
    subjects = {WEIR_DETECTING: weir_fast(SHORT_CLIP, weir_report, *settings), OPENCV: [str(LOOP), str(SHORT_CLIP), str(MODEL)]}
    rates: dict[str, list[float]] = {name: [] for name in subjects}
    for turn in range(rounds):
        for name in (list(subjects), list(subjects)[::-1])[turn % 2]:
            cost = cost_of([*pinned, *subjects[name]])
            rates[name].append(SHORT_FRAMES / cost.cpu_s)
            print(f"  round {turn + 1}: {name}: {rates[name][-1]:.1f} frames per CPU s", file=sys.stderr)
            if name == OPENCV:
                counted = json.loads(cost.out)
                check(counted["frames"], counted["objects"], name)
            else:
                check(weir_frames(weir_report), weir_camera(weir_report)["boxes"], name)
    return [report.row(CASE, name, METRIC, "1/s", samples) for name, samples in rates.items()]
