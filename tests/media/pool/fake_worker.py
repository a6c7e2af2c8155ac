"""A worker that answers by script: what the peer's name says is what it does.

Run as `python fake_worker.py FD`; it forwards nothing and exists to put the channel in trouble.
"""

import json
import os
import socket
import sys
import time
from typing import Any


def frame(message: dict[str, Any]) -> bytes:
    body = json.dumps(message).encode()
    return len(body).to_bytes(4, "big") + body


class FakeWorker:
    def __init__(self, fd: int) -> None:
        self.channel = socket.socket(fileno=fd)
        self.peers: list[str] = []

    def run(self) -> None:
        while True:
            head = self.read(4)
            self.handle(json.loads(self.read(int.from_bytes(head, "big"))))

    def read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self.channel.recv(size - len(data))
            if not more:
                sys.exit(0)
            data += more
        return data

    def handle(self, message: dict[str, Any]) -> None:
        result: dict[str, Any] | None = getattr(self, message["type"], lambda _: {})(message)
        if result is not None:
            self.reply(message["id"], result)

    def reply(self, request_id: int, result: dict[str, Any]) -> None:
        self.channel.sendall(frame({"type": "reply", "id": request_id, "result": result}))

    def configure(self, message: dict[str, Any]) -> dict[str, Any] | None:
        if message["addresses"][0][0] == "refuse":
            refusal = {"code": "media-unavailable", "message": "cannot bind"}
            self.channel.sendall(frame({"type": "failure", "id": message["id"], **refusal}))
            return None
        return {"ports": [[bind, announced, 1] for bind, announced in message["addresses"]]}

    def ping(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"rooms": 0, "peers": 0, "packets_in": 7, "packets_out": 0, "drops": {"muted": 2}}

    def join(self, message: dict[str, Any]) -> dict[str, Any] | None:
        peer = message["peer"]
        if peer == "garbage":
            self.channel.sendall(b"\x00\x00\x00\x04{{{{")
        elif peer == "oversized":
            self.channel.sendall((1 << 31).to_bytes(4, "big") + b"x" * 65536)
        elif peer == "invented":
            self.reply(999_999, {})
        elif peer == "unknown-type":
            self.channel.sendall(frame({"type": "surprise", "id": 1}))
        elif peer == "exits":
            os._exit(3)
        elif peer == "hangs":
            time.sleep(3600)
        elif peer == "silent":
            return None
        elif peer == "refused":
            refusal = {"code": "media-full", "message": "no room"}
            self.channel.sendall(frame({"type": "failure", "id": message["id"], **refusal}))
            return None
        elif peer == "twice":
            self.reply(message["id"], {})
        elif peer == "pieces":
            for byte in frame({"type": "reply", "id": message["id"], "result": {}}):
                self.channel.sendall(bytes([byte]))
            return None
        elif peer == "speaks":
            about = {"type": "peer_lost", "room": message["room"], "reason": "consent-expired"}
            self.channel.sendall(frame({**about, "peer": "stranger"}))
            self.channel.sendall(frame({**about, "room": "elsewhere", "peer": peer}))
            self.channel.sendall(frame({**about, "peer": peer}))
        return {}

    def publish(self, message: dict[str, Any]) -> dict[str, Any]:
        return {"sdp": f"{os.getpid()} {message['offer']}"}


if __name__ == "__main__":
    FakeWorker(int(sys.argv[-1])).run()
