"""`python -m tests.media.fuzz.flooder`: a hostile process, one JSON command a line."""

import contextlib
import itertools
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from typing import Any

from aioice import stun

from tests.bench.rtc.client import JsonProcess
from tests.bench.rtc.transport import Transport
from tests.media.fuzz import malformed
from tests.media.fuzz.intruder import BATCH, PAUSE_S, Intruder, drain, flood, stranger
from tests.media.fuzz.kinds import datagrams

PATIENCE_S = 5.0


class Flooder:
    """Floods as a stranger, as a peer, or as a peer with its own keys."""

    def __init__(self) -> None:
        os.nice(5)  # a witness on the same core must not wait for it
        self._intruder: Intruder | None = None
        self._streams: dict[tuple[str, str], Iterator[bytes]] = {}

    def do_offer(self) -> dict[str, Any]:
        """The offer of a rightful peer."""
        self._intruder = Intruder()
        publisher = self._intruder.publisher
        return {"sdp": publisher.offer(), "sources": publisher.sources()}

    def do_connect(self, sdp: str) -> dict[str, Any]:
        """Connect with the server's answer."""
        assert self._intruder is not None
        self._intruder.publisher.answered(sdp)
        self._intruder.connect()
        return {}

    def do_flood(self, who: str, kind: str, count: int, port: int) -> dict[str, Any]:
        """Send so many; how many the kernel took and how long that lasted."""
        began = time.monotonic()
        stream = self._stream(who, kind)
        if kind == "tcp":
            taken = self._flood_tcp(who, stream, count, port)
        elif who == "stranger":
            end = stranger(port)
            taken = flood(end, stream, count)
            end.close()
        else:
            taken = flood(self._transport(), stream, count)
        return {"sent": taken, "seconds": time.monotonic() - began}

    def do_idle(self, seconds: float) -> dict[str, Any]:
        """Keep a peer's consent alive for a while."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._intruder is not None:
                drain(self._transport())
            time.sleep(0.05)
        return {}

    # --- internals ---

    def _transport(self) -> Transport:
        assert self._intruder is not None
        return self._intruder.publisher.transport

    def _stream(self, who: str, kind: str) -> Iterator[bytes]:
        if (who, kind) not in self._streams:
            self._streams[who, kind] = self._made(who, kind)
        return self._streams[who, kind]

    def _made(self, who: str, kind: str) -> Iterator[bytes]:
        if who == "stranger":
            return datagrams(kind, "ufrag", "password", [1])
        assert self._intruder is not None
        publisher, transport = self._intruder.publisher, self._transport()
        assert transport.remote is not None
        assert transport.secure is not None
        assert publisher.video is not None
        ssrcs = [publisher.audio.ssrc, publisher.video.ssrc]
        made = datagrams(kind, transport.remote.ufrag, transport.remote.password, ssrcs)
        if who == "keyed":
            secure = transport.secure
            return malformed.protected(
                secure.protect if kind == "rtp" else secure.protect_rtcp, made
            )
        return made

    def _flood_tcp(self, who: str, stream: Iterator[bytes], count: int, port: int) -> int:
        """Connect again whenever the server hangs up."""
        taken = 0
        deadline = time.monotonic() + PATIENCE_S
        while taken < count:
            with contextlib.suppress(OSError), self._connection(who, port) as end:
                while taken < count:
                    for piece in itertools.islice(stream, min(BATCH, count - taken)):
                        end.sendall(piece)
                        taken += 1
                        deadline = time.monotonic() + PATIENCE_S
                    if who != "stranger":
                        drain(self._transport())
                    time.sleep(PAUSE_S)
            if time.monotonic() > deadline:
                raise TimeoutError("the server takes no connection")
        return taken

    def _connection(self, who: str, port: int) -> socket.socket:
        end = socket.create_connection(("127.0.0.1", port), timeout=1.0)
        if who != "stranger":
            check = self._check()
            end.sendall(len(check).to_bytes(2, "big") + check)
        return end

    def _check(self) -> bytes:
        transport = self._transport()
        assert transport.remote is not None
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        message.attributes["USERNAME"] = f"{transport.remote.ufrag}:{transport.local.ufrag}"
        message.attributes["PRIORITY"] = 1
        message.attributes["ICE-CONTROLLING"] = 7
        message.add_message_integrity(transport.remote.password.encode())
        return bytes(message)


class FlooderProcess(JsonProcess):
    """The hostile process."""

    module = "tests.media.fuzz.flooder"


def main() -> None:
    """Answer commands until standard input ends."""
    flooder = Flooder()
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = getattr(flooder, "do_" + command.pop("op"))(**command)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
