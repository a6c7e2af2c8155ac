"""One bundled transport: a socket, controlling ICE, DTLS client, SRTP (one machine only)."""

import secrets
import socket
import struct
import time
from collections.abc import Iterator

from aioice import stun

from tests.bench.rtc.sdp import Local, Remote
from tests.bench.rtc.secure import Certificate, Secure

LOOPBACK = "127.0.0.1"
RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024
CHECK_S = 0.1
CONSENT_S = 4.0
SO_RCVBUFFORCE, SO_TIMESTAMPNS = 33, 35  # asm-generic/socket.h
_PRIORITY = (110 << 24) | (65535 << 8) | 255  # peer reflexive, RFC 8445 §5.1.2.1


class Transport:
    """Connects to the first candidate of the server's description."""

    def __init__(self, certificate: Certificate, setup: str, address: str = LOOPBACK) -> None:
        self._certificate = certificate
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.local = Local(
            secrets.token_hex(4),
            secrets.token_hex(16),
            certificate.fingerprint,
            setup,
            *self.socket.getsockname(),
        )
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
        except PermissionError:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setblocking(False)
        self.remote: Remote | None = None
        self.secure: Secure | None = None
        self.is_nominated = False
        self.round_trips_ms: list[float] = []
        self._tie_breaker = secrets.randbits(64)
        self._checks: dict[bytes, float] = {}
        self._next_check = 0.0

    @property
    def is_connected(self) -> bool:
        """Whether media can flow."""
        return self.secure is not None and self.secure.is_ready

    def connect(self, remote: Remote) -> None:
        """Begin, or go on with the new credentials of an ICE restart."""
        if self.remote is None:
            address = next(c for c in remote.candidates if ":" not in c[0])
            self.socket.connect(address)
            context = self._certificate.context()
            self.secure = Secure(context, remote.fingerprint)
        self.remote = remote
        self._next_check = 0.0

    def tick(self, now: float) -> None:
        """Checks, consent (RFC 7675) and DTLS retransmission that are due."""
        if self.remote is None or self.secure is None:
            return
        if now >= self._next_check:
            self._next_check = now + (CONSENT_S if self.is_nominated else CHECK_S)
            self._check(now)
        if self.is_nominated:
            self.send(*self.secure.retransmit())

    def receive(self) -> Iterator[tuple[bytes, int]]:
        """SRTP and SRTCP datagrams that wait, with the kernel's receive time in ns."""
        while True:
            try:
                data, ancillary, _, _ = self.socket.recvmsg(2048, 64)
            except (BlockingIOError, ConnectionRefusedError):
                return
            if not data or not 128 <= data[0] < 192:
                self.receive_other(data)
            elif self.is_connected:
                seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
                yield data, seconds * 1_000_000_000 + nanoseconds

    def receive_other(self, data: bytes) -> None:
        """STUN or DTLS."""
        if (data[0] if data else 0) < 4:
            if self.remote is not None:
                self._stun(data)
        elif self.secure is not None:
            self.send(*self.secure.handshake(data))

    def send(self, *datagrams: bytes) -> int:
        """Send what the kernel takes; how many it did not."""
        refused = 0
        for datagram in datagrams:
            try:
                self.socket.send(datagram)
            except (BlockingIOError, ConnectionRefusedError):
                refused += 1
        return refused

    def close(self) -> None:
        """Say goodbye in DTLS and close the socket."""
        if self.is_connected and self.secure is not None:
            self.send(*self.secure.close())
        self.socket.close()

    # --- ICE ---

    def _check(self, now: float) -> None:
        assert self.remote is not None
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{self.remote.ufrag}:{self.local.ufrag}"
        request.attributes["PRIORITY"] = _PRIORITY
        request.attributes["ICE-CONTROLLING"] = self._tie_breaker
        request.attributes["USE-CANDIDATE"] = None
        request.add_message_integrity(self.remote.password.encode())
        self._checks = dict(list(self._checks.items())[-50:])
        self._checks[request.transaction_id] = now
        self.send(bytes(request))

    def _stun(self, data: bytes) -> None:
        try:
            message = stun.parse_message(data)
        except ValueError:
            return
        if message.message_class is stun.Class.REQUEST:
            self._respond(message)
        elif message.transaction_id in self._checks and self.remote is not None:
            began = self._checks.pop(message.transaction_id)
            key = self.remote.password.encode()
            if message.message_class is stun.Class.RESPONSE and message.check_message_integrity(
                key
            ):
                self.round_trips_ms.append((time.monotonic() - began) * 1000)
                self._nominated()

    def _nominated(self) -> None:
        if not self.is_nominated and self.secure is not None:
            self.is_nominated = True
            self.send(*self.secure.handshake())

    def _respond(self, request: stun.Message) -> None:
        if not request.check_message_integrity(self.local.password.encode()):
            return
        response = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, request.transaction_id)
        response.attributes["XOR-MAPPED-ADDRESS"] = self.socket.getpeername()
        response.add_message_integrity(self.local.password.encode())
        self.send(bytes(response))
