"""Running a program and knowing what it cost: CPU of the whole process tree, memory, and its exit."""
from __future__ import annotations

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Cost:
    cpu_s: float        # user and system, the program and all it started
    largest_mib: float  # peak resident memory of its largest process
    sum_mib: float      # sum of the peaks of its processes
    out: str


@dataclass
class Seen:
    peak_mib: float
    cpu_s: float  # of this process alone, cut to whole ticks


def look(session: int) -> dict[int, Seen]:
    """The processes of a session: those in process groups of their own belong to it too."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if os.getsid(int(entry.name)) != session:
                continue
            user, system = (entry / "stat").read_text().rpartition(")")[2].split()[11:13]
            peak = next((int(line.split()[1]) for line in (entry / "status").read_text().splitlines()
                         if line.startswith("VmHWM:")), 0)  # what has ended and waits for its parent has no memory
            found[int(entry.name)] = Seen(peak / 1024, (int(user) + int(system)) / TICK)
        except (OSError, ValueError):
            continue  # it has ended meanwhile
    return found


def cost_of(command: list[str]) -> Cost:
    """Runs it to its end; an exit status other than 0 is an error, for a failed run measures nothing."""
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                   start_new_session=True)
        peaks: dict[int, float] = {}
        cpu: dict[int, float] = {}
        while True:
            for pid, seen in look(process.pid).items():
                peaks[pid] = seen.peak_mib or peaks.get(pid, 0)  # the last: before its exec it looks like its parent
                cpu[pid] = seen.cpu_s
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            time.sleep(0.1)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit {process.returncode}\n{text[-2000:]}")
    # The kernel adds up those whose parents waited for them. What was seen at work must be in that sum.
    total = usage.ru_utime + usage.ru_stime
    if sum(cpu.values()) > total + 0.05:
        raise RuntimeError(f"{command[0]}: its processes used {sum(cpu.values()):.2f} CPU s, but only {total:.2f} s are "
                           "counted: it did not wait for all that it started")
    largest = usage.ru_maxrss / 1024
    return Cost(total, largest, max(largest, sum(peaks.values())), text)


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
