"""One incoming encoded stream: its statistics, its repair, its keyframes, its consumers."""

from typing import TYPE_CHECKING

from media.protocol import AUDIO_SOURCES, DropReason
from media.rtp.cache import CachedPacket, PacketCache
from media.rtp.keyframes import KeyframeThrottle, is_vp8_keyframe
from media.rtp.nack import NackTracker
from media.rtp.reception import Reception
from media.rtp.seqmap import nearest
from media.worker.hub import Hub
from media.worker.sdp import Chosen

if TYPE_CHECKING:
    from media.worker.consumer import Consumer
    from media.worker.publication import InboundStream, Publication

SILENT = 127


class Producer:
    """Numbers its packets on one timeline, whatever SSRC carries them (hot path)."""

    def __init__(
        self, hub: Hub, publication: "Publication", peer: str, source: str, codecs: Chosen
    ) -> None:
        self._hub = hub
        self._publication = publication
        self.peer = peer
        self.source = source
        self.is_video = source not in AUDIO_SOURCES
        self.is_muted = False
        self.loudest = SILENT  # since the last look, -dBov
        self.consumers: list[Consumer] = []
        self.waiting: list[Consumer] = []  # for a packet to begin with
        self.cache = PacketCache()
        self.reception = Reception(codecs.primary.clock_rate)
        self._nack = NackTracker()
        self._throttle = KeyframeThrottle()
        self._stream: InboundStream | None = None
        self._base = 0  # packet number less packet index
        self._highest = -1
        self._timestamp_base = 0
        self._timestamp = 0  # the last one, on our timeline
        self._timestamp_at = 0.0
        self.recode(codecs)

    def recode(self, codecs: Chosen) -> None:
        """Take the payload types of a new negotiation."""
        self.payload_type = codecs.primary.payload_type
        self.rtx_payload_type = codecs.rtx.payload_type if codecs.rtx else -1
        self.clock_rate = codecs.primary.clock_rate
        self.fmtp = codecs.primary.fmtp

    @property
    def ssrc(self) -> int:
        """Of the stream that carries it now, 0 before the first packet."""
        return self._stream.ssrc if self._stream is not None else 0

    # --- packets ---

    def receive(
        self,
        stream: "InboundStream",
        index: int,
        timestamp: int,
        marker: int,
        payload: bytes,
        level: int,
        now: float,
    ) -> None:
        """A packet of the stream itself."""
        if stream is not self._stream:
            self._switch(stream, index, timestamp, now)
        number = index + self._base
        self.reception.add(index, timestamp, len(payload), now)
        timestamp = self._timestamp = timestamp + self._timestamp_base & 0xFFFFFFFF
        self._timestamp_at = now
        if self.is_muted:
            return self._hub.drop(DropReason.MUTED)
        if level < self.loudest:
            self.loudest = level
        if number <= self._highest:
            if self.is_video and self.cache.get(number) is not None:
                return self._hub.drop(DropReason.DUPLICATE)
        else:
            self._highest = number
        if self.is_video and not self._nack.received(number, now):
            self.request_keyframe(now)
        elif self._nack.missing:
            self._hub.nacking.add(self)
            self._hub.hurry()
        if payload:
            self._forward(number, timestamp, marker, payload, level, now)
        else:
            for consumer in self.consumers:
                consumer.map.withhold(number)
        return None

    def recover(self, timestamp: int, marker: int, payload: bytes, now: float) -> None:
        """A retransmission: the original's sequence number and payload (RFC 4588 §4)."""
        stream = self._stream
        if len(payload) < 3 or stream is None or self.is_muted:
            return None  # probes are padding alone
        original = payload[0] << 8 | payload[1]
        number = nearest(original, stream.window.highest) + self._base
        if number > self._highest or self.cache.get(number) is not None:
            return self._hub.drop(DropReason.DUPLICATE)
        self._nack.received(number, now)
        timestamp = timestamp + self._timestamp_base & 0xFFFFFFFF
        return self._forward(number, timestamp, marker, payload[2:], SILENT, now)

    def _forward(
        self, number: int, timestamp: int, marker: int, payload: bytes, level: int, now: float
    ) -> None:
        if self.is_video:
            self.cache.put(CachedPacket(number, timestamp, marker, payload, now))
            if (self.waiting or self._throttle.is_wanted) and is_vp8_keyframe(payload):
                self._throttle.arrived()
                self._nack.forget_before(number)
                self._begin(number)
        elif self.waiting:
            self._begin(number)
        for consumer in self.consumers:
            consumer.write(number, timestamp, marker, payload, level)

    def _begin(self, number: int) -> None:
        for consumer in self.waiting:
            consumer.map.resume(number)
        self.consumers += self.waiting
        self.waiting.clear()

    def _switch(self, stream: "InboundStream", index: int, timestamp: int, now: float) -> None:
        """The browser began another SSRC: continue both timelines, begin with a keyframe."""
        if self._stream is not None:
            self._base = self._highest + 1 - index
            elapsed = max(1, round((now - self._timestamp_at) * self.clock_rate))
            self._timestamp_base = self._timestamp + elapsed - timestamp
        is_first, self._stream = self._stream is None, stream
        self.reception = Reception(self.clock_rate)
        self._restart()
        if not is_first:
            self.request_keyframe(now)

    # --- repair ---

    def repair(self, now: float) -> bool:
        """Ask for what is missing and due; False when nothing is missing any more."""
        wanted, is_abandoned = self._nack.due(now)
        if is_abandoned:
            self.request_keyframe(now)
        if wanted:
            self._publication.send_nack(
                self.ssrc, [(number - self._base) & 0xFFFF for number in wanted]
            )
        return self._nack.is_waiting

    def request_keyframe(self, now: float) -> None:
        """Relay a picture loss, throttled; repeated until a keyframe comes."""
        if not self.is_video or self.is_muted:
            return
        self._hub.keyframing.add(self)
        if self._throttle.request(now) and self.ssrc:
            self._publication.send_pli(self.ssrc)

    def poll_keyframe(self, now: float) -> bool:
        """Repeat the request when due; False when none is wanted any more."""
        if self._throttle.poll(now) and self.ssrc:
            self._publication.send_pli(self.ssrc)
        return self._throttle.is_wanted

    # --- life ---

    def mute(self, is_muted: bool, now: float) -> None:
        """Enforced: no packet of this source goes further while muted."""
        if is_muted == self.is_muted:
            return
        self.is_muted = is_muted
        self.loudest = SILENT
        self._restart()
        if not is_muted:
            self.request_keyframe(now)

    def _restart(self) -> None:
        self.cache.clear()
        self._nack.reset()
        self.waiting += self.consumers
        self.consumers.clear()

    def attach(self, consumer: "Consumer", now: float) -> None:
        """Begin to forward, for video with the next keyframe."""
        self.waiting.append(consumer)
        self.request_keyframe(now)

    def detach(self, consumer: "Consumer") -> None:
        """Stop at once; idempotent."""
        for consumers in (self.consumers, self.waiting):
            if consumer in consumers:
                consumers.remove(consumer)

    def close(self) -> None:
        """Ask for nothing more; idempotent."""
        self._hub.nacking.discard(self)
        self._hub.keyframing.discard(self)
        self.waiting.clear()
        self.consumers.clear()
        self.cache.clear()

    def sender_report(self, ntp: int, timestamp: int, now: float) -> None:
        """Note the publisher's clock and pass it on to every subscriber."""
        self.reception.sender_report(ntp, now)
        timestamp = timestamp + self._timestamp_base & 0xFFFFFFFF
        for consumer in self.consumers:
            consumer.send_report(ntp, timestamp, now)
