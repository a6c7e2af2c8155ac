"""One subscriber's stream out of several layers, packet by packet."""

import gc
import weakref
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

from media.protocol import DropReason
from media.rtp import vp8
from media.rtp.header import extensions
from media.rtp.sent import OVERHEAD_BYTES, SentLog
from media.worker.adapter import Codec
from media.worker.consumer import Consumer
from media.worker.egress import Egress, Unsealed
from media.worker.hub import Hub
from media.worker.pauses import Pauses
from media.worker.producer import Producer
from media.worker.publication import InboundStream, Publication
from media.worker.sdp import Chosen
from media.worker.srtp import GcmSender
from media.worker.subscription import Subscription

NOW = 100.0


class Subscriber:
    """Keeps what a subscriber is sent."""

    sent = None
    sender = SimpleNamespace(salted=lambda ssrc: ssrc)

    def __init__(self) -> None:
        self.payloads: list[bytes] = []
        self.spoken: set[int] = set()

    def write(self, packets: Sequence[Unsealed]) -> None:
        self.payloads += [payload for _, payload, _ in packets]


def payload(picture: int, *, is_key: bool = False, is_first: bool = True) -> bytes:
    """A VP8 payload with a 15-bit picture id and TL0PICIDX (RFC 7741 §4.2)."""
    start = 0x90 if is_first else 0x80
    head = bytes([start, 0xC0, 0x80 | picture >> 8, picture & 0xFF, picture & 0xFF])
    return head + bytes([0 if is_key else 1]) + bytes(20)


def made(*rids: str) -> tuple[Hub, Producer]:
    """A camera that nobody looks at yet."""
    hub = Hub(lambda: NOW, cast(Any, None), lambda event: None)
    publication = cast(Publication, SimpleNamespace(send_pli=lambda ssrc: None))
    codecs = Chosen(Codec(96, "vp8", 90_000, None, {}, frozenset()), None)
    return hub, Producer(hub, publication, "room", "anna", "camera", codecs, rids)


def test_what_a_layer_still_holds_goes_out_before_the_next_goes_on_from_it() -> None:
    hub, producer = made("q", "f")
    small, large = producer.layers
    streams = {layer: InboundStream(index + 1) for index, layer in enumerate(producer.layers)}
    subscriber = Subscriber()
    consumer = Consumer(hub, producer, 7, 8)

    def receive(layer: Any, number: int, body: bytes) -> None:
        layer.receive(streams[layer], number, number * 3000, 0, body, 127, NOW)

    receive(large, 10, payload(500, is_key=True))
    receive(small, 40, payload(900, is_key=True))
    consumer.start(cast(Egress, subscriber), NOW)
    consumer.set_target(1, NOW)
    receive(large, 11, payload(501, is_key=True))
    hub.flush()
    consumer.set_target(0, NOW)
    # In one wake-up: a frame of the large layer, then the small layer's keyframe.
    receive(large, 12, payload(502))
    receive(small, 41, payload(901, is_key=True))
    receive(small, 42, payload(902))
    hub.flush()

    pictures = [vp8.numbers(body).picture for body in subscriber.payloads]
    assert pictures == [501, 502, 503, 504]
    assert [vp8.numbers(body).tl0 for body in subscriber.payloads] == [n & 0xFF for n in pictures]


def test_a_picture_that_stands_still_is_told_once_and_so_is_its_end() -> None:
    hub, producer = made()
    (layer,) = producer.layers
    consumer, pauses = Consumer(hub, producer, 7, 8), Pauses()
    layer.receive(InboundStream(1), 10, 0, 0, payload(500, is_key=True), 127, NOW)
    consumer.start(cast(Egress, Subscriber()), NOW)
    consumer.show((320, 180), NOW)
    assert [pauses.look([consumer]) for _ in range(2)] == [None, None]

    consumer.set_target(None, NOW)
    assert pauses.look([consumer]) is None, "a moment is none"
    assert pauses.look([consumer]) == (("anna", "camera", "link"),)
    assert pauses.look([consumer]) is None, "told"
    consumer.limit(True, NOW)
    assert pauses.look([consumer]) == (("anna", "camera", "limit"),)

    consumer.set_target(0, NOW)
    assert pauses.look([consumer]) == ()
    consumer.set_target(None, NOW)
    consumer.show((0, 0), NOW)
    assert [pauses.look([consumer]) for _ in range(2)] == [None, None], "out of view"


class TracedEgress(Egress):
    """Its end can be seen."""


def test_a_closed_connection_gives_its_buffers_back_at_once() -> None:
    hub, producer = made()
    subscription = Subscription(hub, lambda *_: None, lambda _: None, lambda _: None)
    subscription.add(producer)
    egress = TracedEgress(hub, GcmSender(bytes(16), bytes(12)))
    ends = [weakref.ref(egress)]
    subscription.transport.egress = egress
    subscription.secured(cast(Any, None), egress, NOW)
    (consumer,) = subscription.consumers
    consumer.agree(96, 97, 0, 3, 0)
    consumer.start(egress, NOW)
    del egress, consumer
    gc.disable()
    try:
        subscription.close()
        assert ends[0]() is None, "a collection is not to be waited for"
    finally:
        gc.enable()


