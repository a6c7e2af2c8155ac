"""A peer's publish connection: from protected packets to producers, and feedback to the browser."""

from collections.abc import Callable, Mapping, Sequence

from media.protocol import DropReason, LostReason
from media.rtp import rtcp
from media.rtp.estimate import LossEstimate
from media.rtp.header import FIXED, FIXED_BYTES, extensions, layout_mask, unpadded
from media.rtp.replay import ReplayWindow
from media.rtp.twcc import TransportFeedback
from media.worker.adapter import MediaLine
from media.worker.egress import Egress
from media.worker.hub import Hub
from media.worker.layer import SILENT, Layer
from media.worker.producer import Producer
from media.worker.sdp import AUDIO_LEVEL, MID, REPAIRED_RID, RID, TRANSPORT_CC
from media.worker.srtp import Receiver, SrtpError
from media.worker.transport import Transport

STREAMS_MAX = 64
TAG_BYTES_MIN = 10
OUR_SSRC = 1
FEEDBACK_BYTES = 68  # of one message with its headers
FEEDBACK_SHARE = 0.05  # of what arrives (draft-holmer §3.1: rate-adaptive)
FEEDBACK_MAX_S = 0.24


class InboundStream:
    """What one SSRC needs on the way in (hot path)."""

    __slots__ = (
        "header", "layer", "layout", "level_at", "mask", "mid", "rid", "ssrc", "twcc_at", "window",
    )  # fmt: skip

    def __init__(self, ssrc: int) -> None:
        self.ssrc = ssrc
        self.window = ReplayWindow()
        self.layer: Layer | None = None
        self.mid = self.rid = ""  # what its packets said: browsers stop saying it
        # Where the extensions lie in headers of this length that agree in the mask's bits.
        self.header = 0
        self.mask = 0
        self.layout = 0
        self.twcc_at = 0
        self.level_at = 0


