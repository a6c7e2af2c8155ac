"""One peer connection's transport: ICE-lite, DTLS and SRTP keys over shared ports."""

import secrets
from collections.abc import Callable, Sequence
from typing import Protocol

from media.protocol import CONSENT_SECONDS, DropReason, LostReason
from media.rtp import rtcp
from media.rtp.header import is_rtcp
from media.worker.adapter import BindingRequest
from media.worker.checks import checks_budget
from media.worker.dtls import DtlsError, DtlsServer
from media.worker.egress import Egress
from media.worker.hub import Hub
from media.worker.port import PATHS_PER_TRANSPORT
from media.worker.port import Path as DatagramPath
from media.worker.sdp import LocalTransport
from media.worker.srtp import Receiver, SrtpError, sessions
from media.worker.stream import StreamPath

Path = DatagramPath | StreamPath

PATH_SILENT_S = 3.0
HANDSHAKE_DATAGRAMS_MAX = 200
ALERT_DATAGRAMS_MAX = 50  # DTLS datagrams that a connected peer may still send
_ALIVE = rtcp.receiver_report(1, [])


class MediaHandler(Protocol):
    """Who gets what the transport opened."""

    def secured(self, receiver: Receiver, egress: Egress, now: float) -> None:
        """Keys are known and the peer is who signalling said."""

    def receive_rtp(self, packet: memoryview, now: float) -> bool:
        """A protected RTP packet; True when it was authentic."""

    def receive_rtcp(self, compound: bytes, now: float) -> None:
        """A plain RTCP compound."""

    def lost(self, reason: LostReason) -> None:
        """The peer is gone."""


