"""RTP headers and extensions, whole, truncated and hostile."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rtp.header import (
    FIXED,
    extensions,
    header_length,
    is_rtcp,
    unpadded,
)

PLAIN = FIXED.pack(0x80, 111, 7, 960, 0xABCD)


def one_byte_block(written: dict[int, bytes]) -> bytes:
    body = b"".join(bytes([key << 4 | len(data) - 1]) + data for key, data in written.items())
    body += bytes(-len(body) % 4)
    return struct.pack("!HH", 0xBEDE, len(body) // 4) + body


def with_block(block: bytes) -> bytes:
    return bytes([PLAIN[0] | 0x10]) + PLAIN[1:] + block


def elements(packet: bytes) -> dict[int, bytes]:
    found = extensions(packet, header_length(packet))
    return {key: packet[at : at + size] for key, at, size in found}


def test_a_plain_header_is_twelve_bytes() -> None:
    assert header_length(PLAIN + b"payload") == 12
    assert elements(PLAIN + b"payload") == {}


def test_contributing_sources_count() -> None:
    packet = bytes([0x82]) + PLAIN[1:] + bytes(8) + b"payload"
    assert header_length(packet) == 20


@given(
    st.dictionaries(st.integers(1, 14), st.binary(min_size=1, max_size=16), min_size=1, max_size=6)
)
def test_one_byte_elements_come_back(written: dict[int, bytes]) -> None:
    assert elements(with_block(one_byte_block(written))) == written


def test_two_byte_elements_are_read() -> None:
    body = b"\x01\x00" + b"\x00" + b"\x05\x03abc"
    block = struct.pack("!HH", 0x1000, 2) + body
    assert elements(with_block(block)) == {1: b"", 5: b"abc"}


@pytest.mark.parametrize(
    ("profile", "body"),
    [
        (0xBEDE, b"\x00\x00\x00\x00"),
        (0xBEDE, b"\xf0\x01\x11\x01"),  # id 15 ends the elements
        (0xBEDE, b"\x1f\x01\x02\x03"),  # longer than the block
        (0x1000, b"\x00\x00\x00\x01"),  # no length byte
        (0x1000, b"\x01\x09\x00\x00"),
        (0x2345, b"\x10\x00\x00\x00"),  # no profile we know
    ],
)
def test_nothing_is_read_from_broken_blocks(profile: int, body: bytes) -> None:
    assert elements(with_block(struct.pack("!HH", profile, 1) + body)) == {}


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        PLAIN[:11],
        b"\x00" + PLAIN[1:],
        bytes([0x8F]) + PLAIN[1:],
        bytes([0x90]) + PLAIN[1:] + b"\xbe\xde",
        bytes([0x90]) + PLAIN[1:] + b"\xbe\xde\x00\x02\x00\x00\x00\x00",
    ],
)
def test_truncated_headers_are_refused(packet: bytes) -> None:
    with pytest.raises(ValueError, match="RTP"):
        header_length(packet)


@given(st.binary(max_size=80))
def test_no_bytes_surprise_the_reader(packet: bytes) -> None:
    with contextlib.suppress(ValueError):
        elements(packet)


def test_padding_is_removed() -> None:
    assert unpadded(b"abc", 0x80) == b"abc"
    assert unpadded(b"abc\x00\x02", 0xA0) == b"abc"
    assert unpadded(b"\x00\x02", 0xA0) == b""


@pytest.mark.parametrize("payload", [b"", b"a\x00", b"a\x03"])
def test_impossible_padding_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match="padding"):
        unpadded(payload, 0xA0)


def test_rtcp_is_told_by_its_type() -> None:
    assert [is_rtcp(value) for value in (96, 191, 192, 200, 223, 224)] == [
        False, False, True, True, True, False,
    ]  # fmt: skip
