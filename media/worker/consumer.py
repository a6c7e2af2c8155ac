"""One subscriber's view of a producer: its layer, numbering, retransmission, statistics."""

import secrets
import struct
from collections.abc import Callable, Sequence

from media.protocol import DropReason
from media.rtp import playout, rtcp
from media.rtp.allocation import Priority
from media.rtp.cache import CachedPacket
from media.rtp.clocks import ClockReport
from media.rtp.header import FIXED
from media.rtp.playout import Repairs
from media.rtp.reception import ReportBlock
from media.rtp.sent import MASK, OVERHEAD_BYTES, SentLog
from media.rtp.seqmap import SequenceMap, nearest
from media.worker.egress import Egress, Unsealed
from media.worker.hub import Hub
from media.worker.layer import SILENT, Layer, Received
from media.worker.producer import Producer
from media.worker.sdp import SUBSCRIBE_AUDIO_LEVEL, SUBSCRIBE_CODECS
from media.worker.splice import Run, Splice

RESEND_INTERVAL_S = 0.020
RESENDS_REMEMBERED = 512
REPORTS_REMEMBERED = 8
PADDED_WITH = 32  # of the newest packets
PADDED = 0xA0  # version 2, padding
_PADDING = bytes(254) + b"\xff"  # a packet of nothing else (RFC 3550 §5.1)
_WITH_LEVEL = struct.Struct("!BBHIIHHBBH")
_WITH_NUMBER = struct.Struct("!BBHIIHHBHx")
_WITH_BOTH = struct.Struct("!BBHIIHHBBBH3x")
_WITH_DELAY = struct.Struct("!BBHIIHHBHBHBx")


