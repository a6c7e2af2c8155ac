"""One subscriber's view of a producer: its numbering, identifiers, retransmission, statistics."""

import secrets
import struct
from typing import TYPE_CHECKING

from media.protocol import DropReason
from media.rtp import rtcp
from media.rtp.header import FIXED
from media.rtp.reception import ReportBlock
from media.rtp.sent import MASK, SentLog
from media.rtp.seqmap import SequenceMap, nearest
from media.worker.egress import Egress
from media.worker.hub import Hub
from media.worker.producer import SILENT, Producer
from media.worker.sdp import SUBSCRIBE_AUDIO_LEVEL, SUBSCRIBE_OPUS, SUBSCRIBE_VP8, SUBSCRIBE_VP8_RTX

if TYPE_CHECKING:
    from collections.abc import Callable

RESEND_INTERVAL_S = 0.020
RESENDS_REMEMBERED = 512
REPORTS_REMEMBERED = 8
_WITH_LEVEL = struct.Struct("!BBHIIHHBBH")
_WITH_NUMBER = struct.Struct("!BBHIIHHBHx")
_WITH_BOTH = struct.Struct("!BBHIIHHBBBH3x")


class Consumer:
    """Hot path: writes into its subscriber's batch, nothing else."""

    __slots__ = (
        "_egress", "_hub", "_level_tag", "_nonce", "_number_tag", "_payload_type", "_reports",
        "_resent", "_rtx_index", "_rtx_nonce", "_rtx_payload_type", "_sent", "_write",
        "block", "map", "octets", "packets", "producer", "rtt_s", "rtx_ssrc", "ssrc",
    )  # fmt: skip

    def __init__(self, hub: Hub, producer: Producer, ssrc: int, rtx_ssrc: int) -> None:
        self._hub = hub
        self.producer = producer
        self.ssrc = ssrc
        self.rtx_ssrc = rtx_ssrc
        # Receivers take the rollover counter for zero: begin in the lower half (RFC 3711 §3.3.1).
        self.map = SequenceMap(secrets.randbelow(0x7000))
        self._rtx_index = secrets.randbelow(0x7000)
        self._egress: Egress | None = None
        self._write: Callable[[bytes, bytes, int], None] | None = None
        self._nonce = self._rtx_nonce = 0
        self._payload_type = SUBSCRIBE_VP8 if producer.is_video else SUBSCRIBE_OPUS
        self._rtx_payload_type = SUBSCRIBE_VP8_RTX if producer.is_video else -1
        self._level_tag = 0 if producer.is_video else SUBSCRIBE_AUDIO_LEVEL << 4
        self._number_tag = 0
        self._sent: SentLog | None = None  # where packets take their transport-wide numbers
        self._resent: dict[int, float] = {}
        self._reports: dict[int, float] = {}  # middle of NTP → sent at
        self.packets = 0
        self.octets = 0
        self.block: ReportBlock | None = None
        self.rtt_s = 0.0

    @property
    def is_started(self) -> bool:
        """Whether it has somewhere to write to."""
        return self._write is not None

    def agree(
        self, payload_type: int, rtx_payload_type: int, level_id: int, number_id: int
    ) -> None:
        """Take the identifiers of the subscriber's answer, -1 or 0 for those it refused."""
        self._payload_type = payload_type
        self._rtx_payload_type = rtx_payload_type
        self._level_tag = level_id << 4
        self._number_tag = number_id << 4 | 1 if number_id else 0
        self._number()

    def _number(self) -> None:
        self._sent = self._egress.sent if self._egress and self._number_tag else None

    def start(self, egress: Egress, now: float) -> None:
        """Begin to forward; once."""
        self._egress = egress
        self._write = egress.write
        self._nonce = egress.sender.salted(self.ssrc)
        self._rtx_nonce = egress.sender.salted(self.rtx_ssrc)
        self._number()
        self.producer.attach(self, now)

    def close(self) -> None:
        """Stop at once; idempotent."""
        self.producer.detach(self)
        self._write = self._egress = None

    def write(self, number: int, timestamp: int, marker: int, payload: bytes, level: int) -> None:
        """Forward one packet into the subscriber's batch."""
        sequence = self.map
        if number > sequence.highest:  # spares the call for nearly every packet
            sequence.highest = number
            out = number + sequence.offset
        else:
            out = sequence.map(number)
        if out < 0:
            self._hub.drop(DropReason.STALE)
            return
        sent = self._sent
        if sent is not None:
            number = sent.next
            sent.next = number + 1
            sent.sizes[number & MASK] = len(payload)
            if self._level_tag and level < SILENT:
                header = _WITH_BOTH.pack(
                    0x90, marker | self._payload_type, out & 0xFFFF, timestamp, self.ssrc,
                    0xBEDE, 2, self._level_tag, level, self._number_tag, number & 0xFFFF,
                )  # fmt: skip
            else:
                header = _WITH_NUMBER.pack(
                    0x90, marker | self._payload_type, out & 0xFFFF, timestamp, self.ssrc,
                    0xBEDE, 1, self._number_tag, number & 0xFFFF,
                )  # fmt: skip
        elif self._level_tag and level < SILENT:
            header = _WITH_LEVEL.pack(
                0x90, marker | self._payload_type, out & 0xFFFF, timestamp, self.ssrc,
                0xBEDE, 1, self._level_tag, level, 0,
            )  # fmt: skip
        else:
            header = FIXED.pack(
                0x80, marker | self._payload_type, out & 0xFFFF, timestamp, self.ssrc
            )
        self._write(header, payload, out ^ self._nonce)  # type: ignore[misc]  # only when started
        self.packets += 1
        self.octets += len(payload)

    def resend(self, sequence: int, now: float) -> None:
        """Answer a NACK over RTX (RFC 4588)."""
        out = nearest(sequence, self.map.next_out)
        packet = self.producer.cache.get(self.map.origin(out))
        if packet is None or self._rtx_payload_type < 0 or self._write is None:
            self._hub.drop(DropReason.NOT_CACHED)
            return
        if now - self._resent.get(out, 0.0) < RESEND_INTERVAL_S:
            return
        self._note_resent(out, now)
        payload = (out & 0xFFFF).to_bytes(2, "big") + packet.payload
        self._repair(packet.marker, packet.timestamp, payload)

    def _repair(self, marker: int, timestamp: int, payload: bytes) -> None:
        """Write one packet of the RTX stream."""
        index, sent, second = self._rtx_index, self._sent, marker | self._rtx_payload_type
        self._rtx_index = index + 1
        if sent is None:
            header = FIXED.pack(0x80, second, index & 0xFFFF, timestamp, self.rtx_ssrc)
        else:
            number = sent.next
            sent.next = number + 1
            sent.sizes[number & MASK] = len(payload)
            header = _WITH_NUMBER.pack(
                0x90, second, index & 0xFFFF, timestamp, self.rtx_ssrc,
                0xBEDE, 1, self._number_tag, number & 0xFFFF,
            )  # fmt: skip
        self._write(header, payload, index ^ self._rtx_nonce)  # type: ignore[misc]  # started

    def _note_resent(self, out: int, now: float) -> None:
        self._resent.pop(out, None)
        self._resent[out] = now
        if len(self._resent) > RESENDS_REMEMBERED:
            del self._resent[next(iter(self._resent))]

    def send_report(self, ntp: int, timestamp: int, now: float) -> None:
        """The publisher's sender report in our own numbers: one clock keeps lips in step."""
        if self._egress is None:
            return
        self._reports[ntp >> 16 & 0xFFFFFFFF] = now
        if len(self._reports) > REPORTS_REMEMBERED:
            del self._reports[next(iter(self._reports))]
        report = rtcp.sender_report(self.ssrc, ntp, timestamp, self.packets, self.octets)
        self._egress.send_rtcp(report + rtcp.sdes_cname(self.ssrc, self.producer.peer))

    def reported(self, block: ReportBlock, now: float) -> None:
        """What the subscriber saw; gives the round trip (RFC 3550 §6.4.1)."""
        self.block = block
        sent_at = self._reports.get(block.last_sr)
        if sent_at is not None and block.last_sr:
            self.rtt_s = max(0.0, now - sent_at - block.delay / 65536)
