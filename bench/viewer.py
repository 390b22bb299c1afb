"""A browser as far as the server can tell: one WebSocket that reads a stream as fast as it comes."""
from __future__ import annotations

import base64
import json
import os
import socket
import struct
import threading


class Viewer:
    """Subscribes to one stream in a thread of its own; close() ends it."""

    def __init__(self, host: str, port: int, stream: str) -> None:
        self.messages = 0
        self.bytes = 0
        self.error: str | None = None
        self._socket = socket.create_connection((host, port), timeout=10)
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall((f"GET /ws HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: http://{host}:{port}\r\n"
                              "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                              f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: weir.1\r\n\r\n").encode())
        self._reader = self._socket.makefile("rb", buffering=1 << 18)
        status = self._reader.readline().decode()
        if " 101 " not in status:
            raise RuntimeError(f"the server does not open a WebSocket: {status.strip()}")
        while self._reader.readline().strip():
            pass
        self._send(1, json.dumps({"type": "subscribe", "stream": stream, "as": "packets"}).encode())
        self._closing = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _send(self, opcode: int, payload: bytes) -> None:
        mask = os.urandom(4)
        length = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + struct.pack(">H", len(payload))
        masked = bytes(b ^ mask[i % 4] for i, b in enumerate(payload))
        self._socket.sendall(bytes([0x80 | opcode]) + length + mask + masked)

    def _read(self) -> None:
        try:
            while True:
                head = self._exactly(2)
                opcode, length = head[0] & 0x0F, head[1] & 0x7F
                if length == 126:
                    length = struct.unpack(">H", self._exactly(2))[0]
                elif length == 127:
                    length = struct.unpack(">Q", self._exactly(8))[0]
                payload = self._exactly(length)
                if opcode in (0, 2):  # an access unit, or the rest of one
                    self.bytes += length
                    self.messages += 1 if head[0] & 0x80 else 0
                elif opcode == 9:
                    self._send(10, payload)
                elif opcode == 8:
                    raise ConnectionError("the server closed the WebSocket")
        except (OSError, ValueError) as error:
            if not self._closing:
                self.error = str(error)

    def _exactly(self, count: int) -> bytes:
        data = self._reader.read(count)
        if len(data) != count:
            raise ConnectionError("the connection ended")
        return data

    def close(self) -> None:
        self._closing = True
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()
