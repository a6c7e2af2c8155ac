"""A receiver that counts, times and reports back like a browser."""

import secrets
from array import array
from collections import Counter

from tests.bench.rtc import packets, sdp
from tests.bench.rtc.bulk import SLOT, Sink
from tests.bench.rtc.secure import Certificate
from tests.bench.rtc.transport import LOOPBACK, Transport

FEEDBACK_S, REPORT_S = 0.1, 1.0
ARRIVALS_MAX = 400  # in one message: libsrtp seals no more than 1,356 bytes
_PROBE = packets.PROBE
_MEDIA_FIRST = bytes(range(128, 192))
_RTCP_SECOND = bytes(range(192, 224))


class Subscriber:
    """One subscribe connection; it accepts whatever is offered."""

    def __init__(self, certificate: Certificate, setup: str, address: str = LOOPBACK) -> None:
        self.transport = Transport(certificate, setup, address)
        self.ssrc = secrets.randbits(32)
        self.session = ""  # of the offers it answers
        # (publisher, stream) → packets since `reset`
        self.received: Counter[tuple[int, int]] = Counter()
        self.duplicates = 0
        self.latencies_us = array("q")
        self.undecryptable = 0
        self.packets = 0
        self._seen: dict[tuple[int, int], set[int]] = {}
        self._window: dict[tuple[int, int], int] = {}
        self._highest: dict[int, int] = {}
        self._wide_id: int | None = None
        self._last_wide = 0
        self._arrivals: list[tuple[int, int]] = []
        self._feedbacks = 0
        self._uncounted = _RTCP_SECOND  # second bytes of RTCP and of retransmissions
        self._next_feedback = self._next_report = 0.0

    def offered(self, offer: str) -> str:
        """Answer the server's offer, and connect."""
        remote = sdp.parse(offer)
        ids = {section.extension(sdp.TRANSPORT_CC) for section in remote.sections} - {None}
        self._wide_id = ids.pop() if len(ids) == 1 else None
        repairs = {pt for section in remote.sections for pt in section.payload_types("rtx")}
        self._uncounted += bytes(pt | marker for pt in repairs for marker in (0, 0x80))
        self.transport.connect(remote)
        return sdp.answer(self.transport.local, remote)

    def offer(self, kinds: list[str]) -> str:
        """Offer to receive, to a server that does not offer itself."""
        tracks = [sdp.Track(str(i), kind, "recvonly") for i, kind in enumerate(kinds)]
        return sdp.offer(self.transport.local, tracks)

    def answered(self, answer: str) -> None:
        """Connect after `offer`."""
        self.transport.connect(sdp.parse(answer))

    def reset(self, window: dict[tuple[int, int], int]) -> None:
        """Count from here on only packets numbered from the window's start."""
        self.received.clear()
        self.latencies_us = array("q")
        self.duplicates = self.undecryptable = self.packets = 0
        self._seen = {stream: set() for stream in window}
        self._window = window

    def arrived_before(self, stream: tuple[int, int], end: int) -> int:
        """Packets of a stream since `reset` numbered below the end, each counted once."""
        return sum(count < end for count in self._seen.get(stream, ()))

    def receive(self) -> None:
        """Take every datagram that waits."""
        secure = self.transport.secure
        for data, arrived_ns in self.transport.receive():
            if 192 <= data[1] < 224 or secure is None:
                continue
            packet = secure.unprotect(data)
            if packet is None:
                self.undecryptable += 1
                continue
            self._count(packet, arrived_ns)

    def sink(self, sink: Sink) -> None:
        """Count every RTP packet that waits, and open none."""
        for view, lengths, count in sink.receive(self.transport.socket):
            firsts = view[: count * SLOT : SLOT].tobytes()
            seconds = view[1 : count * SLOT : SLOT].tobytes()
            if firsts.translate(None, _MEDIA_FIRST):
                others = [place for place, first in enumerate(firsts) if not 128 <= first < 192]
                for place in others:
                    at = place * SLOT
                    self.transport.receive_other(bytes(view[at : at + lengths[place]]))
                seconds = bytes(b for i, b in enumerate(seconds) if i not in others)
            self.packets += len(seconds.translate(None, self._uncounted))
            for place in range(count):
                self._note_header(view, place * SLOT, sink.arrived_us(place))

    def report(self, now: float) -> None:
        """Send the RTCP that is due."""
        secure = self.transport.secure
        if secure is None or not secure.is_ready:
            return
        if now >= self._next_report and self._highest:
            self._next_report = now + REPORT_S
            report = packets.receiver_report(self.ssrc, self._highest)
            self.transport.send(secure.protect_rtcp(report))
        if now >= self._next_feedback and self._arrivals:
            self._next_feedback = now + FEEDBACK_S
            self.transport.send(secure.protect_rtcp(self._feedback()))

    # --- internals ---

    def _count(self, packet: bytes, arrived_ns: int) -> None:
        ssrc = int.from_bytes(packet[8:12], "big")
        self._highest[ssrc] = int.from_bytes(packet[2:4], "big")
        if self._wide_id is not None:
            self._note_wide(packet, arrived_ns)
        at = packet.find(packets.MAGIC, 12, 64)
        if at < 0:
            return
        _, publisher, stream, count, sent_ns = _PROBE.unpack_from(packet, at)
        key = (publisher, stream)
        if count < self._window.get(key, 1 << 62):
            return
        seen = self._seen[key]
        if count in seen:
            self.duplicates += 1
            return
        seen.add(count)
        self.packets += 1
        self.received[key] += 1
        self.latencies_us.append((arrived_ns - sent_ns) // 1000)

    def _note_header(self, view: memoryview, at: int, arrived_us: int) -> None:
        """What the reports need of a packet that is not opened."""
        if not 128 <= view[at] < 192 or 192 <= view[at + 1] < 224:
            return
        sequence = view[at + 2] << 8 | view[at + 3]
        self._highest[int.from_bytes(view[at + 8 : at + 12], "big")] = sequence
        if self._wide_id is None:
            return
        tag = self._wide_id << 4 | 1
        number = at + 17 if view[at + 16] == tag else at + 19
        if view[at] & 0x10 and view[number - 1] == tag:
            self._note_number(view[number] << 8 | view[number + 1], arrived_us)

    def _note_wide(self, packet: bytes, arrived_ns: int) -> None:
        assert self._wide_id is not None
        value = packets.extension(packet, self._wide_id)
        if value is None or len(value) != 2:
            return
        self._note_number(int.from_bytes(value, "big"), arrived_ns // 1000)

    def _note_number(self, low: int, arrived_us: int) -> None:
        step = (low - self._last_wide) & 0xFFFF
        self._last_wide += step if step < 0x8000 else step - 0x10000
        self._arrivals.append((self._last_wide, arrived_us))

    def _feedback(self) -> bytes:
        waiting = sorted(self._arrivals)
        arrivals, self._arrivals = waiting[:ARRIVALS_MAX], waiting[ARRIVALS_MAX:]
        self._feedbacks += 1
        media = next(iter(self._highest), 0)
        return packets.transport_feedback(self.ssrc, media, self._feedbacks, arrivals)
