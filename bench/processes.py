"""Running a program and knowing what it cost: CPU of the whole process tree, memory, and its exit."""
from __future__ import annotations

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Cost:
    cpu_s: float        # user and system, the program and all it started
    largest_mib: float  # peak resident memory of its largest process
    sum_mib: float      # sum of the peaks of its processes
    out: str


def peaks(group: int) -> dict[int, float]:
    """Peak resident memory in MiB of every process in a process group."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if os.getpgid(int(entry.name)) != group:
                continue
            for line in (entry / "status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    found[int(entry.name)] = int(line.split()[1]) / 1024
        except (OSError, ValueError):
            continue  # it has ended meanwhile
    return found


def cost_of(command: list[str]) -> Cost:
    """Runs it to its end; an exit status other than 0 is an error, for a failed run measures nothing."""
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                   start_new_session=True)
        seen: dict[int, float] = {}
        while True:
            seen.update(peaks(process.pid))
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            time.sleep(0.1)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit {process.returncode}\n{text[-2000:]}")
    largest = usage.ru_maxrss / 1024
    return Cost(usage.ru_utime + usage.ru_stime, largest, max(largest, sum(seen.values())), text)


def cpu_now(pid: int) -> float:
    """CPU seconds that a running process has used, to the nanosecond: the sum over its threads.

    Threads that end meanwhile take their share with them, so this is for processes whose threads stay.
    """
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((task / "schedstat").read_text().split()[0])
        except OSError:
            continue
    return total / 1e9
