"""The one door to python-socketio's and engineio's insides: strict frames, bounded sending.

What the stock server lacks: it parses frames outside its own error handling, joins binary
packets of any number of parts, sends through a task per recipient into an unbounded queue, and
never ends a WebSocket whose client stopped reading. tests/unit/signaling/test_transport.py
watches the private names used here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import socketio
from engineio import packet as engine_packet
from engineio.async_drivers.aiohttp import WebSocket
from socketio import packet as socket_packet

from server.services.ports.clock import Clock

FRAME_BYTES = 256 * 1024 + 4096  # a binary chunk of /documents, and its frame
TEXT_CHARS = 128 * 1024  # two SDPs of 64 KiB would not fit; no event carries two
EVENT_CHARS = 64
PARTS = 1
PING_SECONDS = 3
PONG_SECONDS = 4
OUTGOING_PACKETS = 4096
OUTGOING_BYTES = 8 * 1024 * 1024
IDLE_SECONDS = 10.0  # without any namespace
FAREWELL_SECONDS = 3.0  # to read what was sent before the connection is cut

_SOCKET_TYPES = frozenset("0123456")
_RESERVED = frozenset({"connect", "disconnect"})  # the library would take them for its own
_MALFORMED = (ValueError, TypeError, LookupError, AttributeError, RecursionError)


class Malformed(ValueError):
    """A packet that no client of ours would send."""


class Packet(socketio.packet.Packet):  # type: ignore[misc]
    """A Socket.IO packet that is refused unless it is well-formed and small."""

    def decode(self, encoded_packet: Any) -> int:
        """Parse; answers how many binary parts follow. Raises Malformed."""
        if not isinstance(encoded_packet, str) or len(encoded_packet) > TEXT_CHARS:
            raise Malformed
        parts: int = super().decode(encoded_packet)
        if parts > PARTS or not _is_well_formed(self.packet_type, self.data):
            raise Malformed
        return parts


def _is_well_formed(kind: int, data: Any) -> bool:
    match kind:
        case socket_packet.EVENT | socket_packet.BINARY_EVENT:
            return isinstance(data, list) and 1 <= len(data) <= 2 and _is_name(data[0])
        case socket_packet.CONNECT:
            return data is None or isinstance(data, dict)
        case socket_packet.ACK:
            return isinstance(data, list)
        case _:
            return bool(kind == socket_packet.DISCONNECT)


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and len(name) <= EVENT_CHARS and name not in _RESERVED


class Frames(WebSocket):  # type: ignore[misc]
    """A WebSocket that ends at the first frame that is not Engine.IO's."""

    async def wait(self) -> str | bytes:
        """The next frame. Raises OSError at the end, or at a malformed one."""
        frame: str | bytes = await super().wait()
        if isinstance(frame, str) and not _is_frame(frame):
            raise OSError("malformed frame")
        return frame


def _is_frame(frame: str) -> bool:
    """Whether it is a pong, or a message that begins with a Socket.IO packet type.

    A close ends the connection like everything else: the library would keep it open.
    """
    is_message = frame[:1] == "4" and frame[1:2] in _SOCKET_TYPES
    return is_message or frame == "3"


class Outgoing(asyncio.Queue[Any]):
    """A socket's packets to send, and how many bytes they weigh."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether the reader is too slow to be waited for."""
        return self.qsize() >= OUTGOING_PACKETS or self.bytes >= OUTGOING_BYTES

    def _put(self, item: Any) -> None:
        self.bytes += _weight(item)
        super()._put(item)

    def _get(self) -> Any:
        item = super()._get()
        self.bytes -= _weight(item)
        return item


def _weight(packet: Any) -> int:
    data = getattr(packet, "data", None)
    return len(data) if isinstance(data, str | bytes) else 0


class Manager(socketio.AsyncManager):  # type: ignore[misc]
    """Emits by enqueueing the one encoded packet, without a task per recipient."""

    async def emit(
        self, event: str, data: Any, namespace: str, room: Any = None, **options: Any
    ) -> None:
        """Send to a group; with a callback as the stock manager does."""
        if options.get("callback"):
            await super().emit(event, data, namespace, room, **options)
            return
        skip = options.get("skip_sid")
        to = options.get("to") or room
        skipped = frozenset(skip if isinstance(skip, list) else [skip])
        self.server.tell(namespace, to, event, data, skipped)


