#!/usr/bin/env python3
"""weir/core beside its peers: runs build/bench/bench-core and holds its samples against the bars."""
import json
import os
import subprocess
import sys

import report

POOLS = ["shared_ptr pool (mutex)", "shared_ptr pool (lock-free)"]


def main() -> int:
    options = report.arguments("core", rounds=41)
    rounds, seconds = ("7", "0.005") if options.quick else (str(options.rounds), "0.01")
    # The peers' allocator keeps its own defaults.
    environment = {k: v for k, v in os.environ.items() if k != "MALLOC_CONF"}
    run = subprocess.run([report.ROOT / "build/bench/bench-core", rounds, seconds], env=environment,
                         stdout=subprocess.PIPE, check=False)
    if run.returncode != 0:
        print(f"bench core: the measuring program ended with {run.returncode}", file=sys.stderr)
        return 1
    rows = [report.row(**r) for r in json.loads(run.stdout)["rows"]]

    def time(case: str, subject: str) -> float | None:
        return report.median(rows, case, subject, "time")

    def fastest_shared_ptr(case: str) -> float | None:
        times = [t for t in (time(case, p) for p in POOLS) if t is not None]
        return min(times, default=None)

    bars = []
    for threads in ("1 thread", "2 threads"):
        case = f"acquire+release, {threads}"
        bars.append(report.bar(f"{case}: of the faster shared_ptr pool",
                               report.ratio(time(case, "weir"), fastest_shared_ptr(case)), 0.7))
        bars.append(report.bar(f"{case}: of AVBufferPool", report.ratio(time(case, "weir"), time(case, "AVBufferPool")), 0.4))
        case = f"share+release, {threads}"
        bars.append(report.bar(f"{case}: of a shared_ptr copy",
                               report.ratio(time(case, "weir"), time(case, "shared_ptr copy")), 1.0))
    case = "hand-over to another thread"
    bars.append(report.bar(f"{case}: of the faster shared_ptr pool",
                           report.ratio(time(case, "weir"), fastest_shared_ptr(case)), 0.5))
    allocations = [r["median"] for r in rows if r["subject"] == "weir" and r["metric"] == "allocations"]
    bars.append(report.bar("weir's heap allocations per operation, all cases", max(allocations, default=None), 0))
    return report.finish({"bench": "core", "machine": report.machine(), "rows": rows, "bars": bars}, options)


if __name__ == "__main__":
    sys.exit(main())
