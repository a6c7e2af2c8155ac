"""ICE-TCP passive (RFC 6544) for networks that block UDP: a listener and its connections."""

import errno
import socket
from collections import Counter
from typing import Any, Self

from media.protocol import DropReason
from media.rtp.framing import FRAME_BYTES_MAX, LENGTH_BYTES
from media.worker.hub import Hub
from media.worker.loop import Cancellable, EventLoop
from media.worker.port import family_of
from media.worker.stream import READ_BYTES, Connection

CONNECTIONS_MAX = 2048
CONNECTIONS_PER_ADDRESS = 512  # a whole hospital may come from one
STRANGERS_MAX = 512  # without a valid check yet
STRANGERS_PER_ADDRESS = 128
CHECK_SECONDS = 8.0  # from connecting to the first valid check
IDLE_SECONDS = 60.0  # browsers check spare connections every 25 s
SWEEP_SECONDS = 1.0
ACCEPTS_MAX = 16  # before media gets its turn
BACKLOG = 256
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class TcpPort:
    """One listening socket bound to one address; strangers make room for newer ones."""

    def __init__(self, hub: Hub, sock: socket.socket) -> None:
        self.hub = hub
        self.socket = sock
        self.view = memoryview(bytearray(LENGTH_BYTES + FRAME_BYTES_MAX + READ_BYTES))
        self.connections: set[Connection] = set()
        self.strangers: dict[Connection, float] = {}  # → since when, the oldest first
        self.loop: EventLoop | None = None
        self._held: Counter[Any] = Counter()  # by address
        self._strange: Counter[Any] = Counter()
        self._sweeper: Cancellable | None = None
        self._is_resting = False

    @classmethod
    def bind(cls, hub: Hub, address: str, port: int) -> Self:
        """Raises OSError when the address is not ours or the number is taken."""
        sock = socket.socket(family_of(address), socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            # A replaced worker's connections linger; the number is ours all the same.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((address, port))
            sock.listen(BACKLOG)
        except OSError:
            sock.close()
            raise
        return cls(hub, sock)

    @classmethod
    def bind_beside(cls, hub: Hub, address: str, udp_port: int) -> Self:
        """The UDP port's number, or any when that is taken; raises OSError."""
        try:
            return cls.bind(hub, address, udp_port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return cls.bind(hub, address, 0)

    @property
    def number(self) -> int:
        """The TCP port."""
        return int(self.socket.getsockname()[1])

    def open(self, loop: EventLoop) -> None:
        """Begin to accept."""
        self.loop = loop
        loop.add_reader(self.socket.fileno(), self._accept)

    def close(self, loop: EventLoop) -> None:
        """End every connection and release the port; idempotent."""
        for connection in list(self.connections):
            connection.close()
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        if self.socket.fileno() >= 0:
            loop.remove_reader(self.socket.fileno())
            self.socket.close()

    def _accept(self) -> None:
        now = self.hub.clock()
        for _ in range(ACCEPTS_MAX):
            try:
                sock, address = self.socket.accept()
            except BlockingIOError:
                return
            except OSError as error:  # gone again, or no descriptor is left
                if error.errno in _EXHAUSTED:
                    self._rest()
                return
            self._admit(sock, address, now)

    def _rest(self) -> None:
        """A listener that cannot accept would be ready again at once: wait for the sweep."""
        self.hub.drop(DropReason.CONNECTION_LIMITED)
        if self.loop is not None:
            self.loop.remove_reader(self.socket.fileno())
            self._is_resting = True
            self._watch()

    def _admit(self, sock: socket.socket, address: Any, now: float) -> None:
        host = address[0]
        if (
            self.loop is None
            or len(self.connections) >= CONNECTIONS_MAX
            or self._held[host] >= CONNECTIONS_PER_ADDRESS
            or self._strange[host] >= STRANGERS_PER_ADDRESS
        ):
            self.hub.drop(DropReason.CONNECTION_LIMITED)
            sock.close()
            return
        if len(self.strangers) >= STRANGERS_MAX:
            self.hub.drop(DropReason.CONNECTION_LIMITED)
            next(iter(self.strangers)).close()
        try:
            connection = Connection(self, self.loop, sock, address)
        except OSError:  # reset meanwhile
            sock.close()
            return
        self.connections.add(connection)
        self.strangers[connection] = now
        self._held[host] += 1
        self._strange[host] += 1
        self._watch()

    def acquainted(self, connection: Connection) -> None:
        """Its peer proved itself; idempotent."""
        if self.strangers.pop(connection, None) is not None:
            self._release(self._strange, connection)

    def forget(self, connection: Connection) -> None:
        """It is closed; idempotent."""
        self.acquainted(connection)
        if connection in self.connections:
            self.connections.discard(connection)
            self._release(self._held, connection)

    def _release(self, counter: Counter[Any], connection: Connection) -> None:
        host = connection.address[0]
        counter[host] -= 1
        if not counter[host]:
            del counter[host]

    # --- silence ---

    def _watch(self) -> None:
        if self._sweeper is None and self.loop is not None:
            self._sweeper = self.loop.call_later(SWEEP_SECONDS, self._sweep)

    def _sweep(self) -> None:
        self._sweeper = None
        now = self.hub.clock()
        late = [one for one, since in self.strangers.items() if now - since > CHECK_SECONDS]
        idle = [
            one
            for one in self.connections
            if one not in self.strangers and now - one.checked_at > IDLE_SECONDS
        ]
        self.hub.drop(DropReason.CONNECTION_SILENT, len(late) + len(idle))
        for connection in (*late, *idle):
            connection.close()
        if self._is_resting and self.loop is not None:
            self._is_resting = False
            self.loop.add_reader(self.socket.fileno(), self._accept)
        if self.connections:
            self._watch()
