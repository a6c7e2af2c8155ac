"""The control protocol: whatever goes in comes out, whatever is broken is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import protocol, wire
from media.protocol import (
    Answer,
    CloseRoom,
    Configure,
    Failure,
    Join,
    Leave,
    Mute,
    PeerLost,
    PicturesPaused,
    Ping,
    Publish,
    Quality,
    Reply,
    RestartSubscribe,
    Speakers,
    SubscribeOffer,
)
from media.wire import FrameDecoder, ProtocolError

REQUESTS: list[protocol.Request] = [
    Configure((("127.0.0.1", "203.0.113.9"),), 0, 0),
    Join("room", "peer", frozenset({"camera", "microphone"}), True),
    Publish("room", "peer", "v=0\r\n", {"0": "camera"}),
    Answer("room", "peer", 3, "v=0\r\n"),
    RestartSubscribe("room", "peer"),
    Mute("room", "peer", "camera", True),
    Leave("room", "peer"),
    CloseRoom("room"),
    Ping(),
]
FROM_WORKER: list[protocol.FromWorker] = [
    Reply(1, {"sdp": "v=0"}),
    Failure(2, "room-unknown", "no such room"),
    SubscribeOffer("room", "peer", 1, "v=0", {"0": ("anna", "camera")}),
    Speakers("room", (("anna", 20),)),
    Quality("room", "peer", {"score": 4.5}),
    PicturesPaused("room", "peer", (("other", "camera", "link"),)),
    PeerLost("room", "peer", "consent-expired"),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request.type)
def test_requests_survive_the_wire(request_: protocol.Request) -> None:
    (message,) = FrameDecoder().feed(wire.encode_request(7, request_))
    assert wire.decode_request(message) == (7, request_)


@pytest.mark.parametrize("message", FROM_WORKER, ids=lambda message: message.type)
def test_answers_and_events_survive_the_wire(message: protocol.FromWorker) -> None:
    (decoded,) = FrameDecoder().feed(wire.encode_from_worker(message))
    assert wire.decode_from_worker(decoded) == message


@given(cuts=st.lists(st.integers(1, 60), max_size=40))
def test_frames_survive_any_cut(cuts: list[int]) -> None:
    data = b"".join(wire.encode_request(i, request) for i, request in enumerate(REQUESTS))
    decoder = FrameDecoder()
    messages = []
    for cut in cuts:
        messages += decoder.feed(data[:cut])
        data = data[cut:]
    messages += decoder.feed(data)
    assert [wire.decode_request(message)[1] for message in messages] == REQUESTS


@pytest.mark.parametrize(
    "frame",
    [
        (wire.FRAME_BYTES_MAX + 1).to_bytes(4, "big"),
        b"\x00\x00\x00\x01{",
        b"\x00\x00\x00\x02[]",
        b"\x00\x00\x00\x02\xff\xff",
        (40_000).to_bytes(4, "big") + b"[" * 40_000,
    ],
)
def test_broken_frames_are_refused(frame: bytes) -> None:
    with pytest.raises(ProtocolError):
        FrameDecoder().feed(frame)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"id": "1", "type": "ping"},
        {"id": True, "type": "ping"},
        {"id": 1, "type": "unheard-of"},
        {"id": 1, "type": 5},
        {"id": 1, "type": "leave", "room": "room"},
        {"id": 1, "type": "leave", "room": "room", "peer": 4},
        {"id": 1, "type": "mute", "room": "r", "peer": "p", "source": "camera", "muted": 1},
        {"id": 1, "type": "publish", "room": "r", "peer": "p", "offer": "", "sources": []},
        {"id": 1, "type": "configure", "addresses": [["one"]], "port": 0},
    ],
)
def test_broken_requests_are_refused(message: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError):
        wire.decode_request(message)


def test_a_quality_that_is_no_number_is_refused() -> None:
    with pytest.raises(ProtocolError):
        wire.decode_from_worker(
            {"type": "quality", "room": "r", "peer": "p", "stats": {"score": True}}
        )


def test_too_large_a_message_is_not_sent() -> None:
    offer = "x" * wire.FRAME_BYTES_MAX
    encode: Callable[[], bytes] = lambda: wire.encode_request(  # noqa: E731
        1, Publish("room", "peer", offer, {})
    )
    with pytest.raises(ProtocolError):
        encode()
