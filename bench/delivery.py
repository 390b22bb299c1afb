"""What live delivery to one viewer adds to a camera that is watched anyway."""
from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time

import report
from clips import CLIP, FPS
from live import LiveWeir
from viewer import Viewer

CASE = "live delivery to one viewer, added"


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


def measure(rounds: int, seconds: float) -> list[dict]:
    """Windows with and without a viewer take turns in one run, so that only the viewer is different."""
    live = LiveWeir([CLIP])
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
    return [report.row(CASE, name, "CPU a frame", "ms", samples) for name, samples in added.items()]
