"""What one subscriber lost, sent again over RTX (RFC 4588), and padding that measures its link."""

import secrets
from collections.abc import Callable, Sequence

from media.protocol import DropReason
from media.rtp.cache import CachedPacket
from media.rtp.header import FIXED, NUMBERED
from media.rtp.playout import Repairs
from media.rtp.sent import MASK, OVERHEAD_BYTES, SentLog
from media.rtp.seqmap import SequenceMap, nearest
from media.worker.egress import Egress, Unsealed
from media.worker.hub import Hub
from media.worker.producer import Producer
from media.worker.sdp import SUBSCRIBE_CODECS
from media.worker.splice import Run

RESEND_INTERVAL_S = 0.020
RESENDS_REMEMBERED = 512
PADDED_WITH = 32  # of the newest packets
PADDED = 0xA0  # version 2, padding
_PADDING = bytes(254) + b"\xff"  # a packet of nothing else (RFC 3550 §5.1)


class Retransmission:
    """The RTX stream beside a consumer's; nothing of it is on the path of every packet."""

    __slots__ = (
        "_hub", "_index", "_map", "_nonce", "_number_tag", "_payload_type", "_producer",
        "_repaired_from", "_repairs", "_resent", "_sent", "_ssrc", "_write",
    )  # fmt: skip

    def __init__(self, hub: Hub, producer: Producer, sequence: SequenceMap[Run], ssrc: int) -> None:
        self._hub = hub
        self._producer = producer
        self._map = sequence  # of the stream that is repaired
        self._ssrc = ssrc
        # Receivers take the rollover counter for zero: begin in the lower half (RFC 3711 §3.3.1).
        self._index = secrets.randbelow(0x7000)
        self._nonce = 0
        self._payload_type = SUBSCRIBE_CODECS[producer.codec_name][1]
        self._number_tag = 0
        self._write: Callable[[Sequence[Unsealed]], None] | None = None
        self._sent: SentLog | None = None  # where packets take their transport-wide numbers
        self._resent: dict[int, float] = {}
        self._repairs = Repairs()  # on the subscriber's way
        self._repaired_from = 0  # what left before this number is not worth it

    def agree(self, payload_type: int) -> None:
        """Take the payload type of the subscriber's answer, -1 when it refused RTX."""
        self._payload_type = payload_type

    def number(self, sent: SentLog | None, tag: int) -> None:
        """Number its packets across the transport from now on, or not."""
        self._sent = sent
        self._number_tag = tag

    def start(self, egress: Egress) -> None:
        """Be ready to send; once."""
        self._write = egress.write
        self._nonce = egress.sender.salted(self._ssrc)

    def close(self) -> None:
        """Stop at once; idempotent."""
        self._write = self._sent = None

    def abandon(self) -> None:
        """Repair nothing that left until now."""
        self._repaired_from = self._map.next_out

    def repairs_s(self, now: float) -> float:
        """How long pictures should wait for what is lost on the subscriber's way."""
        return self._repairs.least_s(now)

    def resend(self, sequence: int, rtt_s: float, now: float) -> None:
        """Answer a NACK."""
        out = nearest(sequence, self._map.next_out)
        if now - self._resent.get(out, 0.0) < RESEND_INTERVAL_S:
            return None
        run, packet = self._cached(out)
        if packet is None or out < self._repaired_from or not self._again(out, run, packet):
            return self._hub.drop(DropReason.NOT_CACHED)
        self._note_resent(out, now)
        # It arrives as much later than others as it leaves later, and not always as fast.
        self._repairs.note(now - packet.arrived_s + rtt_s / 2, now)
        return None

    def pad(self, octets: int) -> int:
        """Send the newest packets again, or padding alone; bytes, with overhead."""
        if self._write is None or self._sent is None or self._payload_type < 0:
            return 0
        written, newest = 0, self._map.next_out - 1
        for back in range(octets):
            if written >= octets:
                break
            run, packet = self._cached(newest - back)
            size = self._again(newest - back, run, packet) if packet and back < PADDED_WITH else 0
            if not size:
                self._send(0, self._map.origin.timestamp, _PADDING, PADDED)
                size = len(_PADDING)
            written += size + OVERHEAD_BYTES
        return written

    def _cached(self, out: int) -> tuple[Run, CachedPacket | None]:
        """What left as this number, and the run that it belonged to."""
        run, number = self._map.locate(out) or (self._map.origin, -1)
        return run, run.layer.cache.get(number) if run.layer is not None else None

    def _again(self, out: int, run: Run, packet: CachedPacket) -> int:
        """Payload bytes written, 0 when nobody takes them."""
        if self._payload_type < 0 or self._write is None:
            return 0
        shifted = self._producer.codec.shifted
        moved = packet.payload
        if shifted is not None and (run.picture or run.tl0):
            moved = shifted(moved, run.picture, run.tl0)
        payload = (out & 0xFFFF).to_bytes(2, "big") + moved
        self._send(packet.marker, packet.timestamp + run.timestamp & 0xFFFFFFFF, payload)
        return len(payload)

    def _send(self, marker: int, timestamp: int, payload: bytes, first: int = 0x80) -> None:
        index, sent, second = self._index, self._sent, marker | self._payload_type
        self._index = index + 1
        if sent is None:
            header = FIXED.pack(first, second, index & 0xFFFF, timestamp, self._ssrc)
        else:
            number = sent.next
            sent.next = number + 1
            sent.sizes[number & MASK] = len(payload)
            header = NUMBERED.pack(
                first | 0x10, second, index & 0xFFFF, timestamp, self._ssrc,
                0xBEDE, 1, self._number_tag, number & 0xFFFF,
            )  # fmt: skip
        self._write([(header, payload, index ^ self._nonce)])  # type: ignore[misc]  # started

    def _note_resent(self, out: int, now: float) -> None:
        self._resent.pop(out, None)
        self._resent[out] = now
        if len(self._resent) > RESENDS_REMEMBERED:
            del self._resent[next(iter(self._resent))]
