"""aiortc as the peer to compare with: packets forwarded through each sender, never decoded.

Its receivers keep what a live uplink needs (statistics, NACK, bandwidth estimate and its REMB, as
the worker has its own); only the decoder gets nothing. `bare` leaves that out too: what remains is
ICE, DTLS, SRTP, RTP parsing and serialising, a floor no usable server reaches.
"""

import asyncio
import json
import os
import sys
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aioice.ice
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription

from tests.bench.rtc.client import JsonProcess


class Idle(MediaStreamTrack):
    """A track that never has anything: packets reach the sender's transport directly."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    async def recv(self) -> Any:
        """Wait for ever."""
        await asyncio.get_running_loop().create_future()


class Nothing:
    """A queue that keeps nothing but the end."""

    def __init__(self) -> None:
        self._is_over = threading.Event()

    def put(self, item: object) -> None:
        """Drop it, unless it is the end."""
        if item is None:
            self._is_over.set()

    def get(self) -> None:
        """Let the decoder's thread wait for the end."""
        self._is_over.wait()


@dataclass(slots=True)
class Target:
    """Where packets of one publisher's track go."""

    sender: Any
    payload_type: int
    mid: str
    extensions: Any


class Forwarder:
    """A room: what a publisher sends goes to every subscriber but itself."""

    def __init__(self) -> None:
        self._connections: list[RTCPeerConnection] = []
        self._targets: dict[tuple[str, str], list[Target]] = {}

    async def do_publish(self, peer: str, sdp: str, bare: bool) -> dict[str, Any]:
        """The answer to a publisher's offer."""
        connection = await self._connection(sdp)
        await connection.setLocalDescription(await connection.createAnswer())
        for transceiver in connection.getTransceivers():
            key = (peer, transceiver.kind)
            targets = self._targets.setdefault(key, [])
            receiver: Any = transceiver.receiver
            receiver._handle_rtp_packet = _forward(
                targets, None if bare else receiver._handle_rtp_packet
            )
            receiver._RTCRtpReceiver__decoder_queue = Nothing()
        return {"sdp": connection.localDescription.sdp}

    async def do_subscribe(self, sdp: str, publishers: list[str]) -> dict[str, Any]:
        """The answer to a subscriber's offer: an audio and a video line for each publisher."""
        connection = await self._connection(sdp)
        transceivers = connection.getTransceivers()
        for transceiver in transceivers:
            transceiver.direction = "sendonly"
            transceiver.sender.replaceTrack(Idle(transceiver.kind))
        await connection.setLocalDescription(await connection.createAnswer())
        sources = [(name, kind) for name in publishers for kind in ("audio", "video")]
        for source, transceiver in zip(sources, transceivers, strict=True):
            sender: Any = transceiver.sender
            self._targets[source].append(
                Target(
                    sender,
                    transceiver._codecs[0].payloadType or 0,
                    transceiver.mid or "",
                    sender._RTCRtpSender__rtp_header_extensions_map,
                )
            )
        return {"sdp": connection.localDescription.sdp}

    async def _connection(self, sdp: str) -> RTCPeerConnection:
        connection = RTCPeerConnection()
        self._connections.append(connection)
        await connection.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        return connection


Handler = Callable[..., Awaitable[None]]


def _forward(targets: list[Target], receive: Handler | None) -> Handler:
    async def forward(packet: Any, arrival_time_ms: int) -> None:
        ssrc, payload_type = packet.ssrc, packet.payload_type
        for target in targets:
            packet.ssrc = target.sender._ssrc
            packet.payload_type = target.payload_type
            packet.extensions.mid = target.mid
            await target.sender.transport._send_rtp(packet.serialize(target.extensions))
        packet.ssrc, packet.payload_type = ssrc, payload_type
        if receive is not None:
            await receive(packet, arrival_time_ms=arrival_time_ms)

    return forward


class AiortcProcess(JsonProcess):
    """The forwarder in its own process."""

    module = "tests.bench.rtc.aiortc_server"


async def _serve() -> None:
    # aioice never offers loopback, where this benchmark lives.
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]
    forwarder = Forwarder()
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 22)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        command = json.loads(line)
        try:
            answer = await getattr(forwarder, "do_" + command.pop("op"))(**command)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()

    # Dozens of connections dying together would only complain about each other.
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(_serve())
