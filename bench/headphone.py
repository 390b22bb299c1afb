"""A minute of 7.1 to headphones, as fast as it goes: `weir spatial` beside FFmpeg's filter `headphone`."""
from __future__ import annotations

import array
import math
import random
import struct
import subprocess
import sys
from pathlib import Path

import report
from clips import DATA, made
from processes import cost_of

WEIR = report.ROOT / "build/release/weir-spatial"
SECONDS, RATE, TAPS = 60, 48000, 4096
CASE = f"{SECONDS} s of 7.1 through {TAPS} taps, file to file"
CPU = "CPU"
# The filter's frames: what it has by default, and what was best of 1024 to 28671, the most that it does with FFTs of 16384.
DEFAULT, LONGER = 1024, 12287
WEIR_SUBJECT, FFMPEG_SUBJECT = "weir spatial", "ffmpeg headphone, frames of {}"

SPEAKERS = ("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR")  # as in WAV
# Tracks of HeSuVi's 14, left and right ear.
TRACKS = {"FL": (0, 1), "SL": (2, 3), "BL": (4, 5), "FC": (6, 13), "FR": (8, 7), "SR": (10, 9), "BR": (12, 11),
          "LFE": (6, 13)}
SURROUND = DATA / "surround.wav"


def make_surround() -> None:
    """Pink noise, another one in each channel; nothing in the LFE, which FFmpeg would not convolve."""
    sources = []
    for seed in range(1, len(SPEAKERS)):
        sources += ["-f", "lavfi", "-i", f"anoisesrc=d={SECONDS}:r={RATE}:a=0.1:c=pink:seed={seed}"]
    sources += ["-f", "lavfi", "-i", f"anullsrc=r={RATE}:cl=mono"]
    full = [s for s in SPEAKERS if s != "LFE"] + ["LFE"]
    joined = "|".join(f"{i}.0-{speaker}" for i, speaker in enumerate(full))
    made(SURROUND, [*sources, "-filter_complex", f"join=inputs={len(full)}:channel_layout=7.1:map={joined}",
                    "-t", str(SECONDS), "-c:a", "pcm_s16le"])


def write_wav(file: Path, channels: list[array.array]) -> None:
    """32-bit float."""
    count, frames = len(channels), len(channels[0])
    samples = array.array("f", bytes(4 * count * frames))
    for i, channel in enumerate(channels):
        samples[i::count] = channel
    data = samples.tobytes()
    form = struct.pack("<HHIIHH", 3, count, RATE, RATE * count * 4, count * 4, 32)
    file.write_bytes(b"RIFF" + struct.pack("<I", 20 + len(form) + len(data)) + b"WAVEfmt " + struct.pack("<I", len(form)) +
                     form + b"data" + struct.pack("<I", len(data)) + data)


def make_responses(hesuvi: Path, pairs: Path) -> None:
    """Dense, 20 dB quieter at their ends: once as HeSuVi has them, once left and right in the order of the speakers."""
    values = random.Random(TAPS)
    tracks = [array.array("f", (values.gauss(0, 0.02) * 10 ** (-k / TAPS) for k in range(TAPS))) for _ in range(14)]
    write_wav(hesuvi, tracks)
    write_wav(pairs, [tracks[t] for speaker in SPEAKERS for t in TRACKS[speaker]])


def weir(hesuvi: Path, out: Path) -> list[str]:
    """As it is by itself."""
    return [str(WEIR), "--hrir", str(hesuvi), "--in", str(SURROUND), "--out", str(out), "--format", "f32"]


def ffmpeg(pairs: Path, out: Path, frames: int) -> list[str]:
    # The filter takes 3 dB a channel off; that much is given back.
    filter_ = f"[0][1]headphone=map={'|'.join(SPEAKERS)}:hrir=multich:gain={3 * len(SPEAKERS)}:size={frames}"
    return ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", str(SURROUND), "-i", str(pairs), "-filter_complex", filter_,
            "-c:a", "pcm_f32le", str(out)]


def ears(file: Path, start_s: int = SECONDS // 2) -> list[array.array]:
    """Both channels of a second, somewhere in the middle."""
    run = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-ss", str(start_s), "-t", "1", "-i", str(file), "-f", "f32le",
                          "-"], stdout=subprocess.PIPE, check=True)
    samples = array.array("f", run.stdout)
    return [samples[ear::2] for ear in range(2)]


def alike(a: array.array, b: array.array) -> tuple[float, float]:
    """The correlation of two sounds at the same time, and the level of the one as a multiple of the other's."""
    def power(x: array.array, y: array.array) -> float:
        return sum(p * q for p, q in zip(x, y))

    of_a, of_b = power(a, a), power(b, b)
    if not a or len(a) != len(b) or of_a == 0 or of_b == 0:
        return 0, 0
    return power(a, b) / math.sqrt(of_a * of_b), math.sqrt(of_a / of_b)


def check(outputs: dict[str, Path]) -> None:
    """All of them, against FFmpeg's by default."""
    reference = FFMPEG_SUBJECT.format(DEFAULT)
    theirs = ears(outputs[reference])
    for name, file in outputs.items():
        for ear, a, b in zip(("left", "right"), ears(file), theirs):
            correlation, level = alike(a, b)
            if correlation < 0.9999 or not 0.99 < level < 1.01:
                decibels = 20 * math.log10(level) if level > 0 else -math.inf
                raise RuntimeError(f"{name} and {reference} do not sound alike: {ear} ear: correlation "
                                   f"{correlation:.5f}, {decibels:+.2f} dB")


def measure(rounds: int, folder: Path) -> list[dict]:
    if not WEIR.exists():
        raise RuntimeError(f"{WEIR.name} is not built")
    make_surround()
    hesuvi, pairs = folder / "hesuvi.wav", folder / "pairs.wav"
    make_responses(hesuvi, pairs)
    names = [WEIR_SUBJECT, *(FFMPEG_SUBJECT.format(frames) for frames in (DEFAULT, LONGER))]
    outputs = {name: folder / f"{i}.wav" for i, name in enumerate(names)}
    commands = {name: ffmpeg(pairs, outputs[name], frames) for name, frames in zip(names[1:], (DEFAULT, LONGER))}
    commands[WEIR_SUBJECT] = weir(hesuvi, outputs[WEIR_SUBJECT])
    costs: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(rounds):
        for name in random.sample(list(commands), len(commands)):
            costs[name].append(cost_of(commands[name]).cpu_s)
            print(f"  round {turn + 1}: {name}: {costs[name][-1]:.3f} CPU s", file=sys.stderr)
    check(outputs)
    return [report.row(CASE, name, CPU, "s", costs[name]) for name in names]


def ratio(rows: list[dict]) -> float | None:
    return report.ratio(report.median(rows, CASE, WEIR_SUBJECT, CPU),
                        report.median(rows, CASE, FFMPEG_SUBJECT.format(DEFAULT), CPU))
