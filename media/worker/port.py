"""UDP sockets: drained in bounded batches, demultiplexed by first byte (RFC 7983)."""

import contextlib
import ipaddress
import socket
import sys
from fcntl import ioctl
from termios import FIONREAD
from typing import TYPE_CHECKING, Any, Literal, Self

from media.protocol import DropReason
from media.worker.checks import checks_budget, examine
from media.worker.hub import Hub
from media.worker.loop import EventLoop

if TYPE_CHECKING:
    from media.worker.transport import Transport

SOL_UDP = 17
UDP_GRO = 104  # linux/udp.h
BATCH_PACKETS = 64  # before they are sent on, and other work gets its turn
SOCKET_BUFFER_BYTES = 4 * 1024 * 1024
PATHS_PER_TRANSPORT = 8
_ANCILLARY_BYTES = socket.CMSG_SPACE(4)
_NONE = bytes(4)


class Path:
    """A validated pair of our socket and a peer's address."""

    __slots__ = ("_hub", "address", "checks", "port", "socket", "transport")
    is_stream: Literal[False] = False

    def __init__(self, hub: Hub, port: "Port", address: Any, transport: "Transport") -> None:
        self._hub = hub
        self.port = port
        self.socket = port.socket
        self.address = address
        self.transport = transport
        self.checks = checks_budget()

    def send(self, datagram: bytes) -> None:
        """Send one datagram, or count why not."""
        try:
            self.socket.sendto(datagram, self.address)
        except BlockingIOError:
            self._hub.drop(DropReason.SEND_BLOCKED)
        except OSError:
            self._hub.drop(DropReason.SEND_FAILED)

    def close(self) -> None:
        """Forget the address."""
        if self.port.paths.get(self.address) is self:
            del self.port.paths[self.address]


class Port:
    """One socket bound to one address, never to the wildcard."""

    def __init__(self, hub: Hub, sock: socket.socket) -> None:
        self.socket = sock
        self.paths: dict[Any, Path] = {}
        self._hub = hub
        self._view = memoryview(bytearray(65536))
        self._next = bytearray(4)  # size of the datagram that waits

    @classmethod
    def bind(cls, hub: Hub, address: str, port: int) -> Self:
        """Raises OSError when the address is not ours, ValueError for a wildcard."""
        sock = socket.socket(family_of(address), socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
                sock.setsockopt(socket.SOL_SOCKET, option, SOCKET_BUFFER_BYTES)
            with contextlib.suppress(OSError):  # an older kernel hands over one by one
                sock.setsockopt(SOL_UDP, UDP_GRO, 1)
            sock.bind((address, port))
        except OSError:
            sock.close()
            raise
        return cls(hub, sock)

    @property
    def number(self) -> int:
        """The UDP port."""
        return int(self.socket.getsockname()[1])

    def open(self, loop: EventLoop) -> None:
        """Begin to read."""
        loop.add_reader(self.socket.fileno(), self._drain)

    def close(self, loop: EventLoop) -> None:
        """Stop and release the port; idempotent."""
        if self.socket.fileno() >= 0:
            loop.remove_reader(self.socket.fileno())
            self.socket.close()

    def _drain(self) -> None:
        """Forward what waits, up to a bounded batch, then send what it made."""
        hub = self._hub
        receive = self.socket.recvmsg_into
        view = self._view
        buffers = [view]
        get_path = self.paths.get
        fd = self.socket.fileno()
        now = hub.clock()
        packets = octets = 0
        left = BATCH_PACKETS
        while left > 0:
            try:
                size, ancillary, _, address = receive(buffers, _ANCILLARY_BYTES)
            except BlockingIOError:
                break
            except OSError:  # a peer's ICMP error shows on the socket
                left -= 1
                continue
            segment = _segment_bytes(ancillary, size) if ancillary else size
            path = get_path(address)
            octets += size
            left -= size // (segment or 1) or 1
            for start in range(0, size, segment or 1):
                end = start + segment
                datagram = view[start : end if end < size else size]
                first = datagram[0]
                packets += 1
                if path is not None and 128 <= first <= 191:
                    path.transport.receive_media(datagram, now, path)
                else:
                    self._receive_other(datagram, first, address, path, now)
            ioctl(fd, FIONREAD, self._next)  # asking is cheaper than an exception
            if self._next == _NONE:
                break
        hub.packets_in += packets
        hub.bytes_in += octets
        hub.flush()

    def _receive_other(
        self, datagram: memoryview, first: int, address: Any, path: Path | None, now: float
    ) -> None:
        if first <= 3:
            self._receive_check(bytes(datagram), address, path, now)
        elif path is None:
            self._hub.drop(DropReason.UNKNOWN_ADDRESS)
        elif 20 <= first <= 63:
            path.transport.receive_dtls(bytes(datagram), now, path)
        else:
            self._hub.drop(DropReason.MALFORMED)

    def _receive_check(self, datagram: bytes, address: Any, known: Path | None, now: float) -> None:
        """Answer a connectivity check; only an authentic one makes its address known."""
        budget = known.checks if known is not None else None
        verdict = examine(self._hub, datagram, address, budget, now)
        if verdict is None:
            return
        self._reply(verdict.answer, address)
        if verdict.transport is not None:
            path = self._path(address, verdict.transport)
            verdict.transport.checked(verdict.check, path, now)

    def _path(self, address: Any, transport: "Transport") -> Path:
        path = self.paths.get(address)
        if path is None or path.transport is not transport:
            path = Path(self._hub, self, address, transport)
            self.paths[address] = path
        return path

    def _reply(self, datagram: bytes, address: Any) -> None:
        try:
            self.socket.sendto(datagram, address)
        except OSError:
            self._hub.drop(DropReason.SEND_FAILED)


def family_of(address: str) -> socket.AddressFamily:
    """Raises ValueError for what is no single address."""
    ip = ipaddress.ip_address(address)
    if ip.is_unspecified:
        raise ValueError("a wildcard socket answers from another address")
    return socket.AF_INET if ip.version == 4 else socket.AF_INET6


def _segment_bytes(ancillary: list[tuple[int, int, bytes]], size: int) -> int:
    """How the kernel coalesced what it handed over; its last segment may be smaller."""
    for _, kind, data in ancillary:
        if kind == UDP_GRO:
            return int.from_bytes(data[:4], sys.byteorder)
    return size
