"""VP8 payload descriptors and keyframe headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rtp import vp8
from media.rtp.vp8 import Numbers

KEYFRAME = b"\x50\x42\x01\x9d\x01\x2a\x40\x41\x68\x01"  # 320 (scaled 1) × 360


@pytest.mark.parametrize(
    ("payload", "numbers"),
    [
        (b"\x10\x00\x00\x00", Numbers(-1, -1)),
        (b"\x90\x80\x05\x00", Numbers(5, -1)),
        (b"\x90\x80\x85\x06\x00", Numbers(0x0506, -1)),
        (b"\x90\xe0\x85\x06\x07\x20\x00", Numbers(0x0506, 7)),
        (b"\x90\x40\x09\x00\x00", Numbers(-1, 9)),
        (b"\x90\xc0", Numbers(-1, -1)),  # cut short
    ],
)
def test_running_numbers_are_read(payload: bytes, numbers: Numbers) -> None:
    assert vp8.numbers(payload) == numbers


@given(
    picture=st.integers(0, 0x7FFF),
    tl0=st.integers(0, 0xFF),
    by_picture=st.integers(0, 0x7FFF),
    by_tl0=st.integers(0, 0xFF),
    rest=st.binary(max_size=20),
)
def test_long_numbers_move_on_and_wrap(
    picture: int, tl0: int, by_picture: int, by_tl0: int, rest: bytes
) -> None:
    head = b"\x90\xf0" + (0x8000 | picture).to_bytes(2, "big")
    payload = head + bytes((tl0, 0x25)) + rest
    moved = vp8.shifted(payload, by_picture, by_tl0)
    assert vp8.numbers(moved) == Numbers((picture + by_picture) % 0x8000, (tl0 + by_tl0) % 0x100)
    assert moved[:2] == payload[:2]
    assert moved[5:] == payload[5:]


@given(picture=st.integers(0, 0x7F), by=st.integers(0, 0x7FFF))
def test_short_picture_ids_stay_short(picture: int, by: int) -> None:
    moved = vp8.shifted(bytes((0x90, 0x80, picture, 0, 0)), by, 3)
    assert vp8.numbers(moved) == Numbers((picture + by) % 0x80, -1)
    assert moved[3:] == b"\x00\x00"


@given(payload=st.binary(max_size=24), by=st.integers(0, 0x7FFF))
def test_no_payload_surprises_the_reader(payload: bytes, by: int) -> None:
    assert vp8.is_keyframe(payload) in (True, False)
    assert len(vp8.shifted(payload, by, by & 0xFF)) == len(payload)
    assert len(vp8.numbers(payload)) == 2
    width, height = vp8.dimensions(payload)
    assert 0 <= width < 0x4000
    assert 0 <= height < 0x4000


def test_without_a_descriptor_extension_nothing_moves() -> None:
    payload = b"\x10" + KEYFRAME
    assert vp8.shifted(payload, 5, 5) == payload


def test_a_keyframe_states_its_size() -> None:
    assert vp8.dimensions(b"\x10" + KEYFRAME) == (0x4140 & 0x3FFF, 360)
    assert vp8.dimensions(b"\x90\xe0\x85\x06\x07\x20" + KEYFRAME) == (0x0140, 360)
    assert vp8.dimensions(b"\x00" + KEYFRAME) == (0, 0)  # continues a frame
    assert vp8.dimensions(b"\x10" + KEYFRAME[:-1]) == (0, 0)
    assert vp8.dimensions(b"\x10\x01" + KEYFRAME[1:3] + bytes(7)) == (0, 0)
