"""What decoding less while nothing moves saves: two `weir watch` side by side on a still clip, at its real rate."""
from __future__ import annotations

import sys
import time

import report
from clips import FPS, STILL_CLIP, make_still_clip
from live import LiveWeir

CASE = "a still 1080p15 camera, at its real rate"
SUBJECTS = {"full": "weir, decode.idle=full", "keyframes": "weir, decode.idle=keyframes"}
METRIC = "CPU of a core"
AFTER_S = 1


def check(name: str, before: dict, after: dict, seconds: float) -> None:
    """Nothing may have moved, all must have come, and each must have decoded what its setting says."""
    received, decoded = (after[key] - before[key] for key in ("received", "decoded"))
    if after["boxes"]:
        raise RuntimeError(f"{STILL_CLIP} is not still: {after['boxes']} boxes")
    if received < 0.95 * seconds * FPS or (decoded > received / 15) != (name == "full"):
        raise RuntimeError(f"decode.idle={name}: {decoded} of {received} frames were decoded in {seconds:.0f} s")


def measure(rounds: int, seconds: float) -> list[dict]:
    make_still_clip()
    lives: dict[str, LiveWeir] = {}
    shares: dict[str, list[float]] = {name: [] for name in SUBJECTS}
    try:
        for name in SUBJECTS:
            lives[name] = LiveWeir([STILL_CLIP], (f"decode.idle={name}", f"decode.idle_after_s={AFTER_S}"))
        time.sleep(AFTER_S + 4)
        first = {name: live.report()["cameras"][0] for name, live in lives.items()}
        begun = time.monotonic()
        for turn in range(rounds):
            start = time.monotonic()
            cpu = {name: live.cpu() for name, live in lives.items()}
            time.sleep(seconds)
            took = time.monotonic() - start
            for name, live in lives.items():
                shares[name].append((live.cpu() - cpu[name]) / took)
                print(f"  round {turn + 1}: {SUBJECTS[name]}: {shares[name][-1]:.4f} of a core", file=sys.stderr)
        for name, live in lives.items():
            check(name, first[name], live.report()["cameras"][0], time.monotonic() - begun)
    finally:
        for live in lives.values():
            live.stop()
    return [report.row(CASE, SUBJECTS[name], METRIC, "cores", samples) for name, samples in shares.items()]
