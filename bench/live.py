"""`weir watch --loop` at the clips' real rate, watched from outside while it runs."""
from __future__ import annotations

import json
import re
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

from peers import WEIR
from processes import cpu_now


class LiveWeir:
    def __init__(self, clips: list[Path], settings: tuple[str, ...] = (), before: tuple[str, ...] = ()) -> None:
        """`before`: the program that starts it, such as taskset."""
        command = [*before, str(WEIR), "--loop", "--listen", "127.0.0.1:0"]
        for setting in settings:
            command += ["--set", setting]
        self.process = subprocess.Popen([*command, *map(str, clips)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        self.port = 0
        said = []
        for line in self.process.stdout:
            said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
                break
        if not self.port:
            raise RuntimeError("weir watch does not say where it listens:\n" + "".join(said))

    def window(self, seconds: float) -> float:
        """CPU per second of the stream over the next seconds."""
        cpu, start = self.cpu(), time.monotonic()
        time.sleep(seconds)
        return (self.cpu() - cpu) / (time.monotonic() - start)

    def cpu(self) -> float:
        return cpu_now(self.process.pid)

    def report(self) -> dict:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/report", timeout=30) as answer:
            return json.load(answer)

    def viewers(self) -> int:
        return self.report()["cameras"][0]["clients"]

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.stdout.read()
        self.process.wait(timeout=30)
