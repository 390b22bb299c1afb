"""How many 1080p15 streams one core sustains: each plays at its own rate, and every picture is decoded and compared."""
from __future__ import annotations

import math
import os
import re
import selectors
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import report
import throughput
from clips import CLIP, FPS, FRAMES, copies
from live import LiveWeir
from peers import SCENE_OF_ALL, WEIR, ffmpeg, gstreamer

CASE = "1080p15 H.264 cameras on one core"
WEIR_MOTION = "weir, motion on every frame"
FFMPEG_SCENE = "FFmpeg scale + scene, a process each"
GSTREAMER_DIFF = "GStreamer scale + videodiff, a process each"
METRIC = "sustained"

SUSTAINED = 0.99
SETTLE_S = 3.0


class OneWeir:
    """All cameras in one process, asked for its counts."""

    def __init__(self, clips: list[Path], pinned: tuple[str, ...]) -> None:
        self.live = LiveWeir(clips, ("detect.fps=0",), pinned)

    def counts(self, seconds: float) -> list[tuple[int, float]]:
        before = self.live.report()
        time.sleep(seconds)
        after = self.live.report()
        took = after["seconds"] - before["seconds"]
        looked = {camera["id"]: camera["detected"] for camera in before["cameras"]}
        return [(camera["detected"] - looked[camera["id"]], took) for camera in after["cameras"]]

    def stop(self) -> None:
        self.live.stop()


class ProcessEach:
    """A process for each camera, which prints now and then how many frames it has finished."""

    def __init__(self, commands: list[list[str]], pattern: str) -> None:
        self.pattern = re.compile(pattern.encode())
        self.seen: list[list[tuple[float, int]]] = [[] for _ in commands]
        self.processes = [subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                           stderr=subprocess.STDOUT, bufsize=0) for command in commands]
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self) -> None:
        with selectors.DefaultSelector() as selector:
            for i, process in enumerate(self.processes):
                selector.register(process.stdout, selectors.EVENT_READ, i)
            while selector.get_map():
                for key, _ in selector.select():
                    if not (printed := os.read(key.fd, 65536)):
                        selector.unregister(key.fileobj)
                    elif found := self.pattern.findall(printed):
                        self.seen[key.data].append((time.monotonic(), int(found[-1])))

    def counts(self, seconds: float) -> list[tuple[int, float]]:
        """Of each stream: from the first to the last number that it printed meanwhile."""
        begun = time.monotonic()
        time.sleep(seconds)
        if ended := [process.args for process in self.processes if process.poll() is not None]:
            raise RuntimeError(f"{' '.join(ended[0])}: it ended while it was measured")
        counts = []
        for seen in self.seen:
            window = [one for one in list(seen) if one[0] >= begun]
            # One that hardly comes to print anything does not keep up.
            late = len(window) < 2 or window[-1][0] - window[0][0] < seconds / 2
            counts.append((0, seconds) if late else (window[-1][1] - window[0][1], window[-1][0] - window[0][0]))
        return counts

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait(timeout=30)
        self.reader.join()


def ffmpeg_each(clips: list[Path], pinned: tuple[str, ...]) -> ProcessEach:
    return ProcessEach([[*pinned, *ffmpeg(clip, "-re"), "-vf", SCENE_OF_ALL, "-progress", "pipe:1", "-f", "null", "-"]
                        for clip in clips], r"frame=\s*(\d+)")


def gstreamer_each(clips: list[Path], pinned: tuple[str, ...]) -> ProcessEach:
    # The counting sink has a fakesink with sync=true behind it and prints twice a second.
    sink = ["fpsdisplaysink", "text-overlay=false", "sync=true", "video-sink=fakesink"]
    return ProcessEach([[*pinned, *gstreamer(clip, ("gst-launch-1.0", "-v")), *sink] for clip in clips],
                       r"last-message = rendered: (\d+)")


def sustains(start: Callable, name: str, count: int, seconds: float, pinned: tuple[str, ...], folder: Path) -> bool:
    running = start(copies(CLIP, folder, count), pinned)
    try:
        time.sleep(SETTLE_S)
        counts = running.counts(seconds)
    finally:
        running.stop()
    # Which of two windows the frame at their border falls into is chance: one more or less says nothing.
    worst = min((frames + 1) / (took * FPS) for frames, took in counts)
    holds = len(counts) == count and worst >= SUSTAINED
    print(f"  {name}: {count} cameras: the slowest has {worst:.3f} of its frames", file=sys.stderr)
    return holds


def most(holds: Callable[[int], bool], guess: int) -> int:
    """The largest number that holds: in growing steps away from the guess, then by halves."""
    low, high, step = 0, math.inf, 1
    n = max(1, guess)
    while high - low > 1:
        if holds(n):
            low = n
            n = n + step if high == math.inf else (low + high) // 2
        else:
            high = n
            n = max(1, n - step) if low == 0 else (low + high) // 2
        step *= 2
    return low


def measure(rounds: int, seconds: float, throughput_rows: list[dict]) -> list[dict]:
    subjects = {
        WEIR_MOTION: (OneWeir, throughput.WEIR_FAST),
        FFMPEG_SCENE: (ffmpeg_each, throughput.FFMPEG_SCENE),
        GSTREAMER_DIFF: (gstreamer_each, throughput.GSTREAMER_DIFF),
    }
    if not WEIR.exists():
        del subjects[WEIR_MOTION]
    # What a frame costs at full speed leads to the first guess.
    guess = {name: int(FRAMES / FPS / report.median(throughput_rows, throughput.CASE, work, "CPU"))
             for name, (_, work) in subjects.items()}
    found: dict[str, list[float]] = {name: [] for name in subjects}
    allowed = os.sched_getaffinity(0)
    core = max(allowed)
    pinned = ("taskset", "-c", str(core))
    os.sched_setaffinity(0, allowed - {core} or allowed)  # who measures is not in the way
    try:
        with tempfile.TemporaryDirectory() as folder:
            for turn in range(rounds):
                order = list(subjects)
                for name in order[turn % len(order):] + order[:turn % len(order)]:
                    start = subjects[name][0]
                    guess[name] = most(
                        lambda n, start=start, name=name: sustains(start, name, n, seconds, pinned, Path(folder)), guess[name])
                    found[name].append(guess[name])
    finally:
        os.sched_setaffinity(0, allowed)
    return [report.row(CASE, name, METRIC, "cameras", samples) for name, samples in found.items()]
