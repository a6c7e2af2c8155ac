"""Transport-wide feedback, read back by a reader written from the draft alone."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from media.rtp.twcc import PENDING_MAX, SPAN_MAX, TransportFeedback


def read(body: bytes) -> dict[int, float]:
    """Sequence number → arrival in seconds; asserts that lengths agree."""
    base, count, word = struct.unpack_from("!HHI", body)
    symbols: list[int] = []
    position = 8
    while len(symbols) < count:
        (chunk,) = struct.unpack_from("!H", body, position)
        position += 2
        if chunk & 0x8000 == 0:
            symbols += [chunk >> 13 & 3] * (chunk & 0x1FFF)
        else:
            assert chunk & 0x4000, "only two-bit vectors are written"
            symbols += [chunk >> shift & 3 for shift in range(12, -1, -2)]
    arrived = (word >> 8) * 0.064
    result = {}
    for offset, symbol in enumerate(symbols[:count]):
        assert symbol != 3
        if symbol == 1:
            arrived += body[position] * 0.00025
            position += 1
        elif symbol == 2:
            arrived += struct.unpack_from("!h", body, position)[0] * 0.00025
            position += 2
        if symbol:
            result[base + offset & 0xFFFF] = arrived
    assert 0 <= len(body) - position < 4
    return result


GAPS = st.lists(
    st.tuples(st.integers(1, 12), st.floats(0, 0.2, allow_nan=False)), min_size=1, max_size=80
)


@given(start=st.integers(0, 0xFFFF), gaps=GAPS, began=st.floats(0, 10_000))
def test_arrivals_come_back(start: int, gaps: list[tuple[int, float]], began: float) -> None:
    feedback = TransportFeedback()
    index, now = start, began
    expected = {}
    for ahead, later in gaps:
        feedback.add(index & 0xFFFF, now)
        expected[index & 0xFFFF] = now
        index, now = index + ahead, now + later
    told: dict[int, float] = {}
    for body in feedback.take():
        told |= read(body)
    assert told.keys() == expected.keys()
    assert all(abs(told[key] - expected[key]) < 0.0006 for key in told)


def test_nothing_came_nothing_is_told() -> None:
    feedback = TransportFeedback()
    assert feedback.take() == []
    feedback.add(1, 0.0)
    assert len(feedback.take()) == 1
    assert feedback.take() == []


def test_packets_missing_between_messages_are_told() -> None:
    feedback = TransportFeedback()
    feedback.add(10, 1.0)
    feedback.take()
    feedback.add(13, 1.1)
    (body,) = feedback.take()
    assert struct.unpack_from("!HH", body) == (11, 3)
    assert read(body).keys() == {13}


def test_reordering_gives_negative_deltas() -> None:
    feedback = TransportFeedback()
    for sequence, now in ((1, 1.0), (3, 1.001), (2, 1.002)):
        feedback.add(sequence, now)
    (body,) = feedback.take()
    assert [round(arrived, 3) for arrived in read(body).values()] == [1.0, 1.002, 1.001]


def test_a_long_silence_begins_another_message() -> None:
    feedback = TransportFeedback()
    feedback.add(1, 1.0)
    feedback.add(2, 30.0)
    bodies = feedback.take()
    assert [list(read(body)) for body in bodies] == [[1], [2]]
    assert [body[7] for body in bodies] == [0, 1]


def test_long_runs_and_wild_jumps_are_bounded() -> None:
    feedback = TransportFeedback()
    feedback.add(0, 1.0)
    feedback.add(20_000, 1.0)
    told: dict[int, float] = {}
    for body in feedback.take():
        assert struct.unpack_from("!HH", body)[1] <= SPAN_MAX
        told |= read(body)
    assert told.keys() == {20_000}
    for sequence in range(PENDING_MAX + 10):
        feedback.add(sequence & 0xFFFF, 2.0)
    assert len(feedback._arrivals) == PENDING_MAX


def test_what_precedes_the_first_is_ignored() -> None:
    feedback = TransportFeedback()
    feedback.add(0, 1.0)
    feedback.add(0xFFFF, 1.0)
    (body,) = feedback.take()
    assert read(body).keys() == {0}
