"""How long a program takes from its start to the first sample on a pipe that is not silence."""
from __future__ import annotations

import contextlib
import os
import signal
import time

GIVE_UP_S = 30


class FirstSound:
    """Looks at a WAV stream as it comes: where its samples begin, and whether one is not silence."""

    def __init__(self) -> None:
        self.seen = bytearray()
        self.at: int | None = None  # of the first sample that was not looked at

    def __call__(self, piece: bytes) -> bool:
        self.seen += piece
        if self.at is None:
            chunk = self.seen.find(b"data")
            if chunk < 0 or len(self.seen) < chunk + 8:
                return False
            self.at = chunk + 8
        while self.at + 2 <= len(self.seen):
            sample = int.from_bytes(self.seen[self.at:self.at + 2], "little", signed=True)
            self.at += 2
            if sample != 0:
                return True
        return False


def first_sound_ms(command: list[str]) -> float:
    """The program is ended when it has spoken; it has a process group of its own, which goes with it."""
    heard, out = FirstSound(), os.pipe()
    null = os.open(os.devnull, os.O_RDWR)
    start = time.monotonic()
    # posix_spawn: what Python does before the program starts counts for all, and is least like this.
    pid = os.posix_spawnp(command[0], command, os.environ, setpgroup=0, file_actions=[
        (os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, out[1], 1), (os.POSIX_SPAWN_DUP2, null, 2),
        (os.POSIX_SPAWN_CLOSE, out[0])])
    os.close(out[1])
    took = None
    try:
        while time.monotonic() - start < GIVE_UP_S:
            piece = os.read(out[0], 1 << 16)
            if not piece:
                break
            now = time.monotonic()
            if heard(piece):
                took = 1000 * (now - start)
                break
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGTERM)
        os.close(out[0])
        os.close(null)
        os.waitpid(pid, 0)
    if took is None:
        raise RuntimeError(f"{' '.join(command)}: there was nothing to hear on its output")
    return took
