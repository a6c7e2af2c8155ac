"""Order out of disorder, pictures out of packets, one time out of many clocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.recording.clocks import SenderClock, StreamClock
from media.recording.depacketizers import (
    Encoded,
    OpusDepacketizer,
    Vp8Depacketizer,
    picture_size,
    strip_descriptor,
)
from media.recording.sequencer import Packet, Sequencer

KEY_FRAME = b"\x10\x02\x00\x9d\x01\x2a\x80\x02\xe0\x01" + b"k" * 20
DELTA = b"\x11\x02\x00" + b"d" * 20


def packet(number: int, payload: bytes = b"x", *, at: int = 0, last: bool = True) -> Packet:
    return Packet(number, at, last, payload, arrived_s=number / 100)


# --- order ---


@given(st.permutations(range(100, 130)))
def test_whatever_comes_in_time_leaves_in_order(numbers: list[int]) -> None:
    sequencer = Sequencer(patience_s=10.0)
    sequencer.add(packet(99))
    out = sequencer.take(1.0)
    for number in numbers:
        sequencer.add(packet(number))
        out += sequencer.take(1.4)
    assert [one.number for one in out if one is not None] == list(range(99, 130))
    assert None not in out


def test_a_gap_is_waited_for_and_then_told() -> None:
    sequencer = Sequencer(patience_s=0.5)
    for number in (1, 2, 4, 5):
        sequencer.add(packet(number))
    assert [one and one.number for one in sequencer.take(0.1)] == [1, 2]
    assert sequencer.take(0.4) == []
    assert [one and one.number for one in sequencer.take(0.6)] == [None, 4, 5]


def test_what_comes_twice_or_too_late_is_left_out() -> None:
    sequencer = Sequencer(patience_s=0.5)
    for number in (1, 1, 2):
        sequencer.add(packet(number))
    assert len(sequencer.take(0.0)) == 2
    sequencer.add(packet(1))
    assert sequencer.flush() == []


# --- pictures ---


def vp8(number: int, body: bytes, *, start: bool = True, at: int = 0, last: bool = True) -> Packet:
    descriptor = bytes([0x80 | 0x10 * start, 0x80, 0x80, number & 0x7F])  # with a picture id
    return packet(number, descriptor + body, at=at, last=last)


def test_a_picture_is_joined_from_its_packets() -> None:
    frames = Vp8Depacketizer()
    assert frames.add(vp8(1, KEY_FRAME[:15], last=False)) is None
    whole = frames.add(vp8(2, KEY_FRAME[15:], start=False))
    assert whole == Encoded(0, True, KEY_FRAME, 0.02, 640, 480)
    after = frames.add(vp8(3, DELTA, at=3000))
    assert after is not None
    assert (after.is_key, after.data, after.timestamp) == (False, DELTA, 3000)


def test_nothing_comes_before_a_key_frame() -> None:
    frames = Vp8Depacketizer()
    assert frames.add(vp8(1, DELTA)) is None
    assert frames.needs_key
    assert frames.add(vp8(2, KEY_FRAME)) is not None
    assert not frames.needs_key


@pytest.mark.parametrize(
    "spoilt",
    [
        [None],
        [vp8(2, DELTA[:9], at=1, last=False), None, vp8(4, DELTA[9:], start=False, at=1)],
        [vp8(2, DELTA[:9], at=1, last=False), vp8(4, DELTA, at=2)],  # its end never came
        [vp8(3, DELTA[9:], start=False, at=1)],  # its start never came
        [packet(2, b"\x80")],  # cut short
    ],
)
def test_after_a_loss_nothing_comes_until_a_key_frame(spoilt: list[Packet | None]) -> None:
    frames = Vp8Depacketizer()
    frames.add(vp8(1, KEY_FRAME))
    assert [frames.add(one) for one in spoilt][-1] is None
    assert frames.needs_key
    assert frames.add(vp8(8, DELTA, at=9)) is None
    assert frames.add(vp8(9, KEY_FRAME, at=10)) is not None


def test_padding_spoils_nothing() -> None:
    frames = Vp8Depacketizer()
    frames.add(vp8(1, KEY_FRAME[:15], last=False))
    frames.add(packet(2, b""))
    assert frames.add(vp8(3, KEY_FRAME[15:], start=False)) is not None


@pytest.mark.parametrize(
    ("head", "is_start"),
    [
        (b"\x10", True), (b"\x00", False), (b"\x90\x80\x05", True), (b"\x90\x80\x85\x01", True),
        (b"\x90\xe0\x85\x01\x02\x03", True), (b"\x90\x20\x00", True), (b"\x11", False),
    ],
)  # fmt: skip
def test_descriptors_of_any_length_are_stripped(head: bytes, is_start: bool) -> None:
    assert strip_descriptor(head + b"body") == (is_start, b"body")


@given(st.binary(min_size=1, max_size=30))
def test_no_payload_breaks_the_depacketizer(payload: bytes) -> None:
    frames = Vp8Depacketizer()
    frames.add(packet(1, payload))
    picture_size(payload)


def test_sound_is_taken_packet_by_packet() -> None:
    frames = OpusDepacketizer()
    assert frames.add(None) is None
    assert frames.add(packet(1, b"")) is None
    assert frames.add(packet(2, b"opus", at=960)) == Encoded(960, True, b"opus", 0.02)


# --- time ---


def test_streams_of_one_person_meet_by_their_reports() -> None:
    sender = SenderClock()
    sound, picture = StreamClock(48_000, sender), StreamClock(90_000, sender)
    sound.report(1000 << 32, 4800, arrived_s=50.100)
    picture.report(1002 << 32, 0xFFFFFF00, arrived_s=52.250)
    # both of the instant 1003 by their sender's clock, across the wrap of one
    assert sound.seconds(4800 + 3 * 48_000) == pytest.approx(53.1)
    assert picture.seconds((0xFFFFFF00 + 90_000) & 0xFFFFFFFF) == pytest.approx(53.1)


def test_a_slow_report_moves_nothing_and_a_set_clock_is_followed() -> None:
    sender = SenderClock()
    stream = StreamClock(90_000, sender)
    stream.report(10 << 32, 0, arrived_s=100.0)
    stream.report(11 << 32, 90_000, arrived_s=101.3)
    assert stream.seconds(90_000) == pytest.approx(101.0)
    stream.report(5000 << 32, 180_000, arrived_s=102.0)
    assert stream.seconds(180_000) == pytest.approx(102.0)


def test_drift_is_followed_slowly() -> None:
    sender = SenderClock()
    stream = StreamClock(90_000, sender)
    for second in range(1000):  # their clock is slow by 100 ppm
        at = second * 0.9999
        stream.report(round(at * 2**32), round(at * 90_000), arrived_s=500.0 + second)
    assert abs(stream.seconds(round(999 * 0.9999 * 90_000)) - 1499.0) < 0.02


def test_without_reports_arrival_must_do() -> None:
    sender = SenderClock()
    sound, picture = StreamClock(48_000, sender), StreamClock(90_000, sender)
    assert not sound.is_known
    sound.guess(77, arrived_s=20.0)
    assert sound.seconds(77 + 48_000) == pytest.approx(21.0)
    picture.report(2000 << 32, 5, arrived_s=30.0)
    assert picture.seconds(5) == pytest.approx(30.0)
