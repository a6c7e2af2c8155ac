"""A peer's subscribe connection: what it is offered, and what it reports back."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from media.protocol import (
    OFFER_ANSWER_SECONDS,
    DropReason,
    ErrorCode,
    LostReason,
    MediaError,
    Picture,
    Source,
)
from media.rtp import rtcp
from media.rtp.floor import Floor
from media.worker.adapter import MediaLine, parse_sdp
from media.worker.consumer import Consumer
from media.worker.downlink import Downlink
from media.worker.egress import Egress
from media.worker.hub import Hub
from media.worker.pauses import Pauses
from media.worker.producer import Producer
from media.worker.sdp import AUDIO_LEVEL, PLAYOUT_DELAY, TRANSPORT_CC, OfferedLine, choose, offer
from media.worker.srtp import Receiver
from media.worker.transport import Transport

JUST_ADDED = (1, 1)  # the smallest layer until the view shows it
NACKS_MAX = 256  # sequence numbers answered per compound


@dataclass(slots=True)
class Line:
    """An m-line of our offers; it outlives the tracks it carries."""

    mid: str
    kind: str
    consumer: Consumer | None = None
    is_free: bool = True  # its inactivity was answered

    def offered(self) -> OfferedLine:
        """How the next offer shows it."""
        if self.consumer is None:
            return OfferedLine(self.mid, self.kind, False)
        producer = self.consumer.producer
        return OfferedLine(
            self.mid, self.kind, True, producer.peer, producer.source,
            self.consumer.ssrc, self.consumer.rtx_ssrc, producer.codec_name, producer.fmtp,
        )  # fmt: skip


class AnotherPeer(Exception):
    """The answer is from a new connection, as after a reload: it needs one of its own here too."""


class Subscription:
    """Offers are numbered; a new one waits until the last is answered or too old."""

    def __init__(
        self,
        hub: Hub,
        offered: Callable[[int, str, dict[str, tuple[str, str]]], None],
        lost: Callable[[LostReason], None],
        paused: Callable[[tuple[Picture, ...]], None],
        negotiation: int = 0,
    ) -> None:
        self._hub = hub
        self._offered = offered
        self.lost = lost
        self._paused = paused
        self._pauses = Pauses()
        self.transport = Transport(hub, self)
        self.negotiation = negotiation
        self._session_id = secrets.randbits(62)
        self._lines: list[Line] = []
        self._consumers: dict[int, Consumer] = {}  # SSRC and RTX SSRC → consumer
        self._accepted: set[Consumer] = set()
        self._offered_at: float | None = None  # an answer is awaited
        self._is_changed = False
        self._has_view = False
        self._egress: Egress | None = None
        self.downlink: Downlink | None = None

    @property
    def consumers(self) -> list[Consumer]:
        """One per track."""
        return [line.consumer for line in self._lines if line.consumer is not None]

    # --- tracks ---

    def add(self, producer: Producer) -> None:
        """Offer this track with the next `negotiate`."""
        if any(consumer.producer is producer for consumer in self.consumers):
            return
        kind = "video" if producer.is_video else "audio"
        line = next((line for line in self._lines if line.is_free and line.kind == kind), None)
        if line is None:
            line = Line(str(len(self._lines)), kind)
            self._lines.append(line)
        rtx_ssrc = self._new_ssrc() if producer.is_video else 0
        line.consumer = Consumer(self._hub, producer, self._new_ssrc(), rtx_ssrc, self.reallocate)
        if self._has_view and producer.is_video:
            line.consumer.show(JUST_ADDED, 0.0)
        line.is_free = False
        self._consumers[line.consumer.ssrc] = line.consumer
        if rtx_ssrc:
            self._consumers[rtx_ssrc] = line.consumer
        self._is_changed = True

    def remove(self, producer: Producer) -> None:
        """Stop this track at once and offer its line inactive."""
        for line in self._lines:
            consumer = line.consumer
            if consumer is not None and consumer.producer is producer:
                consumer.close()
                self._consumers.pop(consumer.ssrc, None)
                self._consumers.pop(consumer.rtx_ssrc, None)
                self._accepted.discard(consumer)
                line.consumer = None
                self._is_changed = True

    def _new_ssrc(self) -> int:
        while True:
            ssrc = secrets.randbits(32)
            if ssrc > 1 and ssrc not in self._consumers:
                return ssrc

    def close(self) -> None:
        """Close every consumer and the connection; idempotent."""
        if self.downlink is not None:
            self.downlink.close()
            self.downlink = None
        for consumer in self.consumers:
            consumer.close()
        self._lines.clear()
        self._consumers.clear()
        self._accepted.clear()
        self._egress = None
        self.transport.close()

    # --- negotiation ---

    def negotiate(self, now: float) -> None:
        """Offer what changed, unless an answer is still awaited."""
        if not self._is_changed or not self._may_offer(now) or not self._lines:
            return
        self.negotiation += 1
        self._is_changed = False
        self._offered_at = now
        lines = [line.offered() for line in self._lines]
        text = offer(self._session_id, self.negotiation, lines, self.transport.local)
        tracks = {line.mid: (line.stream, line.track) for line in lines if line.is_active}
        self._offered(self.negotiation, text, tracks)

    def _may_offer(self, now: float) -> bool:
        return self._offered_at is None or now - self._offered_at >= OFFER_ANSWER_SECONDS

    def restart(self, now: float) -> None:
        """Offer a new ICE generation; whoever still has the connection keeps its keys."""
        self.transport.renew()
        self._offered_at = None
        self._is_changed = True
        self.negotiate(now)

    def remind(self, now: float) -> None:
        """Offer again what was not answered: the offer may have found nobody."""
        if self._offered_at is not None:
            self._offered_at = None
            self._is_changed = True
            self.negotiate(now)

    def answer(self, negotiation: int, text: str, now: float) -> None:
        """The browser's answer; raises AnotherPeer, MediaError negotiation-stale or sdp-invalid."""
        if negotiation != self.negotiation or self._offered_at is None:
            raise MediaError(ErrorCode.NEGOTIATION_STALE, "another offer was made since")
        lines = _answered(text, self._lines)
        fingerprints = next((line.fingerprints for line in lines if line.fingerprints), ())
        is_known = not fingerprints or self.transport.is_same_peer(fingerprints)
        if self.transport.is_secure and not is_known:
            raise AnotherPeer
        self._offered_at = None
        for line, answered in zip(self._lines, lines, strict=False):  # some may be newer
            self._agree(line, answered)
        self.transport.remote_ufrag = lines[0].ufrag
        if fingerprints:
            self.transport.expect(fingerprints, now)
        self._start(now)
        self.negotiate(now)

    def _agree(self, line: Line, answered: MediaLine) -> None:
        is_wanted = answered.port != 0 and answered.direction in ("recvonly", "sendrecv")
        if line.consumer is None:
            line.is_free = answered.direction == "inactive" and answered.port != 0
            return
        chosen = choose(answered, (line.consumer.producer.codec_name,)) if is_wanted else None
        if chosen is None:
            return
        line.consumer.agree(
            chosen.primary.payload_type,
            chosen.rtx.payload_type if chosen.rtx else -1,
            answered.extensions.get(AUDIO_LEVEL, 0),
            answered.extensions.get(TRANSPORT_CC, 0)
            if "transport-cc" in chosen.primary.feedback
            else 0,
            answered.extensions.get(PLAYOUT_DELAY, 0),
        )
        self._accepted.add(line.consumer)

    def _start(self, now: float) -> None:
        if self._egress is None or self.downlink is None:
            return
        for consumer in self._accepted:
            self.downlink.estimator.is_expected |= consumer.is_numbered
            if not consumer.is_started:
                consumer.start(self._egress, now)

    def secured(self, receiver: Receiver, egress: Egress, now: float) -> None:
        """Packets may go out from now on."""
        self._egress = egress
        self.downlink = Downlink(self._hub, egress, lambda: self.consumers)
        self._start(now)

    def show(self, sizes: Mapping[tuple[str, str], tuple[int, int]], now: float) -> None:
        """What is in view and how large, in pixels by peer and source; the rest pauses."""
        self._has_view = True
        for consumer in self.consumers:
            producer = consumer.producer
            if producer.is_video:
                width, height = sizes.get((producer.peer, producer.source), (0, 0))
                consumer.show((max(0, width), max(0, height)), now)
        self.reallocate(now)

    def limit(self, floor: Floor, now: float) -> None:
        """Of too many cameras in view show those of who spoke last."""
        cameras = [
            consumer
            for consumer in self.consumers
            if consumer.producer.source == Source.CAMERA and consumer.is_shown
        ]
        left_out = floor.left_out(consumer.producer.peer for consumer in cameras)
        is_changed = False
        for consumer in cameras:
            is_changed |= consumer.limit(consumer.producer.peer in left_out, now)
        if is_changed:
            self.reallocate(now)

    def reallocate(self, now: float) -> None:
        """Choose each consumer's layer: called whenever layers, views or priorities changed."""
        if self.downlink is not None:
            self.downlink.allocate(now)

    def tick(self, now: float) -> None:
        """Follow the link."""
        if self.downlink is not None:
            self.downlink.tick(now)

    def smooth(self, now: float) -> None:
        """Once a second: let pictures wait for their repairs."""
        for consumer in self.consumers:
            consumer.smooth(now)

    def tell_pauses(self) -> None:
        """Once a second."""
        pictures = self._pauses.look(self.consumers)
        if pictures is not None:
            self._paused(pictures)

    # --- what the browser reports ---

    def receive_rtp(self, packet: memoryview, now: float) -> bool:
        """A subscriber publishes nothing here."""
        self._hub.drop(DropReason.NOT_PERMITTED)
        return False

    def receive_rtcp(self, compound: bytes, now: float) -> None:
        """Receiver reports, NACKs and keyframe requests."""
        try:
            for packet in rtcp.parse(compound):
                self._receive(packet, now)
        except ValueError:
            self._hub.drop(DropReason.MALFORMED)

    def _receive(self, packet: rtcp.Packet, now: float) -> None:
        match packet.kind, packet.count:
            case ((rtcp.RR | rtcp.SR), _):
                for block in rtcp.report_blocks(packet):
                    consumer = self._consumers.get(block.ssrc)
                    if consumer is not None and block.ssrc == consumer.ssrc:
                        if self.downlink is not None:
                            self.downlink.reported(consumer, block, now)
                        consumer.reported(block, now)
            case rtcp.RTPFB, rtcp.TRANSPORT_CC if self.downlink is not None:
                self.downlink.receive(packet, now)
            case rtcp.PSFB, rtcp.APPLICATION if self.downlink is not None:
                self.downlink.limit(packet, now)
            case rtcp.RTPFB, rtcp.NACK:
                self._resend(packet, now)
            case rtcp.PSFB, rtcp.PLI:
                self._request_keyframe(rtcp.feedback_target(packet), now)
            case rtcp.PSFB, rtcp.FIR:
                for ssrc in rtcp.fir_targets(packet):
                    self._request_keyframe(ssrc, now)

    def _resend(self, packet: rtcp.Packet, now: float) -> None:
        consumer = self._consumers.get(rtcp.feedback_target(packet))
        if consumer is not None:
            for sequence in rtcp.nacked(packet)[:NACKS_MAX]:
                consumer.resend(sequence, now)

    def _request_keyframe(self, ssrc: int, now: float) -> None:
        consumer = self._consumers.get(ssrc)
        if consumer is not None:
            consumer.request_keyframe(now)


def _answered(text: str, lines: list[Line]) -> tuple[MediaLine, ...]:
    """The lines of an answer that fits the offer; raises MediaError sdp-invalid."""
    try:
        answered = parse_sdp(text)
    except ValueError as error:
        raise MediaError(ErrorCode.SDP_INVALID, str(error)) from error
    if len(answered) > len(lines) or not answered:
        raise MediaError(ErrorCode.SDP_INVALID, "answer has other m-lines than the offer")
    if [line.mid for line in answered] != [line.mid for line in lines[: len(answered)]]:
        raise MediaError(ErrorCode.SDP_INVALID, "answer has other mids than the offer")
    if any(line.setup != "active" for line in answered if line.port):
        raise MediaError(ErrorCode.SDP_INVALID, "the answerer must take the DTLS client role")
    return answered
