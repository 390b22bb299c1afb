"""speech-dispatcher with its espeak-ng module, on a socket of its own and without a sound card."""
from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

from memory import pss_mib

SYSTEM_MODULES = Path("/etc/speech-dispatcher/modules")
CONFIG = """
LogLevel 1
LogDir "{folder}"
CommunicationMethod "unix_socket"
SocketPath "{socket}"
AudioOutputMethod "libao"
DisableAutoSpawn
Timeout 0
AddModule "espeak-ng" "sd_espeak-ng" "espeak-ng.conf"
DefaultModule espeak-ng
DefaultLanguage "en"
"""


def spoken_memory_mib(sentences: list[str], start_s: float = 15) -> float:
    """What it and its modules take when they have spoken; the sound goes to libao's null driver."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        socket = folder / "socket"
        (folder / "modules").mkdir()
        (folder / "modules" / "espeak-ng.conf").write_bytes((SYSTEM_MODULES / "espeak-ng.conf").read_bytes())
        (folder / "speechd.conf").write_text(CONFIG.format(folder=folder, socket=socket))
        (folder / ".libao").write_text("default_driver=null\n")
        environment = {**os.environ, "HOME": name, "SPEECHD_ADDRESS": f"unix_socket:{socket}",
                       "XDG_RUNTIME_DIR": name, "XDG_CONFIG_HOME": name}
        with (folder / "out.log").open("wb") as log:
            server = subprocess.Popen(["speech-dispatcher", "-s", "-C", name, "-S", str(socket), "-P", str(folder / "pid"),
                                       "-L", name, "-t", "0"], env=environment, stdin=subprocess.DEVNULL, stdout=log,
                                      stderr=log, start_new_session=True)
        try:
            deadline = time.monotonic() + start_s
            while not socket.exists():
                if server.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("speech-dispatcher did not start: " + (folder / "out.log").read_text()[-500:].strip())
                time.sleep(0.05)
            for sentence in sentences:
                subprocess.run(["spd-say", "-o", "espeak-ng", "-w", sentence], env=environment, check=True, timeout=120,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            memory = pss_mib(server.pid)
            if "sd_espeak-ng" not in memory.names:
                raise RuntimeError(f"speech-dispatcher speaks without its espeak-ng module: {', '.join(memory.names)}")
            return memory.mib
        finally:
            server.terminate()
            server.wait()