class Publication:
    """Owns the transport and the producers that came over it."""

    def __init__(self, hub: Hub, lost: Callable[[LostReason], None]) -> None:
        self._hub = hub
        self.lost = lost
        self.transport = Transport(hub, self)
        self.producers: dict[str, Producer] = {}  # mid → producer
        self._streams: dict[int, InboundStream] = {}
        self._by_ssrc: dict[int, Layer] = {}
        self._mid_id = self._rid_id = self._repaired_id = self._level_tag = self._twcc_tag = 0
        self._needs_estimate = False
        self._open: Callable[[memoryview, int, int, int], bytes] | None = None
        self._egress: Egress | None = None
        self._feedback = TransportFeedback()
        self._told_at = 0.0
        self._told_bytes = 0
        self._estimate = LossEstimate()

    # --- signalling ---

    def describe(self, lines: Sequence[MediaLine], producers: Mapping[str, Producer]) -> None:
        """Route by a new description: its SSRCs, mids and extension ids."""
        self.producers = dict(producers)
        self._by_ssrc = {
            ssrc: producers[line.mid].layers[0]
            for line in lines
            if line.mid in producers and not producers[line.mid].rids
            for ssrc in (*line.ssrcs, *line.repairs)
        }
        ids = {uri: key for line in lines for uri, key in line.extensions.items()}
        self._mid_id = ids.get(MID, 0)
        self._rid_id = ids.get(RID, 0)
        self._repaired_id = ids.get(REPAIRED_RID, 0)
        self._level_tag = ids.get(AUDIO_LEVEL, 0) << 4
        self._twcc_tag = ids.get(TRANSPORT_CC, 0) << 4 | 1
        self._needs_estimate = TRANSPORT_CC not in ids
        for stream in self._streams.values():
            stream.header = 0
            if stream.layer is None or stream.layer.producer not in self.producers.values():
                stream.layer = self._by_ssrc.get(stream.ssrc) or self._named(stream)

    def forget(self, producer: Producer) -> None:
        """Drop whatever still comes for a producer that is gone."""
        for stream in self._streams.values():
            if stream.layer in producer.layers:
                stream.layer = None
        self._by_ssrc = {
            ssrc: layer for ssrc, layer in self._by_ssrc.items() if layer not in producer.layers
        }
        self.producers = {m: known for m, known in self.producers.items() if known is not producer}

    def close(self) -> None:
        """Close the connection; idempotent."""
        self._open = self._egress = None
        self.producers = {}
        self._streams.clear()
        self.transport.close()

    def secured(self, receiver: Receiver, egress: Egress, now: float) -> None:
        """Packets may be opened from now on."""
        self._open = receiver.open_rtp
        self._egress = egress
        for producer in self.producers.values():
            producer.request_keyframes(now)

    # --- packets in ---

    def receive_rtp(self, packet: memoryview, now: float) -> bool:
        """Hot path: open, account and hand to the producer; True when authentic."""
        first, second, sequence, timestamp, ssrc = FIXED.unpack_from(packet)
        length = FIXED_BYTES + 4 * (first & 0x0F)
        size = len(packet)
        if first & 0x10 and length + 4 <= size:
            length += 4 + 4 * (packet[length + 2] << 8 | packet[length + 3])
        if length + TAG_BYTES_MIN > size or self._open is None:
            self._hub.drop(DropReason.MALFORMED)
            return False
        stream = self._streams.get(ssrc) or InboundStream(ssrc)
        index = stream.window.index(sequence)
        if index < 0:
            self._hub.drop(DropReason.REPLAYED)
            return False
        try:
            payload = self._open(packet, length, ssrc, index)
        except SrtpError:
            self._hub.drop(DropReason.SRTP_AUTHENTICATION)
            return False
        if stream.window.highest < 0 and not self._adopt(stream):
            return True
        stream.window.accept(index)
        level = SILENT
        if first & 0x10:
            block = int.from_bytes(packet[FIXED_BYTES:length], "big")
            if length != stream.header or block & stream.mask != stream.layout:
                self._locate(stream, packet, length)
            at = stream.twcc_at
            if at:
                self._feedback.add(packet[at] << 8 | packet[at + 1], now)
            if stream.level_at:
                level = packet[stream.level_at] & 0x7F
        if first & 0x20:
            try:
                payload = unpadded(payload, first)
            except ValueError:
                self._hub.drop(DropReason.MALFORMED)
                return True
        layer = stream.layer
        if layer is None:
            layer = self._resolve(stream, packet, length, second & 0x7F)
        if layer is None:
            self._hub.drop(DropReason.UNKNOWN_STREAM)
        elif second & 0x7F == layer.payload_type:
            layer.receive(stream, index, timestamp, second & 0x80, payload, level, now)
        elif second & 0x7F == layer.rtx_payload_type:
            layer.recover(timestamp, second & 0x80, payload, now)
        else:
            self._hub.drop(DropReason.UNKNOWN_STREAM)
        return True

    def _adopt(self, stream: InboundStream) -> bool:
        """Keep an authentic new stream, within bounds."""
        if len(self._streams) >= STREAMS_MAX:
            self._hub.drop(DropReason.UNKNOWN_STREAM)
            return False
        self._streams[stream.ssrc] = stream
        return True

    def _locate(self, stream: InboundStream, packet: memoryview, length: int) -> None:
        """Look for the extensions once for each layout of headers."""
        stream.twcc_at = stream.level_at = 0
        for key, at, size in extensions(packet, length):
            if key << 4 | size - 1 == self._twcc_tag and size == 2:
                stream.twcc_at = at
            elif size == 1 and key << 4 == self._level_tag and self._level_tag:
                stream.level_at = at
        stream.header = length
        stream.mask = layout_mask(packet, length)
        stream.layout = int.from_bytes(packet[FIXED_BYTES:length], "big") & stream.mask

    def _resolve(
        self, stream: InboundStream, packet: memoryview, length: int, payload_type: int
    ) -> Layer | None:
        """By signalled SSRC, by mid and rid, else by the only payload type (RFC 8843 §9.2)."""
        for key, at, size in extensions(packet, length):
            if key == self._mid_id:
                stream.mid = _text(packet[at : at + size])
            elif key in (self._rid_id, self._repaired_id):
                stream.rid = _text(packet[at : at + size])
        stream.layer = self._by_ssrc.get(stream.ssrc) or self._named(stream)
        if stream.layer is None:
            fitting = [
                producer
                for producer in self.producers.values()
                if payload_type in (producer.payload_type, producer.rtx_payload_type)
            ]
            stream.layer = fitting[0].layer(stream.rid) if len(fitting) == 1 else None
        return stream.layer

    def _named(self, stream: InboundStream) -> Layer | None:
        """By the mid and rid its packets said (RFC 8852)."""
        producer = self.producers.get(stream.mid)
        return producer.layer(stream.rid) if producer is not None else None

    def receive_rtcp(self, compound: bytes, now: float) -> None:
        """The browser's sender reports."""
        try:
            for packet in rtcp.parse(compound):
                if packet.kind == rtcp.SR:
                    ssrc, ntp, timestamp = rtcp.sender_info(packet)
                    stream = self._streams.get(ssrc)
                    layer = stream.layer if stream else None
                    if layer is not None and layer.ssrc == ssrc:
                        layer.sender_report(ntp, timestamp, now)
        except ValueError:
            self._hub.drop(DropReason.MALFORMED)

    # --- feedback out ---

    def send_feedback(self, now: float) -> None:
        """Transport-wide arrivals, when they are worth a message or have waited long enough."""
        octets = sum(producer.bytes for producer in self.producers.values())
        is_worth = octets - self._told_bytes >= FEEDBACK_BYTES / FEEDBACK_SHARE
        if self._egress is not None and (is_worth or now - self._told_at >= FEEDBACK_MAX_S):
            self._told_at, self._told_bytes = now, octets
            media = next(iter(self._streams), OUR_SSRC)
            for body in self._feedback.take():
                self._egress.send_rtcp(rtcp.transport_cc(OUR_SSRC, media, body))

    def send_report(self, now: float) -> None:
        """Receiver reports on every producer that has received."""
        blocks = [
            layer.reception.report(layer.ssrc, now, producer.loss_beyond)
            for producer in self.producers.values()
            for layer in producer.layers
            if layer.ssrc
        ]
        if blocks and self._egress is not None:
            report = rtcp.receiver_report(OUR_SSRC, blocks)
            if self._needs_estimate:
                worst = max(block.fraction_lost for block in blocks)
                ssrcs = [block.ssrc for block in blocks]
                report += rtcp.remb(OUR_SSRC, self._estimate.look(worst), ssrcs)
            self._egress.send_rtcp(report)

    def send_nack(self, ssrc: int, sequences: Sequence[int]) -> None:
        """Ask for packets again."""
        if self._egress is not None:
            self._egress.send_rtcp(rtcp.nack(OUR_SSRC, ssrc, sequences))

    def send_pli(self, ssrc: int) -> None:
        """Ask for a keyframe."""
        if self._egress is not None:
            self._egress.send_rtcp(rtcp.pli(OUR_SSRC, ssrc))


def _text(data: memoryview) -> str:
    return bytes(data).decode("ascii", "replace")