class Viewer:
    """A publisher's packets go in, the headers that a subscriber gets come out."""

    def __init__(self) -> None:
        self.hub, producer = made()
        (self.layer,) = producer.layers
        self.headers: list[bytes] = []
        self._stream = InboundStream(1)
        self.consumer = Consumer(self.hub, producer, 7, 8)
        self.consumer.agree(96, 97, 0, 2, 3)
        egress = SimpleNamespace(
            sent=SentLog(),
            sender=SimpleNamespace(salted=lambda ssrc: ssrc),
            write=lambda packets: self.headers.extend(header for header, _, _ in packets),
        )
        self.consumer.start(cast(Egress, egress), NOW)

    def receive(self, number: int, now: float) -> None:
        data = payload(number, is_key=not number)
        self.layer.receive(self._stream, number, number * 3000, 0, data, 127, now)
        self.hub.flush()

    def number(self) -> int:
        """RTP sequence number of what was sent last."""
        return int.from_bytes(self.headers[-1][2:4], "big")

    def told(self) -> list[tuple[int, bytes]]:
        """Header extensions of what was sent last."""
        header = self.headers[-1]
        return [(key, header[at : at + size]) for key, at, size in extensions(header, len(header))]


def test_subscribers_are_told_to_wait_for_repairs_and_when_to_stop() -> None:
    viewer = Viewer()
    viewer.receive(0, NOW)
    viewer.consumer.smooth(NOW)
    viewer.receive(1, NOW)
    assert viewer.told() == [(2, b"\x00\x01")], "nothing to wait for"
    for lost in (2, 4, 6):
        viewer.receive(lost + 1, NOW)
        viewer.layer._nack.due(NOW + 0.02)
        viewer.receive(lost, NOW + 0.1)
    viewer.consumer.smooth(NOW + 1)
    viewer.receive(8, NOW + 1)
    assert viewer.told()[1:] == [(3, bytes((0x00, 0xAF, 0xFF)))], "100 ms"
    viewer.consumer.smooth(NOW + 60)
    viewer.receive(9, NOW + 60)
    assert viewer.told()[1:] == [(3, bytes((0x00, 0x0F, 0xFF)))], "nothing any more"


def test_subscribers_are_told_to_wait_for_repairs_on_their_own_way() -> None:
    viewer = Viewer()
    viewer.consumer.rtt_s = 0.06
    numbers = []
    for number in range(4):
        viewer.receive(number, NOW)
        numbers.append(viewer.number())
    for lost in numbers[:3]:
        viewer.consumer.resend(lost, NOW + 0.085)
    viewer.consumer.smooth(NOW + 1)
    viewer.receive(4, NOW + 1)
    assert viewer.told()[1:] == [(3, bytes((0x00, 0xCF, 0xFF)))], "85 ms and half a round trip"


def test_what_a_full_link_lost_before_a_sudden_fall_is_not_sent_again() -> None:
    viewer = Viewer()
    for number in range(3):
        viewer.receive(number, NOW)
    lost = viewer.number()
    viewer.consumer.resend(lost - 1, NOW + 0.1)
    assert len(viewer.headers) == 4
    viewer.consumer.abandon()
    viewer.consumer.resend(lost, NOW + 0.1)
    assert len(viewer.headers) == 4
    assert viewer.hub.drops[DropReason.NOT_CACHED] == 1


def test_what_was_just_sent_again_is_not_sent_once_more() -> None:
    viewer = Viewer()
    viewer.receive(0, NOW)
    lost = viewer.number()
    for elapsed, sent in ((0.100, 2), (0.119, 2), (0.121, 3)):
        viewer.consumer.resend(lost, NOW + elapsed)
        assert len(viewer.headers) == sent
    first, again, once_more = viewer.headers
    assert [header[1] & 0x7F for header in viewer.headers] == [96, 97, 97]
    assert [header[8:12] for header in (again, once_more)] == [(8).to_bytes(4, "big")] * 2
    assert viewer.number() == (int.from_bytes(again[2:4], "big") + 1) & 0xFFFF, "its own numbers"
    assert again[4:8] == first[4:8], "the same moment"


def test_a_probe_is_the_newest_packets_once_more_and_padding_beyond_them() -> None:
    viewer = Viewer()
    for number in range(3):
        viewer.receive(number, NOW)
    written = viewer.consumer.pad(2_000)
    probe = viewer.headers[3:]
    assert 2_000 <= written < 2_000 + 255 + OVERHEAD_BYTES
    assert [bool(header[0] & 0x20) for header in probe] == [False] * 3 + [True] * (len(probe) - 3)
    assert {header[1] & 0x7F for header in probe} == {97}
    viewer.consumer.close()
    assert viewer.consumer.pad(2_000) == 0
