"""One TCP connection as a path: framed datagrams (RFC 4571), bounded in both directions."""

import socket
from collections.abc import Container, Sequence
from typing import TYPE_CHECKING, Any, Literal

from media.protocol import DropReason
from media.rtp.framing import split
from media.worker.checks import checks_budget, examine
from media.worker.loop import EventLoop

if TYPE_CHECKING:
    from media.worker.tcp_port import TcpPort
    from media.worker.transport import Transport

READ_BYTES = 64 * 1024
SOCKET_BUFFER_BYTES = 128 * 1024  # the kernel takes twice as much, headers included
NOT_SENT_BYTES = 32 * 1024  # what waits in the kernel beyond the congestion window
UNSENT_BYTES_MAX = 64 * 1024  # what waits here: half a second of a good picture
UNSENT_VIDEO_BYTES_MAX = 48 * 1024  # audio and control have the rest to themselves
UNACKNOWLEDGED_MS = 10_000
STRANGE_CHECKS_MAX = 16
_LENGTHS = tuple(size.to_bytes(2, "big") for size in range(2049))


class StreamPath:
    """A connection and the transport it was validated for."""

    __slots__ = ("_connection", "address", "transport")
    is_stream: Literal[True] = True

    def __init__(self, connection: "Connection", transport: "Transport") -> None:
        self._connection = connection
        self.address = connection.address
        self.transport = transport

    def send(self, datagram: bytes) -> None:
        """Send one datagram of control, or count why not."""
        self._connection.write(datagram, (len(datagram),), None)

    def send_batch(
        self, packets: memoryview, sizes: Sequence[int], spoken: Container[int]
    ) -> tuple[int, int]:
        """Send sealed RTP packets that lie one behind the other; how many and their bytes.

        When the buffer is full the newest video is dropped and counted; `spoken` are the
        payload types that may fill all of it.
        """
        return self._connection.write(packets, sizes, spoken)

    def close(self) -> None:
        """Hang up, unless the connection serves another transport by now."""
        if self._connection.path is self:
            self._connection.path = None
            self._connection.close()


