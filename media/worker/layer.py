"""One encoding of a producer: its statistics, its repair, its keyframes, who gets it now."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from media.protocol import DropReason
from media.rtp.cache import CachedPacket, PacketCache
from media.rtp.clocks import ClockReport
from media.rtp.keyframes import KeyframeThrottle
from media.rtp.nack import NackTracker
from media.rtp.reception import Reception
from media.rtp.seqmap import nearest
from media.worker.hub import Hub

if TYPE_CHECKING:
    from media.worker.producer import Producer
    from media.worker.publication import InboundStream

SILENT = 127
BITRATE_S = 0.5  # between looks at the bitrate
_BITRATE_WEIGHT = 0.5


# Number, timestamp, marker, payload, audio level: a plain tuple, made for each packet.
Received = tuple[int, int, int, bytes, int]


class Sink(Protocol):
    """Who receives packets of one layer at a time."""

    def begin(self, layer: "Layer", packet: CachedPacket) -> None:
        """From this packet on, which decoding may start with."""

    def end(self) -> None:
        """The layer's numbering breaks off here: nothing until `begin`."""

    def write(self, packets: "Sequence[Received]") -> None:
        """Packets in the layer's numbering and timeline (hot path)."""

    def withhold(self, number: int) -> None:
        """This number carries nothing."""

    def send_report(self, layer: "Layer", report: ClockReport, now: float) -> None:
        """The publisher's clock on the layer's timeline."""


