#!/usr/bin/env python3
"""weir watch beside FFmpeg and GStreamer on one 1080p clip: CPU of the whole process, and what live delivery adds."""
from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import report
from processes import cost_of, cpu_now
from viewer import Viewer

FRAMES = 1000
FPS = 15
DATA = report.ROOT / "build/bench-data"
CLIP = DATA / "cam.mp4"
WEIR = report.ROOT / "build/release/weir-watch"
FFMPEG = ["ffmpeg", "-nostdin", "-v", "error", "-threads", "1", "-filter_threads", "1", "-i", str(CLIP), "-an"]
SCENE = "scale=640:360:flags=fast_bilinear,select='gt(scene,0.01)'"
GST = ["gst-launch-1.0", "-q", "filesrc", f"location={CLIP}", "!", "qtdemux", "!", "h264parse", "!", "avdec_h264",
       "max-threads=1", "!", "videoconvertscale", "n-threads=1", "!", "video/x-raw,format=I420,width=640,height=360", "!",
       "videodiff", "!"]

CASE = f"{FRAMES} frames of 1080p15 H.264"
LIVE = "live delivery to one viewer, added"


def make_clip() -> None:
    if CLIP.exists():
        return
    DATA.mkdir(parents=True, exist_ok=True)
    part = CLIP.with_suffix(".part.mp4")
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i",
                    f"testsrc2=s=1920x1080:r={FPS},noise=alls=6:allf=t", "-frames:v", str(FRAMES), "-pix_fmt", "yuv420p",
                    "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-bf", "0", "-g", "30", "-b:v", "4M",
                    "-maxrate", "4M", "-bufsize", "4M", str(part)], check=True)
    part.rename(CLIP)


def ffmpeg_frames(filters: list[str]) -> int:
    out = cost_of([*FFMPEG, *filters, "-progress", "pipe:1", "-f", "null", "-"]).out
    return int(re.findall(r"^frame=\s*(\d+)", out, re.M)[-1])


def gst_frames() -> int:
    # Each buffer that comes out of the comparing element is printed by the one behind it.
    verbose = ["gst-launch-1.0", "-v", *GST[2:], "identity", "name=counted", "silent=false", "!", "fakesink", "sync=false"]
    return cost_of(verbose).out.count("GstIdentity:counted: last-message = chain")


def weir_command(report_file: Path) -> list[str]:
    # Motion on every frame is what --fast does by itself; said here so that it cannot change unnoticed.
    return [str(WEIR), "--fast", "--no-server", "--set", "detect.fps=0", "--report", str(report_file), str(CLIP)]


def weir_frames(report_file: Path) -> int:
    camera = json.loads(report_file.read_text())["cameras"][0]
    counts = {camera["received"], camera["decoded"], camera["detected"]}
    if len(counts) != 1 or sum(camera["dropped"].values()):
        raise RuntimeError(f"weir did not look at every frame: {camera}")
    return counts.pop()


def throughput(rounds: int, folder: Path) -> list[dict]:
    weir_report = folder / "weir.json"
    subjects = {
        "weir --fast, motion on every frame": weir_command(weir_report),
        "FFmpeg decode only": [*FFMPEG, "-f", "null", "-"],
        "FFmpeg scale + scene": [*FFMPEG, "-vf", SCENE, "-f", "null", "-"],
        "GStreamer scale + videodiff": [*GST, "fakesink", "sync=false"],
        "FFmpeg 720p MJPEG": [*FFMPEG, "-vf", "scale=1280:720", "-q:v", "5", "-c:v", "mjpeg", "-f", "null", "-"],
    }
    if not WEIR.exists():
        print(f"{WEIR} is not there: its rows are missing and its bars do not hold", file=sys.stderr)
        del subjects["weir --fast, motion on every frame"]
    counts = {
        "FFmpeg decode only": ffmpeg_frames([]),
        # The filter lets few frames through; with a threshold that all pass, it shows how many it compared.
        "FFmpeg scale + scene": ffmpeg_frames(["-vf", SCENE.replace("gt(scene,0.01)", "gte(scene,0)")]),
        "GStreamer scale + videodiff": gst_frames(),
        "FFmpeg 720p MJPEG": ffmpeg_frames(["-vf", "scale=1280:720", "-q:v", "5", "-c:v", "mjpeg"]),
    }
    costs: dict[str, list] = {name: [] for name in subjects}
    for turn in range(rounds):
        order = list(subjects)
        order = order[turn % len(order):] + order[:turn % len(order)]
        for name in order:
            costs[name].append(cost_of(subjects[name]))
            print(f"  round {turn + 1}: {name}: {costs[name][-1].cpu_s:.2f} CPU s", file=sys.stderr)
    if WEIR.exists():
        counts["weir --fast, motion on every frame"] = weir_frames(weir_report)
    unequal = {name: n for name, n in counts.items() if n != FRAMES}
    if unequal:
        raise RuntimeError(f"not the same work: {unequal} instead of {FRAMES} frames")
    rows = []
    for name, runs in costs.items():
        rows.append(report.row(CASE, name, "CPU", "s", [c.cpu_s for c in runs]))
        rows.append(report.row(CASE, name, "peak memory, largest process", "MiB", [c.largest_mib for c in runs]))
        rows.append(report.row(CASE, name, "peak memory, sum", "MiB", [c.sum_mib for c in runs]))
    return rows