class Connection:
    """Reads into its port's buffer and keeps only the unfinished frame (hot path)."""

    __slots__ = (
        "_checks", "_failed_checks", "_loop", "_port", "_rest", "_unsent",
        "address", "checked_at", "path", "socket",
    )  # fmt: skip

    def __init__(self, port: "TcpPort", loop: EventLoop, sock: socket.socket, address: Any) -> None:
        """Raises OSError when the peer is gone already."""
        self._port = port
        self._loop = loop
        self._rest = b""
        self._unsent = bytearray()
        self._failed_checks = 0
        self._checks = checks_budget()
        self.socket = sock
        self.address = address
        self.path: StreamPath | None = None
        self.checked_at = 0.0
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, NOT_SENT_BYTES)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            sock.setsockopt(socket.SOL_SOCKET, option, SOCKET_BUFFER_BYTES)
        loop.add_reader(sock.fileno(), self._drain)

    def close(self) -> None:
        """Hang up and tell the transport; idempotent."""
        fd = self.socket.fileno()
        if fd < 0:
            return
        self._loop.remove_reader(fd)
        self._loop.remove_writer(fd)
        self.socket.close()
        self._port.forget(self)
        path, self.path = self.path, None
        if path is not None:
            path.transport.forget(path)

    # --- in ---

    def _drain(self) -> None:
        """Forward the whole frames of what waits, then send what they made."""
        view, hub = self._port.view, self._port.hub
        kept = len(self._rest)
        view[:kept] = self._rest
        try:
            size = self.socket.recv_into(view[kept:])
        except (BlockingIOError, InterruptedError):
            return
        except OSError:  # reset
            size = 0
        if not size:
            self.close()
            return
        try:
            frames, at = split(view, kept + size)
        except ValueError:
            hub.drop(DropReason.OVERSIZED)
            self.close()
            return
        self._rest = bytes(view[at : kept + size])
        now = hub.clock()
        for frame in frames:
            self._receive(frame, now)
            if self.socket.fileno() < 0:
                break
        hub.packets_in += len(frames)
        hub.bytes_in += size
        hub.flush()

    def _receive(self, frame: memoryview, now: float) -> None:
        first = frame[0]
        path = self.path
        if path is not None and 128 <= first <= 191:
            path.transport.receive_media(frame, now, path)
        elif first <= 3:
            self._receive_check(bytes(frame), now)
        elif path is None:  # whoever connects begins with a check
            self._port.hub.drop(DropReason.UNKNOWN_ADDRESS)
            self.close()
        elif 20 <= first <= 63:
            path.transport.receive_dtls(bytes(frame), now, path)
        else:
            self._port.hub.drop(DropReason.MALFORMED)

    def _receive_check(self, datagram: bytes, now: float) -> None:
        verdict = examine(self._port.hub, datagram, self.address, self._checks, now)
        if verdict is None:
            self._failed_checks += self.path is None
            if self._failed_checks >= STRANGE_CHECKS_MAX:
                self.close()
            return
        self.write(verdict.answer, (len(verdict.answer),), None)
        transport = verdict.transport
        if transport is None or self.socket.fileno() < 0:
            return
        self.checked_at = now
        self._port.acquainted(self)
        path = self.path
        if path is None or path.transport is not transport:
            path = self.path = StreamPath(self, transport)
        transport.checked(verdict.check, path, now)

    # --- out ---

    def write(
        self, packets: bytes | memoryview, sizes: Sequence[int], spoken: Container[int] | None
    ) -> tuple[int, int]:
        """Frame and send without waiting; how many packets went or wait, and their bytes."""
        if self.socket.fileno() < 0:
            self._port.hub.drop(DropReason.SEND_FAILED, len(sizes))
            return 0, 0
        if self._unsent:
            return self._keep(memoryview(packets), 0, sizes, spoken)
        parts: list[bytes | memoryview] = []
        view = memoryview(packets)
        start = 0
        for size in sizes:
            parts += (_LENGTHS[size], view[start : start + size])
            start += size
        try:
            sent = self.socket.send(b"".join(parts))
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:  # the end of the stream is read and closes it
            self._port.hub.drop(DropReason.SEND_FAILED, len(sizes))
            return 0, 0
        if sent == start + 2 * len(sizes):
            return len(sizes), start
        return self._interrupt(view, sizes, sent, spoken)

    def _interrupt(
        self, packets: memoryview, sizes: Sequence[int], sent: int, spoken: Container[int] | None
    ) -> tuple[int, int]:
        """The stream took a part: what it has begun must be finished, the rest may wait."""
        whole = start = 0
        while sent >= 2 + sizes[whole]:
            sent -= 2 + sizes[whole]
            start += sizes[whole]
            whole += 1
        octets = start
        size = sizes[whole]
        if sent:
            self._unsent += (_LENGTHS[size] + packets[start : start + size])[sent:]
            start, octets, whole = start + size, octets + size, whole + 1
        kept, kept_octets = self._keep(packets, start, sizes[whole:], spoken)
        if self._unsent:
            self._loop.add_writer(self.socket.fileno(), self._unblock)
        return whole + kept, octets + kept_octets

    def _keep(
        self,
        packets: memoryview,
        start: int,
        sizes: Sequence[int],
        spoken: Container[int] | None,
    ) -> tuple[int, int]:
        kept = octets = 0
        for size in sizes:
            is_video = spoken is not None and packets[start + 1] & 0x7F not in spoken
            limit = UNSENT_VIDEO_BYTES_MAX if is_video else UNSENT_BYTES_MAX
            if len(self._unsent) + 2 + size <= limit:
                self._unsent += _LENGTHS[size]
                self._unsent += packets[start : start + size]
                kept += 1
                octets += size
            start += size
        self._port.hub.drop(DropReason.SEND_BLOCKED, len(sizes) - kept)
        return kept, octets

    def _unblock(self) -> None:
        try:
            del self._unsent[: self.socket.send(self._unsent)]
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._unsent.clear()
        if not self._unsent:
            self._loop.remove_writer(self.socket.fileno())
