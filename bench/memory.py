"""What a program and all it started hold in memory: proportional shares, so that what they share counts once."""
from __future__ import annotations

import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Memory:
    mib: float
    names: list[str]  # of the processes


def descendants(root: int) -> list[int]:
    """The process itself first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue  # it has ended meanwhile
        children.setdefault(parent, []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def pss_mib(root: int) -> Memory:
    total, names = 0, []
    for pid in descendants(root):
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            name = Path(f"/proc/{pid}/comm").read_text().strip()
        except OSError:
            continue
        total += next((int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")), 0)
        names.append(name)
    return Memory(total / 1024, names)


def middle(samples: list[float]) -> list[float]:
    """The middle half in time: neither the start nor the end."""
    quarter = len(samples) // 4
    return samples[quarter:len(samples) - quarter] or samples


def memory_of_run(command: list[str], every_s: float = 0.1) -> list[float]:
    """Looked at every so often, until it ends well."""
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT,
                                   start_new_session=True)
        samples = []
        while process.poll() is None:
            mib = pss_mib(process.pid).mib
            if mib > 0:
                samples.append(mib)
            time.sleep(every_s)
        said.seek(0)
        text = said.read()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: exit {process.returncode}\n{text[-2000:]}")
    if not samples:
        raise RuntimeError(f"{command[0]} was over before its memory could be looked at")
    return samples
