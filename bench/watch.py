#!/usr/bin/env python3
"""weir watch beside FFmpeg, GStreamer and OpenCV: CPU, cameras on one core, a network, idle cameras, live delivery."""
from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import cameras
import delivery
import detection
import idle
import report
import throughput
from clips import FRAMES, make_clip
from peers import WEIR


def main() -> int:
    options = report.arguments("watch", rounds=5)
    # Windows of whole GOPs of two seconds: each holds as many key frames.
    rounds, search_s, window_s = (1, 4.0, 4.0) if options.quick else (options.rounds, 8.0, 6.0)
    make_clip()
    with tempfile.TemporaryDirectory() as folder:
        rows = throughput.measure(rounds, Path(folder))
        # A round of the search takes more than a minute.
        rows += cameras.measure(min(rounds, 3), search_s, rows)
        if why := detection.missing():
            print(f"the detector is not measured: {why}", file=sys.stderr)
        else:
            rows += detection.measure(rounds, Path(folder))

    def cpu(subject: str) -> float | None:
        return report.median(rows, throughput.CASE, subject, "CPU")

    def streams(subject: str) -> float | None:
        return report.median(rows, cameras.CASE, subject, cameras.METRIC)

    def idling(name: str) -> float | None:
        return report.median(rows, idle.CASE, idle.SUBJECTS[name], idle.METRIC)

    def detecting(subject: str) -> float | None:
        return report.median(rows, detection.CASE, subject, detection.METRIC)

    mjpeg_ms = (cpu(throughput.MJPEG) - cpu(throughput.DECODE)) * 1000 / FRAMES
    if WEIR.exists():
        rows += idle.measure(rounds, window_s)
    rows.append(report.row(delivery.CASE, "FFmpeg 720p MJPEG", "CPU a frame", "ms", [mjpeg_ms]))
    if WEIR.exists():
        rows += delivery.measure(rounds, window_s)

    weir = cpu(throughput.WEIR_FAST)
    sustained = streams(cameras.WEIR_MOTION)
    live = report.median(rows, delivery.CASE, "weir, scripted viewer", "CPU a frame")
    if live is not None:
        live = max(live, 0.0)  # below what can be told apart
    bars = [
        report.bar("CPU: of FFmpeg decode only", report.ratio(weir, cpu(throughput.DECODE)), 1.15),
        report.bar("CPU: of FFmpeg scale + scene", report.ratio(weir, cpu(throughput.FFMPEG_SCENE)), 1.05),
        report.bar("CPU: of GStreamer scale + videodiff", report.ratio(weir, cpu(throughput.GSTREAMER_DIFF)), 1.0, strictly=True),
        report.bar("cameras on one core: of FFmpeg's",
                   report.ratio(sustained, streams(cameras.FFMPEG_SCENE)), 1.0, least=True),
        report.bar("cameras on one core: of GStreamer's",
                   report.ratio(sustained, streams(cameras.GSTREAMER_DIFF)), 1.0, least=True),
        report.bar("detector, frames per CPU second: of OpenCV's sample loop",
                   report.ratio(detecting(detection.WEIR_DETECTING), detecting(detection.OPENCV)), 0.97, least=True),
        report.bar("CPU of a still camera, decode.idle=keyframes: of full",
                   report.ratio(idling("keyframes"), idling("full")), 0.45),
        report.bar("live delivery to one viewer: of what FFmpeg's 720p MJPEG adds", report.ratio(live, mjpeg_ms), 0.1),
    ]
    return report.finish({"bench": "watch", "machine": report.machine(), "rows": rows, "bars": bars}, options)


if __name__ == "__main__":
    sys.exit(main())
