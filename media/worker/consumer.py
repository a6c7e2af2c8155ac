"""One subscriber's view of a producer: its layer, numbering, statistics."""

import secrets
import struct
from collections.abc import Callable, Sequence

from media.protocol import DropReason
from media.rtp import playout, rtcp
from media.rtp.allocation import Priority
from media.rtp.cache import CachedPacket
from media.rtp.clocks import ClockReport
from media.rtp.header import FIXED, NUMBERED
from media.rtp.reception import ReportBlock
from media.rtp.sent import MASK, SentLog
from media.rtp.seqmap import SequenceMap
from media.worker.egress import Egress, Unsealed
from media.worker.hub import Hub
from media.worker.layer import SILENT, Layer, Received
from media.worker.producer import Producer
from media.worker.retransmission import Retransmission
from media.worker.sdp import SUBSCRIBE_AUDIO_LEVEL, SUBSCRIBE_CODECS
from media.worker.splice import Run, Splice

REPORTS_REMEMBERED = 8
_WITH_LEVEL = struct.Struct("!BBHIIHHBBH")
_WITH_BOTH = struct.Struct("!BBHIIHHBBBH3x")
_WITH_DELAY = struct.Struct("!BBHIIHHBHBHBx")


class Consumer:
    """Hot path: writes into its subscriber's batch, nothing else."""

    __slots__ = (
        "_changed", "_delay", "_delay_tag", "_egress", "_hub", "_level_tag", "_nonce",
        "_number_tag", "_payload_type", "_reports", "_rtx", "_run", "_sent", "_shifted", "_size",
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
        self._rtx = Retransmission(hub, producer, self.map, rtx_ssrc)
        self._egress: Egress | None = None
        self._write: Callable[[Sequence[Unsealed]], None] | None = None
        self._nonce = 0
        self._payload_type, _ = SUBSCRIBE_CODECS[producer.codec_name]
        self._level_tag = 0 if producer.is_video else SUBSCRIBE_AUDIO_LEVEL << 4
        self._number_tag = self._delay_tag = 0
        self._delay: playout.Delay | None = None  # once asked for it must be taken back as well
        self._sent: SentLog | None = None  # where packets take their transport-wide numbers
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
        self._rtx.agree(rtx_payload_type)
        self._level_tag = level_id << 4
        self._number_tag = number_id << 4 | 1 if number_id else 0
        self._delay_tag = delay_id << 4 | 2 if delay_id else 0
        self._number()

    def _number(self) -> None:
        self._sent = self._egress.sent if self._egress and self._number_tag else None
        self._rtx.number(self._sent, self._number_tag)

    def start(self, egress: Egress, now: float) -> None:
        """Be ready to forward; once."""
        self._egress = egress
        self._write = egress.write
        if not self.producer.is_video:
            egress.spoken.add(self._payload_type)
        self._nonce = egress.sender.salted(self.ssrc)
        self._rtx.start(egress)
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
        self._rtx.close()

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
        self._rtx.abandon()
        self.set_target(None, 0.0)

    def smooth(self, now: float) -> None:
        """Let the subscriber wait for what is repaired on the way here, or from here."""
        least_s = self._rtx.repairs_s(now)
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
                    header = NUMBERED.pack(
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
        """Answer a NACK over RTX."""
        self._rtx.resend(sequence, self.rtt_s, now)

    def pad(self, octets: int) -> int:
        """Probe the link with so many bytes over RTX; bytes written, with overhead."""
        return self._rtx.pad(octets)

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
