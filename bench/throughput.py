"""1000 frames as fast as they come: CPU and memory of the whole process."""
from __future__ import annotations

import re
import sys
from pathlib import Path

import report
from clips import CLIP, FRAMES
from peers import SCENE, SCENE_OF_ALL, WEIR, ffmpeg, gstreamer, weir_fast, weir_frames
from processes import cost_of

CASE = f"{FRAMES} frames of 1080p15 H.264"
WEIR_FAST = "weir --fast, motion on every frame"
DECODE = "FFmpeg decode only"
FFMPEG_SCENE = "FFmpeg scale + scene"
GSTREAMER_DIFF = "GStreamer scale + videodiff"
MJPEG = "FFmpeg 720p MJPEG"
TO_MJPEG = ["-vf", "scale=1280:720", "-q:v", "5", "-c:v", "mjpeg"]


def ffmpeg_frames(filters: list[str]) -> int:
    out = cost_of([*ffmpeg(CLIP), *filters, "-progress", "pipe:1", "-f", "null", "-"]).out
    return int(re.findall(r"^frame=\s*(\d+)", out, re.M)[-1])


def gst_frames() -> int:
    # Each buffer that comes out of the comparing element is printed by the one behind it.
    verbose = [*gstreamer(CLIP, ("gst-launch-1.0", "-v")), "identity", "name=counted", "silent=false", "!", "fakesink",
               "sync=false"]
    return cost_of(verbose).out.count("GstIdentity:counted: last-message = chain")


def measure(rounds: int, folder: Path) -> list[dict]:
    weir_report = folder / "weir.json"
    subjects = {
        WEIR_FAST: weir_fast(CLIP, weir_report),
        DECODE: [*ffmpeg(CLIP), "-f", "null", "-"],
        FFMPEG_SCENE: [*ffmpeg(CLIP), "-vf", SCENE, "-f", "null", "-"],
        GSTREAMER_DIFF: [*gstreamer(CLIP), "fakesink", "sync=false"],
        MJPEG: [*ffmpeg(CLIP), *TO_MJPEG, "-f", "null", "-"],
    }
    if not WEIR.exists():
        print(f"{WEIR} is not there: its rows are missing and its bars do not hold", file=sys.stderr)
        del subjects[WEIR_FAST]
    counts = {
        DECODE: ffmpeg_frames([]),
        FFMPEG_SCENE: ffmpeg_frames(["-vf", SCENE_OF_ALL]),
        GSTREAMER_DIFF: gst_frames(),
        MJPEG: ffmpeg_frames(TO_MJPEG),
    }
    costs: dict[str, list] = {name: [] for name in subjects}
    for turn in range(rounds):
        order = list(subjects)
        order = order[turn % len(order):] + order[:turn % len(order)]
        for name in order:
            costs[name].append(cost_of(subjects[name]))
            print(f"  round {turn + 1}: {name}: {costs[name][-1].cpu_s:.2f} CPU s", file=sys.stderr)
    if WEIR.exists():
        counts[WEIR_FAST] = weir_frames(weir_report)
    unequal = {name: n for name, n in counts.items() if n != FRAMES}
    if unequal:
        raise RuntimeError(f"not the same work: {unequal} instead of {FRAMES} frames")
    rows = []
    for name, runs in costs.items():
        rows.append(report.row(CASE, name, "CPU", "s", [c.cpu_s for c in runs]))
        rows.append(report.row(CASE, name, "peak memory, largest process", "MiB", [c.largest_mib for c in runs]))
        rows.append(report.row(CASE, name, "peak memory, sum", "MiB", [c.sum_mib for c in runs]))
    return rows