class LiveWeir:
    """`weir watch --loop` on the clip at its real rate."""

    def __init__(self) -> None:
        self.process = subprocess.Popen([WEIR, "--loop", "--listen", "127.0.0.1:0", str(CLIP)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.port = 0
        said = []
        for line in self.process.stdout:
            said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
                break
        if not self.port:
            raise RuntimeError("weir watch does not say where it listens:\n" + "".join(said))

    def window(self, seconds: float) -> float:
        """CPU per second of the stream over the next seconds."""
        cpu, start = cpu_now(self.process.pid), time.monotonic()
        time.sleep(seconds)
        return (cpu_now(self.process.pid) - cpu) / (time.monotonic() - start)

    def viewers(self) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/report", timeout=10) as answer:
            return json.load(answer)["cameras"][0]["clients"]

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.stdout.read()
        self.process.wait(timeout=30)


def scripted(port: int, seconds: float, settle: float, live: LiveWeir) -> float:
    viewer = Viewer("127.0.0.1", port, "cam")
    try:
        time.sleep(settle)
        before = viewer.messages
        cpu = live.window(seconds)
        got = viewer.messages - before
    finally:
        viewer.close()
    if viewer.error or got < 0.8 * FPS * seconds:
        raise RuntimeError(f"the viewer got {got} access units in {seconds} s: {viewer.error or 'too few'}")
    return cpu


def chromium(port: int, seconds: float, settle: float, live: LiveWeir) -> float:
    with tempfile.TemporaryDirectory() as profile:
        browser = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
             "--autoplay-policy=no-user-gesture-required", f"--user-data-dir={profile}", f"http://127.0.0.1:{port}/"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            time.sleep(settle + 4)
            if live.viewers() != 1:
                raise RuntimeError("Chromium does not show the camera")
            return live.window(seconds)
        finally:
            browser.terminate()
            browser.wait(timeout=30)


def delivery(rounds: int, seconds: float) -> list[dict]:
    """Windows with and without a viewer take turns in one run, so that only the viewer is different."""
    live = LiveWeir()
    viewers = {"weir, scripted viewer": scripted}
    if shutil.which("chromium"):
        viewers["weir, Chromium"] = chromium
    added: dict[str, list[float]] = {name: [] for name in viewers}
    try:
        time.sleep(3)
        for turn in range(rounds):
            for name, watched in viewers.items():
                alone = live.window(seconds)
                with_viewer = watched(live.port, seconds, 1.5, live)
                alone = (alone + live.window(seconds)) / 2  # before and after: a drift cancels out
                added[name].append((with_viewer - alone) * 1000 / FPS)
                print(f"  round {turn + 1}: {name}: {added[name][-1]:.3f} CPU ms a frame", file=sys.stderr)
    finally:
        live.stop()
    return [report.row(LIVE, name, "CPU a frame", "ms", samples) for name, samples in added.items()]


def main() -> int:
    options = report.arguments("watch", rounds=5)
    rounds, seconds = (1, 3.0) if options.quick else (options.rounds, 8.0)
    make_clip()
    with tempfile.TemporaryDirectory() as folder:
        rows = throughput(rounds, Path(folder))

    def cpu(subject: str) -> float | None:
        return report.median(rows, CASE, subject, "CPU")

    mjpeg_ms = (cpu("FFmpeg 720p MJPEG") - cpu("FFmpeg decode only")) * 1000 / FRAMES
    rows.append(report.row(LIVE, "FFmpeg 720p MJPEG", "CPU a frame", "ms", [mjpeg_ms]))
    if WEIR.exists():
        rows += delivery(rounds, seconds)

    weir = cpu("weir --fast, motion on every frame")
    live = report.median(rows, LIVE, "weir, scripted viewer", "CPU a frame")
    if live is not None:
        live = max(live, 0.0)  # below what can be told apart
    bars = [
        report.bar("CPU: of FFmpeg decode only", report.ratio(weir, cpu("FFmpeg decode only")), 1.15),
        report.bar("CPU: of FFmpeg scale + scene", report.ratio(weir, cpu("FFmpeg scale + scene")), 1.05),
        report.bar("CPU: of GStreamer scale + videodiff", report.ratio(weir, cpu("GStreamer scale + videodiff")), 1.0, strictly=True),
        report.bar("live delivery to one viewer: of what FFmpeg's 720p MJPEG adds", report.ratio(live, mjpeg_ms), 0.1),
    ]
    return report.finish({"bench": "watch", "machine": report.machine(), "rows": rows, "bars": bars}, options)


if __name__ == "__main__":
    sys.exit(main())