class Consumer:
    """Hot path: writes into its subscriber's batch, nothing else."""

    __slots__ = (
        "_changed", "_delay", "_delay_tag", "_egress", "_hub", "_level_tag", "_nonce",
        "_number_tag", "_payload_type", "_repaired_from", "_repairs", "_reports", "_resent",
        "_rtx_index", "_rtx_nonce", "_rtx_payload_type", "_run", "_sent", "_shifted", "_size",
        "_splice", "_timestamp", "_write", "block", "current", "is_limited", "map", "octets",
        "packets", "producer", "rtt_s", "rtx_ssrc", "ssrc", "target",
    )  # fmt: skip

    def __init__(
        self,
        hub: Hub,
        producer: Producer,
        ssrc: int,
        rtx_ssrc: int,
        changed: Callable[[float], None] | None = None,
    ) -> None:
        self._hub = hub
        self._changed = changed or self.follow  # who chooses its layer
        self.producer = producer
        self.ssrc = ssrc
        self.rtx_ssrc = rtx_ssrc
        self.current: Layer | None = None  # packets of this one go out
        self.target: Layer | None = None  # from its next keyframe on
        self._size: tuple[int, int] | None = None  # of the tile, None: unknown, all is wanted
        self.is_limited = False  # by the room: too many pictures at once
        self._splice = Splice(producer.clock_rate)
        self._run = self._splice.run
        self._timestamp = 0
        self._shifted: Callable[[bytes, int, int], bytes] | None = None
        # Receivers take the rollover counter for zero: begin in the lower half (RFC 3711 §3.3.1).
        self.map: SequenceMap[Run] = SequenceMap(secrets.randbelow(0x7000), self._run)
        self._rtx_index = secrets.randbelow(0x7000)
        self._egress: Egress | None = None
        self._write: Callable[[Sequence[Unsealed]], None] | None = None
        self._nonce = self._rtx_nonce = 0
        self._payload_type, self._rtx_payload_type = SUBSCRIBE_CODECS[producer.codec_name]
        self._level_tag = 0 if producer.is_video else SUBSCRIBE_AUDIO_LEVEL << 4
        self._number_tag = self._delay_tag = 0
        self._delay: playout.Delay | None = None  # once asked for it must be taken back as well
        self._sent: SentLog | None = None  # where packets take their transport-wide numbers
        self._resent: dict[int, float] = {}
        self._repairs = Repairs()  # on the subscriber's way
        self._repaired_from = 0  # what left before this number is not worth it
        self._reports: dict[int, float] = {}  # middle of NTP → sent at
        self.packets = 0
        self.octets = 0
        self.block: ReportBlock | None = None
        self.rtt_s = 0.0

    @property
    def fraction_lost(self) -> int:
        """1/256 of the packets that went out, by the last report."""
        return self.block.fraction_lost if self.block is not None else 0

    @property
    def is_started(self) -> bool:
        """Whether it has somewhere to write to."""
        return self._write is not None

    @property
    def is_numbered(self) -> bool:
        """Whether its packets are numbered across the transport."""
        return self._number_tag != 0

    def agree(
        self, payload_type: int, rtx_payload_type: int, level_id: int, number_id: int, delay_id: int
    ) -> None:
        """Take the identifiers of the subscriber's answer, -1 or 0 for those it refused."""
        self._payload_type = payload_type
        self._rtx_payload_type = rtx_payload_type
        self._level_tag = level_id << 4
        self._number_tag = number_id << 4 | 1 if number_id else 0
        self._delay_tag = delay_id << 4 | 2 if delay_id else 0
        self._number()

    def _number(self) -> None:
        self._sent = self._egress.sent if self._egress and self._number_tag else None

    def start(self, egress: Egress, now: float) -> None:
        """Be ready to forward; once."""
        self._egress = egress
        self._write = egress.write
        if not self.producer.is_video:
            egress.spoken.add(self._payload_type)
        self._nonce = egress.sender.salted(self.ssrc)
        self._rtx_nonce = egress.sender.salted(self.rtx_ssrc)
        self._number()
        self.producer.views.append(self)
        self._changed(now)
        self.producer.tell_demand(now)

    def close(self) -> None:
        """Stop at once; idempotent."""
        self.set_target(None, 0.0)
        if self in self.producer.views:
            self.producer.views.remove(self)
        self._write = self._egress = self._sent = None

    # --- which layer ---

    @property
    def priority(self) -> Priority:
        """Higher ones are served first."""
        producer = self.producer
        if not producer.is_video:
            return Priority.SOUND
        if producer.is_screen:
            return Priority.SCREEN
        return Priority.SPEAKER if producer.is_dominant else Priority.TILE

    @property
    def wanted(self) -> int | None:
        """The highest layer worth having in the subscriber's view, None when it is not seen."""
        if self.is_limited or not self.is_shown:
            return None
        if self._size is None:
            return len(self.producer.layers) - 1
        return self.producer.fitting(*self._size)

    def show(self, size: tuple[int, int] | None, now: float) -> None:
        """How large the subscriber shows it in pixels: (0, 0) when out of view, None: unknown."""
        if size != self._size:
            self._size = size
            self.producer.tell_demand(now)

    @property
    def is_shown(self) -> bool:
        """Whether the subscriber has it in view, as far as is known."""
        return self._size is None or 0 not in self._size

    def limit(self, is_limited: bool, now: float) -> bool:
        """Leave it out because there are too many, or not; whether that is new."""
        if is_limited == self.is_limited:
            return False
        self.is_limited = is_limited
        self.producer.tell_demand(now)
        return True

    def layers_changed(self, now: float) -> None:
        """Choose anew, together with the subscriber's other consumers."""
        self._changed(now)

    def follow(self, now: float) -> None:
        """Take the highest wanted layer that arrives, whatever it costs."""
        wanted = self.wanted
        if wanted is None:
            return self.set_target(None, now)
        active = [layer.index for layer in self.producer.active]
        fitting = [index for index in active if index <= wanted]
        if fitting or active:
            return self.set_target(max(fitting) if fitting else min(active), now)
        return None if self.target is not None else self.set_target(wanted, now)

    def set_target(self, index: int | None, now: float) -> None:
        """Switch at the next keyframe of this layer; None pauses at once. Idempotent."""
        target = None if index is None else self.producer.layers[index]
        if target is self.target or (target is not None and not self.is_started):
            return
        if self.target is not None and self.target is not self.current:
            self.target.detach(self)
        self.target = target
        if target is None:
            if self.current is not None:
                self.current.detach(self)
                self.end()
        elif target is not self.current:
            target.attach(self, now)

    def begin(self, layer: Layer, packet: CachedPacket) -> None:
        """The layer's packets go out from this one on, continuing what went out before."""
        if layer is self.target:
            for other in self.producer.layers:
                if other is not layer:
                    other.detach(self)  # what it still holds goes out first
        if self.current is not layer:
            self.end()
        run = self._run = self._splice.begin(layer, packet)
        self.map.switch(packet.number, run)
        self._timestamp = run.timestamp
        self._shifted = layer.producer.codec.shifted if run.picture or run.tl0 else None
        self.current = layer

    def end(self) -> None:
        """Remember where the stream broke off."""
        if self.current is not None:
            self._splice.end(self.current, self.map.highest)
            self.current = None

    def abandon(self) -> None:
        """Pause at once and repair nothing of it: a full link has no room for that."""
        self._repaired_from = self.map.next_out
        self.set_target(None, 0.0)

    def smooth(self, now: float) -> None:
        """Let the subscriber wait for what is repaired on the way here, or from here."""
        least_s = self._repairs.least_s(now)
        if self.current is not None:
            least_s = max(least_s, self.current.repairs_s(now))
        if self._delay_tag and (least_s or self._delay):
            self._delay = playout.delay(least_s)

    # --- packets ---

    def withhold(self, number: int) -> None:
        """This number carries nothing."""
        self.map.withhold(number)

    def write(self, packets: Sequence[Received]) -> None:
        """Forward a batch of packets into the subscriber's."""
        sequence, sent = self.map, self._sent
        shift, shifted = self._timestamp, self._shifted
        payload_type, level_tag, number_tag = self._payload_type, self._level_tag, self._number_tag
        ssrc, nonce, delay = self.ssrc, self._nonce, self._delay
        outgoing = []
        octets = 0
        for number, timestamp, marker, payload, level in packets:
            if number > sequence.highest:  # spares the call for nearly every packet
                sequence.highest = number
                out = number + sequence.offset
            else:
                out = sequence.map(number)
            if out < 0:
                self._hub.drop(DropReason.STALE)
                continue
            if shift:
                timestamp = timestamp + shift & 0xFFFFFFFF
            if shifted is not None:
                payload = shifted(payload, self._run.picture, self._run.tl0)
            size = len(payload)
            if sent is not None:
                count = sent.next
                sent.next = count + 1
                sent.sizes[count & MASK] = size
                if level < SILENT and level_tag:
                    header = _WITH_BOTH.pack(
                        0x90, marker | payload_type, out & 0xFFFF, timestamp, ssrc,
                        0xBEDE, 2, level_tag, level, number_tag, count & 0xFFFF,
                    )  # fmt: skip
                elif delay is None:
                    header = _WITH_NUMBER.pack(
                        0x90, marker | payload_type, out & 0xFFFF, timestamp, ssrc,
                        0xBEDE, 1, number_tag, count & 0xFFFF,
                    )  # fmt: skip
                else:
                    header = _WITH_DELAY.pack(
                        0x90, marker | payload_type, out & 0xFFFF, timestamp, ssrc,
                        0xBEDE, 2, number_tag, count & 0xFFFF, self._delay_tag, *delay,
                    )  # fmt: skip
            elif level < SILENT and level_tag:
                header = _WITH_LEVEL.pack(
                    0x90, marker | payload_type, out & 0xFFFF, timestamp, ssrc,
                    0xBEDE, 1, level_tag, level, 0,
                )  # fmt: skip
            else:
                header = FIXED.pack(0x80, marker | payload_type, out & 0xFFFF, timestamp, ssrc)
            outgoing.append((header, payload, out ^ nonce))
            octets += size
        self._write(outgoing)  # type: ignore[misc]  # only when started
        self.packets += len(outgoing)
        self.octets += octets

    def resend(self, sequence: int, now: float) -> None:
        """Answer a NACK over RTX (RFC 4588)."""
        out = nearest(sequence, self.map.next_out)
        if now - self._resent.get(out, 0.0) < RESEND_INTERVAL_S:
            return None
        run, packet = self._cached(out)
        if packet is None or out < self._repaired_from or not self._again(out, run, packet):
            return self._hub.drop(DropReason.NOT_CACHED)
        self._note_resent(out, now)
        # It arrives as much later than others as it leaves later, and not always as fast.
        self._repairs.note(now - packet.arrived_s + self.rtt_s / 2, now)
        return None

    def _cached(self, out: int) -> tuple[Run, CachedPacket | None]:
        """What left as this number, and the run that it belonged to."""
        run, number = self.map.locate(out) or (self._run, -1)
        return run, run.layer.cache.get(number) if run.layer is not None else None

    def _again(self, out: int, run: Run, packet: CachedPacket) -> int:
        """Payload bytes written over RTX, 0 when nobody takes them."""
        if self._rtx_payload_type < 0 or self._write is None:
            return 0
        shifted = self.producer.codec.shifted
        moved = packet.payload
        if shifted is not None and (run.picture or run.tl0):
            moved = shifted(moved, run.picture, run.tl0)
        payload = (out & 0xFFFF).to_bytes(2, "big") + moved
        self._repair(packet.marker, packet.timestamp + run.timestamp & 0xFFFFFFFF, payload)
        return len(payload)

    def pad(self, octets: int) -> int:
        """Send the newest packets again over RTX, or padding alone; bytes, with overhead."""
        if self._write is None or self._sent is None or self._rtx_payload_type < 0:
            return 0
        written, newest = 0, self.map.next_out - 1
        for back in range(octets):
            if written >= octets:
                break
            run, packet = self._cached(newest - back)
            size = self._again(newest - back, run, packet) if packet and back < PADDED_WITH else 0
            if not size:
                self._repair(0, self._timestamp, _PADDING, PADDED)
                size = len(_PADDING)
            written += size + OVERHEAD_BYTES
        return written

    def _repair(self, marker: int, timestamp: int, payload: bytes, first: int = 0x80) -> None:
        """Write one packet of the RTX stream."""
        index, sent, second = self._rtx_index, self._sent, marker | self._rtx_payload_type
        self._rtx_index = index + 1
        if sent is None:
            header = FIXED.pack(first, second, index & 0xFFFF, timestamp, self.rtx_ssrc)
        else:
            number = sent.next
            sent.next = number + 1
            sent.sizes[number & MASK] = len(payload)
            header = _WITH_NUMBER.pack(
                first | 0x10, second, index & 0xFFFF, timestamp, self.rtx_ssrc,
                0xBEDE, 1, self._number_tag, number & 0xFFFF,
            )  # fmt: skip
        self._write([(header, payload, index ^ self._rtx_nonce)])  # type: ignore[misc]  # started

    def _note_resent(self, out: int, now: float) -> None:
        self._resent.pop(out, None)
        self._resent[out] = now
        if len(self._resent) > RESENDS_REMEMBERED:
            del self._resent[next(iter(self._resent))]

    def request_keyframe(self, now: float) -> None:
        """The subscriber lost its picture."""
        layer = self.current or self.target
        if layer is not None:
            layer.request_keyframe(now)

    # --- reports ---

    def send_report(self, layer: Layer, report: ClockReport, now: float) -> None:
        """The publisher's sender report in our own numbers: one clock keeps lips in step."""
        if self._egress is None:
            return
        self._reports[report.ntp >> 16 & 0xFFFFFFFF] = now
        if len(self._reports) > REPORTS_REMEMBERED:
            del self._reports[next(iter(self._reports))]
        timestamp = report.timestamp + self._timestamp & 0xFFFFFFFF
        sent = rtcp.sender_report(self.ssrc, report.ntp, timestamp, self.packets, self.octets)
        self._egress.send_rtcp(sent + rtcp.sdes_cname(self.ssrc, self.producer.peer))

    def reported(self, block: ReportBlock, now: float) -> None:
        """What the subscriber saw; gives the round trip (RFC 3550 §6.4.1)."""
        self.block = block
        sent_at = self._reports.get(block.last_sr)
        if sent_at is not None and block.last_sr:
            self.rtt_s = max(0.0, now - sent_at - block.delay / 65536)
