"""What every bench shares: statistics of samples, bars, the table, the JSON file (DESIGN: benchmarks)."""
from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs" / "bench"


def machine() -> str:
    cpu = "unknown CPU"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.split(":", 1)[1].strip()
            break
    system = platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    return f"{len(os.sched_getaffinity(0))} CPUs ({cpu}), {system}, Linux {platform.release()}"


def row(case: str, subject: str, metric: str, unit: str, samples: list[float]) -> dict:
    """Median, and as spread the distance between the quartiles."""
    spread = 0.0
    if len(samples) > 1:
        low, _, high = statistics.quantiles(samples, n=4, method="inclusive")
        spread = high - low
    return {"case": case, "subject": subject, "metric": metric, "unit": unit,
            "median": round(statistics.median(samples), 4), "spread": round(spread, 4), "n": len(samples)}


def median(rows: list[dict], case: str, subject: str, metric: str) -> float | None:
    for r in rows:
        if (r["case"], r["subject"], r["metric"]) == (case, subject, metric):
            return r["median"]
    return None


def bar(name: str, value: float | None, limit: float, strictly: bool = False, least: bool = False) -> dict:
    """A bar that could not be measured says so and does not hold.

    `strictly`: the value must lie below the limit. `least`: it must not lie below; the name then says so.
    """
    if least:
        name += ", at least"
    if value is None:
        return {"name": name + " (could not be measured)", "value": None, "limit": limit, "holds": False}
    holds = value >= limit if least else value < limit if strictly else value <= limit
    return {"name": name, "value": round(value, 3), "limit": limit, "holds": holds}


def ratio(over: float | None, under: float | None) -> float | None:
    return over / under if over is not None and under else None


def show(report: dict) -> None:
    width = max([len(r["subject"]) for r in report["rows"]] + [7])
    case = None
    for r in report["rows"]:
        if r["case"] != case:
            case = r["case"]
            print(f"\n{case}")
        print(f"  {r['subject']:{width}}  {r['metric']:<24} {r['median']:>12,.3f} {r['unit']:<6} "
              f"± {r['spread'] / 2:,.3f} (n={r['n']})")
    for note in report.get("notes", []):
        print(f"\n{note}")
    print("\nbars")
    for b in report["bars"]:
        value = "  –  " if b["value"] is None else f"{b['value']:.3f}"
        print(f"  {'holds ' if b['holds'] else 'BROKEN'}  {b['name']}: {value}, limit {b['limit']}")


def arguments(name: str, rounds: int) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"./dev bench {name}")
    parser.add_argument("--json", type=Path, metavar="FILE", help=f"where the result goes (default docs/bench/{name}.json)")
    parser.add_argument("--rounds", type=int, default=rounds, help=f"rounds in which all take their turns (default {rounds})")
    parser.add_argument("--quick", action="store_true", help="a short run that is only printed, unless --json says where")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds needs at least 1")
    return options


def finish(report: dict, options: argparse.Namespace) -> int:
    show(report)
    target = options.json or (None if options.quick else DOCS / f"{report['bench']}.json")
    if target:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
        print(f"\nwritten: {target}")
    broken = [b["name"] for b in report["bars"] if not b["holds"]]
    if broken:
        print(f"{len(broken)} of {len(report['bars'])} bars do not hold", file=sys.stderr)
    return 1 if broken else 0
