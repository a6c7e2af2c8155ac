"""Transport-wide feedback read back from what we write, and by hand from the draft."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.rtp import feedback, rtcp
from media.rtp.feedback import Feedback, read, read_remb
from media.rtp.twcc import TransportFeedback

GAPS = st.lists(
    st.tuples(st.integers(1, 12), st.floats(0, 0.2, allow_nan=False)), min_size=1, max_size=80
)


@settings(deadline=None)
@given(start=st.integers(0, 0xFFFF), gaps=GAPS, began=st.floats(0, 10_000))
def test_what_we_write_comes_back(start: int, gaps: list[tuple[int, float]], began: float) -> None:
    writer = TransportFeedback()
    index, now = start, began
    expected = {}
    for ahead, later in gaps:
        writer.add(index & 0xFFFF, now)
        expected[index & 0xFFFF] = now
        index, now = index + ahead, now + later
    told = {}
    for body in writer.take():
        base, reference, ticks = read(body)
        for number, tick in enumerate(ticks, base):
            if tick >= 0:
                told[number & 0xFFFF] = reference * 0.064 + tick * feedback.TICK_S
    assert told.keys() == expected.keys()
    assert all(abs(told[key] - expected[key]) < 0.0006 for key in told)


def body(count: int, chunks: list[int], deltas: bytes) -> bytes:
    packed = struct.pack("!HHI", 7, count, 5 << 8) + struct.pack(f"!{len(chunks)}H", *chunks)
    return packed + deltas


def test_each_kind_of_chunk() -> None:
    one_bit = body(3, [0x8000 | 0b101 << 11], bytes([4, 6]))
    assert read(one_bit) == Feedback(7, 5, [4, -1, 10])
    two_bits = body(4, [0xC000 | 1 << 12 | 2 << 10 | 0 << 8 | 2 << 6], b"\x02\x01\x00\xff\xff")
    assert read(two_bits) == Feedback(7, 5, [2, 258, -1, 257])
    run = body(9, [1 << 13 | 9], bytes(range(9)))
    assert read(run).ticks == [0, 1, 3, 6, 10, 15, 21, 28, 36]
    assert read(body(3, [3], b"")).ticks == [-1, -1, -1]


@pytest.mark.parametrize(
    "malformed",
    [
        b"",
        body(0, [0x2001], b"\x01"),
        body(9000, [0x1FFF, 0x1FFF], b""),
        body(9, [0x2001], b"\x01"),
        body(3, [0x2003], b"\x01\x01"),
        body(2, [0xC000 | 2 << 12 | 1 << 10], b"\x01\x01"),
        body(1, [0x6001], b"\x01"),
        body(1, [0x2000], b"\x01"),
    ],
)
def test_what_does_not_add_up_is_refused(malformed: bytes) -> None:
    with pytest.raises(ValueError):
        read(malformed)


@settings(deadline=None)
@given(bitrate=st.integers(1, 2**40))
def test_remb_comes_back(bitrate: int) -> None:
    (packet,) = rtcp.parse(rtcp.remb(1, bitrate, [5, 6]))
    told = read_remb(packet.body[8:])
    assert bitrate * (1 - 2**-16) <= told <= bitrate
    assert read_remb(b"REMX" + bytes(4)) == 0