class Transport:
    """Reached through its ufrag until a check makes the peer's address known."""

    def __init__(self, hub: Hub, handler: MediaHandler) -> None:
        self._hub = hub
        self._handler = handler
        self._credentials: dict[str, str] = {}  # ufrag → password, the newest last
        self._used = ""  # the ufrag of the last check
        self._paths: dict[Path, float] = {}  # → time of the last check
        self.strange_checks = checks_budget()  # from addresses not known yet
        self._priority = 0
        self._dtls: DtlsServer | None = None
        self._datagrams = 0
        self._fingerprints: tuple[tuple[str, str], ...] = ()
        self._receiver: Receiver | None = None
        self._seen_at = 0.0
        self._is_over = False
        self.remote_ufrag = ""
        self.path: Path | None = None
        self.egress: Egress | None = None
        self.renew()

    # --- signalling ---

    @property
    def is_secure(self) -> bool:
        """Whether media may flow."""
        return self._receiver is not None

    @property
    def is_over(self) -> bool:
        """Whether the peer was lost: what comes from it now needs another connection."""
        return self._is_over

    @property
    def local(self) -> LocalTransport:
        """What our description says."""
        ufrag, password = list(self._credentials.items())[-1]
        hub = self._hub
        return LocalTransport(
            ufrag, password, hub.identity.fingerprint, hub.candidates, hub.tcp_candidates
        )

    def renew(self) -> None:
        """A new ICE generation; the former serves until the first check of this one.

        That may never come: Chromium keeps the pair that its new socket made with the former
        generation while the answer was under way, so what is in use outlives the next restart too.
        """
        for ufrag in list(self._credentials)[:-1]:
            if ufrag != self._used:
                self._retire(ufrag)
        ufrag = secrets.token_hex(4)
        while ufrag in self._hub.transports:
            ufrag = secrets.token_hex(4)
        self._credentials[ufrag] = secrets.token_hex(16)
        self._hub.transports[ufrag] = self

    def password(self, ufrag: str) -> str:
        """Of one of our ufrags."""
        return self._credentials[ufrag]

    def is_same_peer(self, fingerprints: Sequence[tuple[str, str]]) -> bool:
        """Whether these are the fingerprints this connection was made for."""
        return self._fingerprints == tuple(fingerprints)

    def expect(self, fingerprints: Sequence[tuple[str, str]], now: float) -> None:
        """Who the peer must prove to be (RFC 8122)."""
        self._fingerprints = tuple(fingerprints)
        self._secure(now)

    def close(self) -> None:
        """Say goodbye and forget everything; idempotent."""
        if self._dtls is not None and self.path is not None:
            for datagram in self._dtls.close():
                self.path.send(datagram)
        self._is_over = True
        self._dtls = self._receiver = None
        self._hub.handshaking.discard(self)
        for ufrag in list(self._credentials):
            self._hub.transports.pop(ufrag, None)
        for path in self._paths:
            path.close()
        self._paths.clear()
        self._select(None)
        self.egress = None  # its buffers are large: they must not wait for a collection

    # --- ICE ---

    def checked(self, check: BindingRequest, path: Path, now: float) -> None:
        """An authentic check came over this path."""
        if self._is_over:
            return
        self._seen_at = now
        self._used = check.local_ufrag
        is_new_generation = len(self._credentials) > 1 and check.local_ufrag == self.local.ufrag
        if is_new_generation:
            for ufrag in list(self._credentials)[:-1]:
                self._retire(ufrag)
        self._remember(path, now)
        if is_new_generation or self._is_better(check, path, now):
            self._priority = check.priority
            self._select(path)

    def _retire(self, ufrag: str) -> None:
        self._hub.transports.pop(ufrag, None)
        del self._credentials[ufrag]

    def _remember(self, path: Path, now: float) -> None:
        self._paths.pop(path, None)
        self._paths[path] = now
        if len(self._paths) > PATHS_PER_TRANSPORT:
            oldest = next(known for known in self._paths if known is not self.path)
            del self._paths[oldest]
            oldest.close()

    def forget(self, path: Path) -> None:
        """A connection ended: of the other paths the one checked last serves, if there is any."""
        self._paths.pop(path, None)
        if path is self.path:
            self._priority = 0
            self._select(next(reversed(self._paths), None))

    def _is_better(self, check: BindingRequest, path: Path, now: float) -> bool:
        current = self.path
        if current is None:
            return True
        if not check.is_nominating or current is path:
            return False
        silent_s = now - self._paths.get(current, 0.0)
        return check.priority >= self._priority or silent_s > PATH_SILENT_S

    def _select(self, path: Path | None) -> None:
        self.path = path
        if self.egress is not None:
            self.egress.path = path

    def keep_alive(self) -> None:
        """Let the browser see that its path works: an empty receiver report for want of others."""
        egress = self.egress
        if egress is None or self._is_over:
            return
        if egress.is_silent:
            egress.send_rtcp(_ALIVE)
        egress.is_silent = True

    def expire(self, now: float) -> None:
        """Report the peer lost once its consent is older than CONSENT_SECONDS (RFC 7675)."""
        if self._seen_at and now - self._seen_at > CONSENT_SECONDS:
            self._lose(LostReason.CONSENT)

    def _lose(self, reason: LostReason) -> None:
        if not self._is_over:
            self._is_over = True
            self._handler.lost(reason)

    # --- DTLS ---

    def receive_dtls(self, datagram: bytes, now: float, path: Path) -> None:
        """Only validated addresses get here; each handshake is bounded."""
        if self._is_over:
            return self._hub.drop(DropReason.NOT_SECURED)
        if not self._may_shake_hands(now):
            return self._hub.drop(DropReason.HANDSHAKE_LIMITED)
        if self._dtls is None:
            self._dtls = DtlsServer(self._hub.identity)
            self._hub.handshaking.add(self)
            self._hub.hurry()
        self._step(self._dtls, lambda dtls: dtls.receive(datagram), path)
        self._secure(now)
        return None

    def _may_shake_hands(self, now: float) -> bool:
        if self._dtls is None and not self._hub.handshakes.take(now):
            return False
        self._datagrams += 1
        limit = HANDSHAKE_DATAGRAMS_MAX + (ALERT_DATAGRAMS_MAX if self.is_secure else 0)
        return self._datagrams <= limit

    def retransmit(self) -> None:
        """Send the last flight again when its timer ran out."""
        dtls = self._dtls
        if dtls is None or dtls.is_done:
            self._hub.handshaking.discard(self)
        elif self.path is not None and dtls.timeout() == 0:
            self._step(dtls, DtlsServer.retransmit, self.path)

    def _step(
        self, dtls: DtlsServer, advance: Callable[[DtlsServer], list[bytes]], path: Path
    ) -> None:
        try:
            answers = advance(dtls)
        except DtlsError:
            self._lose(LostReason.DTLS_CLOSED if dtls.is_done else LostReason.DTLS_FAILED)
            return
        for datagram in answers:
            path.send(datagram)

    def _secure(self, now: float) -> None:
        """Derive the keys once the handshake is done and the expected peer is known."""
        dtls = self._dtls
        if self._is_over or self.is_secure or dtls is None or not dtls.is_done:
            return
        if not self._fingerprints:
            return  # the answer is still on its way through signalling
        try:
            if not dtls.is_peer(self._fingerprints):
                raise DtlsError("certificate does not match its fingerprint")
            profile, material = dtls.export()
        except DtlsError:
            self._lose(LostReason.DTLS_FAILED)
            return
        self._receiver, sender = sessions(profile, material)
        self.egress = Egress(self._hub, sender)
        self.egress.path = self.path
        self._handler.secured(self._receiver, self.egress, now)

    # --- SRTP ---

    def receive_media(self, packet: memoryview, now: float, path: Path) -> None:
        """Hot path: one protected packet from a validated address."""
        receiver = self._receiver
        if receiver is None or len(packet) < 12:
            self._hub.drop(DropReason.NOT_SECURED if receiver is None else DropReason.MALFORMED)
        elif not is_rtcp(packet[1]):
            if self._handler.receive_rtp(packet, now) and path is not self.path:
                self._select(path)
        else:
            self._receive_rtcp(receiver, packet, now, path)

    def _receive_rtcp(self, receiver: Receiver, packet: memoryview, now: float, path: Path) -> None:
        try:
            compound = receiver.open_rtcp(packet)
        except SrtpError:
            return self._hub.drop(DropReason.SRTP_AUTHENTICATION)
        self._seen_at = now
        if path is not self.path:
            self._select(path)
        self._handler.receive_rtcp(compound, now)
        return None
