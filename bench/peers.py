"""What stands beside `weir watch`: FFmpeg and GStreamer, decoding and comparing pictures of 640×360. And weir's own call."""
from __future__ import annotations

import json
from pathlib import Path

import report

WEIR = report.ROOT / "build/release/weir-watch"
SCENE = "scale=640:360:flags=fast_bilinear,select='gt(scene,0.01)'"
# The same comparison with a threshold that every picture passes, so that they can be counted behind it.
SCENE_OF_ALL = SCENE.replace("gt(scene,0.01)", "gte(scene,0)")


def ffmpeg(clip: Path, *before: str) -> list[str]:
    """Without its output; `before` is what concerns the input."""
    return ["ffmpeg", "-nostdin", "-v", "error", "-threads", "1", "-filter_threads", "1", *before, "-i", str(clip), "-an"]


def gstreamer(clip: Path, program: tuple[str, ...] = ("gst-launch-1.0", "-q")) -> list[str]:
    """Without its sink."""
    return [*program, "filesrc", f"location={clip}", "!", "qtdemux", "!", "h264parse", "!", "avdec_h264", "max-threads=1",
            "!", "videoconvertscale", "n-threads=1", "!", "video/x-raw,format=I420,width=640,height=360", "!", "videodiff",
            "!"]


def weir_fast(clip: Path, report_file: Path, *settings: str) -> list[str]:
    """Every frame looked at is what --fast does by itself; said here so that it cannot change unnoticed."""
    command = [str(WEIR), "--fast", "--no-server", "--report", str(report_file)]
    for setting in ("detect.fps=0", *settings):
        command += ["--set", setting]
    return [*command, str(clip)]


def weir_camera(report_file: Path) -> dict:
    return json.loads(report_file.read_text())["cameras"][0]


def weir_frames(report_file: Path) -> int:
    """All that came, each looked at."""
    camera = weir_camera(report_file)
    counts = {camera["received"], camera["decoded"], camera["detected"]}
    if len(counts) != 1 or sum(camera["dropped"].values()):
        raise RuntimeError(f"weir did not look at every frame: {camera}")
    return counts.pop()
