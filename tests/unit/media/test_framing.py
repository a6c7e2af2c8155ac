"""Datagrams on a stream."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rtp.framing import FRAME_BYTES_MAX, split

DATAGRAMS = st.lists(st.binary(max_size=300), max_size=12)


def framed(datagrams: list[bytes]) -> bytes:
    return b"".join(len(one).to_bytes(2, "big") + one for one in datagrams)


@given(datagrams=DATAGRAMS, cuts=st.lists(st.integers(0, 4000), max_size=8))
def test_any_cutting_of_the_stream_gives_the_same_datagrams(
    datagrams: list[bytes], cuts: list[int]
) -> None:
    stream = framed(datagrams)
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    found: list[bytes] = []
    rest = b""
    for start, end in pairwise(edges):
        data = rest + stream[start:end]
        frames, at = split(memoryview(data), len(data))
        found += map(bytes, frames)
        rest = data[at:]
        assert len(rest) < 2 + FRAME_BYTES_MAX
    assert found == [one for one in datagrams if one]
    assert rest == b""


@given(data=st.binary(max_size=5000))
def test_noise_is_frames_or_refused(data: bytes) -> None:
    try:
        frames, at = split(memoryview(data), len(data))
    except ValueError:
        return
    assert all(0 < len(frame) <= FRAME_BYTES_MAX for frame in frames)
    assert at <= len(data)


def test_a_frame_that_is_too_long_is_refused_at_its_length() -> None:
    header = (FRAME_BYTES_MAX + 1).to_bytes(2, "big")
    with pytest.raises(ValueError, match="too long"):
        split(memoryview(header), 2)


def test_what_lies_behind_the_end_is_not_read() -> None:
    buffer = memoryview(framed([b"abc", b"old"]))
    frames, at = split(buffer, 5)
    assert [bytes(frame) for frame in frames] == [b"abc"]
    assert at == 5