class Server(socketio.AsyncServer):  # type: ignore[misc]
    """A Socket.IO server that bounds what clients may cost."""

    def __init__(self, clock: Clock, public_url: str | None = None) -> None:
        quiet = logging.getLogger("socketio.server")
        quiet.setLevel(logging.ERROR)  # below, one client's noise would be written
        super().__init__(
            client_manager=Manager(),
            logger=quiet,
            engineio_logger=quiet,
            serializer=Packet,
            async_mode="aiohttp",
            async_handlers=True,
            namespaces=[],
            transports=["websocket", "polling"],
            allow_upgrades=False,
            ping_interval=PING_SECONDS,
            ping_timeout=PONG_SECONDS,
            max_http_buffer_size=FRAME_BYTES,
            http_compression=False,
            cors_allowed_origins=_Origins(public_url),
        )
        self.eio._async = {**self.eio._async, "websocket": Frames}
        self.eio.create_queue = Outgoing
        self._clock = clock
        self._idle_since: dict[str, float] = {}
        self._leaving: list[tuple[float, asyncio.Transport]] = []
        self._closing: set[asyncio.Task[None]] = set()

    def tell(
        self,
        namespace: str,
        group: str | None,
        event: str,
        data: Mapping[str, Any],
        but: frozenset[str] = frozenset(),
    ) -> None:
        """Enqueue one event for everybody in a group but some; encoded once."""
        recipients = [
            engine_id
            for sid, engine_id in self.manager.get_participants(namespace, group)
            if sid not in but
        ]
        if recipients:
            packet = self.packet_class(socket_packet.EVENT, namespace=namespace, data=[event, data])
            for part in _framed(packet):
                for engine_id in recipients:
                    self._enqueue(engine_id, part)

    def engine_id(self, sid: str, namespace: str) -> str | None:
        """The connection under a namespace's socket."""
        found: str | None = self.manager.eio_sid_from_sid(sid, namespace)
        return found

    async def hang_up(self, engine_id: str) -> None:
        """Close a connection after what was sent; idempotent."""
        socket = self.eio.sockets.get(engine_id)
        if socket is not None and not socket.closed:
            await socket.close(wait=False)
            socket.queue.put_nowait(None)

    async def sweep(self) -> None:
        """Cut connections that serve nothing; call it every few seconds."""
        now = self._clock.monotonic()
        self._cut(now)
        idle = {one for one in self.environ if not self.serves(one)}
        self._idle_since = {one: self._idle_since.get(one, now) for one in idle}
        for engine_id, since in list(self._idle_since.items()):
            if now - since > IDLE_SECONDS:
                await self.hang_up(engine_id)

    async def close(self) -> None:
        """Close every connection, waiting a little until the clients read it."""
        for engine_id in list(self.eio.sockets):
            await self.hang_up(engine_id)
        deadline = self._clock.monotonic() + FAREWELL_SECONDS
        while self._open() and self._clock.monotonic() < deadline:
            await self._clock.sleep(0.02)
        self._cut(self._clock.monotonic() + FAREWELL_SECONDS)
        if self.eio.service_task_handle is not None:
            await self.shutdown()

    async def _send_packet(self, eio_sid: str, pkt: Any) -> None:
        for part in _framed(pkt):
            self._enqueue(eio_sid, part)

    async def _send_eio_packet(self, eio_sid: str, eio_pkt: Any) -> None:
        self._enqueue(eio_sid, eio_pkt)

    def _enqueue(self, engine_id: str, packet: Any) -> None:
        socket = self.eio.sockets.get(engine_id)
        if socket is None or socket.closing or socket.closed:
            return
        if socket.queue.is_full:
            self._abandon(engine_id, socket)
        else:
            socket.queue.put_nowait(packet)

    def _abandon(self, engine_id: str, socket: Any) -> None:
        """Cut off a reader that is too slow; it comes back and resynchronises."""
        while not socket.queue.empty():
            socket.queue.get_nowait()
            socket.queue.task_done()
        task = asyncio.create_task(self.hang_up(engine_id))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _handle_eio_message(self, eio_sid: str, data: Any) -> None:
        is_part = eio_sid in self._binary_packet
        try:
            if not data or isinstance(data, bytes) is not is_part:
                raise Malformed
            await super()._handle_eio_message(eio_sid, data)
        except _MALFORMED:
            self._binary_packet.pop(eio_sid, None)
            await self.hang_up(eio_sid)

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        request = self.environ.get(eio_sid, {}).get("aiohttp.request")
        self._binary_packet.pop(eio_sid, None)
        await super()._handle_eio_disconnect(eio_sid, reason)
        is_websocket = request is not None and "Upgrade" in request.headers
        if is_websocket and request.transport is not None:
            deadline = self._clock.monotonic() + FAREWELL_SECONDS
            self._leaving.append((deadline, request.transport))

    def serves(self, engine_id: str) -> bool:
        """Whether a connection has a socket of any namespace."""
        namespaces = list(self.manager.get_namespaces())
        return any(self.manager.sid_from_eio_sid(engine_id, one) for one in namespaces)

    def _open(self) -> bool:
        return any(not transport.is_closing() for _, transport in self._leaving)

    def _cut(self, now: float) -> None:
        """Abort the connections of sockets that ended but were not let go by their client."""
        self._leaving = [one for one in self._leaving if not one[1].is_closing()]
        for deadline, transport in self._leaving:
            if now >= deadline:
                transport.abort()


def _framed(packet: Any) -> Iterator[Any]:
    encoded = packet.encode()
    for part in encoded if isinstance(encoded, list) else [encoded]:
        yield engine_packet.Packet(engine_packet.MESSAGE, part)


class _Origins:
    """Accepts pages of the server itself, and of PUBLIC_URL; programs send no Origin."""

    def __init__(self, public_url: str | None) -> None:
        self._public = _origin(public_url) if public_url else None

    def __call__(self, origin: str, environ: Mapping[str, Any]) -> bool:
        """Whether a page of this origin may connect (RFC 6454 §7)."""
        try:
            asked = _origin(origin)
        except ValueError:
            return False
        host = asked[1] if asked[2] is None else f"{asked[1]}:{asked[2]}"
        return asked == self._public or host == environ.get("HTTP_HOST", "").lower()


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    standard = {"http": 80, "https": 443}.get(parts.scheme)
    if standard is None:
        raise ValueError("no web origin")
    port = None if parts.port == standard else parts.port
    host = (parts.hostname or "").lower()
    return parts.scheme, f"[{host}]" if ":" in host else host, port
