#!/usr/bin/env python3
"""Draws CPU against block length from docs/bench/spatial.json: spatial_plot.py JSON_FILE SVG_FILE."""
from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import spatial

COLOURS = {"weir": "#0072b2", "zita": "#d55e00", "uniform": "#777777"}
# One panel for each length of the response, side by side.
WIDTH, HEIGHT, LEFT, TOP, GAP = 190, 240, 56, 62, 22


def percents(bench: dict) -> dict[tuple[int, int, str], float]:
    found = {}
    for taps in spatial.TAPS:
        for block in spatial.BLOCKS:
            for subject, name in spatial.SUBJECTS.items():
                value = spatial.report.median(bench["rows"], spatial.Case(taps, block).name, name, spatial.CPU)
                if value:  # the axis is logarithmic
                    found[taps, block, subject] = value
    return found


def decades(values: list[float]) -> tuple[int, int]:
    """Powers of ten around all of them, and at least one apart."""
    low = math.floor(math.log10(min(values)))
    return low, max(math.ceil(math.log10(max(values))), low + 1)


def text(x: float, y: float, what: str, anchor: str = "middle", more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{what}</text>'


def drawing(bench: dict) -> str:
    values = percents(bench)
    if not values:
        raise ValueError("there is no CPU of any case in it")
    low, high = decades(list(values.values()))
    width = LEFT + len(spatial.TAPS) * (WIDTH + GAP)
    height = TOP + HEIGHT + 48

    def y_of(percent: float) -> float:
        return TOP + HEIGHT * (high - math.log10(percent)) / (high - low)

    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
             'font-family="sans-serif" font-size="12" fill="#222222">',
             "<title>CPU of rendering 8 channels to 2 ears against the block's length</title>",
             f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
             text(14, TOP + HEIGHT / 2, "CPU, % of real time", more=f'transform="rotate(-90 14 {TOP + HEIGHT / 2})"'),
             text(LEFT + (width - LEFT - GAP) / 2, height - 10, "frames of a block, at 48 kHz")]
    at = LEFT
    for subject, name in spatial.SUBJECTS.items():
        lines += [f'<line x1="{at}" y1="20" x2="{at + 22}" y2="20" stroke="{COLOURS[subject]}" stroke-width="2.5"/>',
                  text(at + 28, 24, name, "start")]
        at += 60 + 7 * len(name)
    for panel, taps in enumerate(spatial.TAPS):
        left = LEFT + panel * (WIDTH + GAP)
        step = WIDTH / len(spatial.BLOCKS)
        x_of = {block: left + step * (i + 0.5) for i, block in enumerate(spatial.BLOCKS)}
        lines.append(text(left + WIDTH / 2, TOP - 8, f"{taps:,} taps", more='font-weight="bold"'))
        for power in range(low, high + 1):
            for digit in range(1, 10 if power < high else 2):
                y = y_of(digit * 10.0 ** power)
                colour = "#b0b0b0" if digit == 1 else "#ececec"
                lines.append(f'<line x1="{left}" y1="{y:.1f}" x2="{left + WIDTH}" y2="{y:.1f}" stroke="{colour}"/>')
            if panel == 0:
                lines.append(text(left - 6, y_of(10.0 ** power) + 4, f"{10.0 ** power:g}", "end"))
        lines += [text(x, TOP + HEIGHT + 18, str(block)) for block, x in x_of.items()]
        for subject, colour in COLOURS.items():
            points = [(x_of[block], y_of(values[taps, block, subject])) for block in spatial.BLOCKS
                      if (taps, block, subject) in values]
            joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            lines.append(f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
            lines += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in points]
    return "\n".join([*lines, "</svg>"]) + "\n"


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    bench = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    Path(sys.argv[2]).write_text(drawing(bench), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