class Layer:
    """Numbers its packets on one timeline, whatever SSRC carries them (hot path)."""

    def __init__(self, hub: Hub, producer: "Producer", index: int, rid: str) -> None:
        self._hub = hub
        self.producer = producer
        self.index = index  # 0: the smallest
        self.rid = rid  # empty for a source sent once
        self._is_video = producer.is_video
        self.is_muted = False
        self.is_active = False  # packets are coming
        self.loudest = SILENT  # since the last look, -dBov
        self.sinks: list[Sink] = []
        self.waiting: list[Sink] = []  # for a packet to begin with
        self._pending: list[Received] = []  # came in this batch and goes out at its end
        self.cache = PacketCache()
        self.width = 0  # of the last keyframe looked at, 0 while unknown
        self.height = 0
        self.bitrate = 0  # bit/s, smoothed
        self.last_at = 0.0
        self.report: ClockReport | None = None
        self._looked_at = 0.0
        self._bytes_seen = 0
        self._nack = NackTracker()
        self._throttle = KeyframeThrottle()
        self._stream: InboundStream | None = None
        self._live: InboundStream | None = None  # the same while active
        self._base = 0  # packet number less packet index
        self._highest = -1
        self._timestamp_base = 0
        self._timestamp = 0  # the last one, on our timeline
        self.recode()
        self.reception = Reception(producer.clock_rate)

    def recode(self) -> None:
        """Take the payload types of the producer's newest negotiation."""
        producer = self.producer
        self.payload_type = producer.payload_type
        self.rtx_payload_type = producer.rtx_payload_type
        self._clock_rate = producer.clock_rate
        self._is_keyframe = producer.codec.is_keyframe
        self._dimensions = producer.codec.dimensions

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
        if stream is not self._live:
            self._wake(stream, index, timestamp, now)
        number = index + self._base
        self.reception.add(index, timestamp, len(payload), now)
        timestamp = self._timestamp = timestamp + self._timestamp_base & 0xFFFFFFFF
        self.last_at = now
        if self.is_muted:
            return self._hub.drop(DropReason.MUTED)
        if level < self.loudest:
            self.loudest = level
        if number <= self._highest:
            if self._is_video and self.cache.get(number) is not None:
                return self._hub.drop(DropReason.DUPLICATE)
        else:
            self._highest = number
        if self._is_video and not self._nack.received(number, now):
            self.request_keyframe(now)
        elif self._nack.missing:
            self._hub.nacking.add(self)
            self._hub.hurry()
        if payload:
            self._forward(number, timestamp, marker, payload, level, now)
        else:
            self.release()
            for sink in self.sinks:
                sink.withhold(number)
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
        if self._is_video:
            packet = CachedPacket(number, timestamp, marker, payload, now)
            self.cache.put(packet)
            if (self.waiting or self._throttle.is_wanted) and self._is_keyframe(payload):
                self._throttle.arrived()
                self._nack.forget_before(number)
                self._measure(payload)
                self._begin(packet)
        elif self.waiting:
            self._begin(CachedPacket(number, timestamp, marker, payload, now))
        pending = self._pending
        if not pending:
            self._hub.pending.append(self)
        pending.append((number, timestamp, marker, payload, level))

    def release(self) -> None:
        """Let what came go out: a batch to each sink in turn, before who the sinks are changes."""
        pending = self._pending
        if pending:
            self._pending = []
            for sink in self.sinks:
                sink.write(pending)

    def _begin(self, packet: CachedPacket) -> None:
        self.release()
        begun, self.waiting = self.waiting, []
        for sink in begun:
            sink.begin(self, packet)
        self.sinks += begun

    def _measure(self, payload: bytes) -> None:
        width, height = self._dimensions(payload)
        if width and height:
            self.width, self.height = width, height

    def _wake(self, stream: "InboundStream", index: int, timestamp: int, now: float) -> None:
        """The first packet, the first after a silence, or the first of another SSRC."""
        if stream is not self._stream:
            self._switch(stream, index, timestamp, now)
        self._live = stream
        self.last_at = now
        if not self.is_active:
            self.is_active = True
            self._throttle.expect(now)
            self.producer.changed(now)

    def _switch(self, stream: "InboundStream", index: int, timestamp: int, now: float) -> None:
        """The browser began another SSRC: continue both timelines, begin with a keyframe."""
        if self._stream is not None:
            self._base = self._highest + 1 - index
            elapsed = max(1, round((now - self.last_at) * self._clock_rate))
            self._timestamp_base = self._timestamp + elapsed - timestamp
        is_first, self._stream = self._stream is None, stream
        self.reception = Reception(self._clock_rate)
        self._bytes_seen = 0
        self.report = None
        self.restart()
        if not is_first:
            self.request_keyframe(now)

    def fall_silent(self) -> None:
        """No packet came for a while."""
        self.is_active = False
        self._live = None
        self.bitrate = 0

    # --- repair ---

    def repairs_s(self, now: float) -> float:
        """How long pictures should wait for what is lost on the way here."""
        return self._nack.repairs.least_s(now)

    def repair(self, now: float) -> bool:
        """Ask for what is missing and due; False when nothing is missing any more."""
        wanted, is_abandoned = self._nack.due(now)
        if is_abandoned:
            self.request_keyframe(now)
        if wanted:
            self.producer.publication.send_nack(
                self.ssrc, [(number - self._base) & 0xFFFF for number in wanted]
            )
        return self._nack.is_waiting

    def request_keyframe(self, now: float) -> None:
        """Relay a picture loss, throttled; repeated until a keyframe comes."""
        if not self._is_video or self.is_muted:
            return
        self._hub.keyframing.add(self)
        if self._throttle.request(now) and self.ssrc:
            self.producer.publication.send_pli(self.ssrc)

    def poll_keyframe(self, now: float) -> bool:
        """Repeat the request when due; False when none is wanted any more."""
        if self.is_active and self._throttle.poll(now):
            self.producer.publication.send_pli(self.ssrc)
        return self._throttle.is_wanted

    # --- who gets it ---

    def attach(self, sink: Sink, now: float) -> None:
        """Begin to forward, for video with the next keyframe."""
        self.waiting.append(sink)
        self.request_keyframe(now)

    def detach(self, sink: Sink) -> None:
        """Stop at once; idempotent."""
        self.release()
        for sinks in (self.sinks, self.waiting):
            if sink in sinks:
                sinks.remove(sink)

    def restart(self) -> None:
        """Everybody begins anew."""
        self.release()
        for sink in self.sinks:
            sink.end()
        self.cache.clear()
        self._nack.reset()
        self.waiting += self.sinks
        self.sinks.clear()

    def close(self) -> None:
        """Ask for nothing more; idempotent."""
        self._hub.nacking.discard(self)
        self._hub.keyframing.discard(self)
        self.waiting.clear()
        self.sinks.clear()
        self._pending = []
        self.cache.clear()

    # --- figures ---

    def look(self, now: float) -> None:
        """Measure the bitrate now and then."""
        elapsed = now - self._looked_at
        if elapsed < BITRATE_S:
            return
        rate = (self.reception.bytes - self._bytes_seen) * 8 / elapsed
        known = self.bitrate if self.bitrate and self._looked_at else rate
        self.bitrate = round(known + (rate - known) * _BITRATE_WEIGHT)
        self._bytes_seen = self.reception.bytes
        self._looked_at = now

    def sender_report(self, ntp: int, timestamp: int, now: float) -> None:
        """Note the publisher's clock and pass it on to every subscriber."""
        self.reception.sender_report(ntp, now)
        self.report = ClockReport(ntp, timestamp + self._timestamp_base & 0xFFFFFFFF)
        for sink in self.sinks:
            sink.send_report(self, self.report, now)
