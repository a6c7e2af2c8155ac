"""Which bits of a header tell where its extensions lie."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from media.rtp.header import FIXED_BYTES, extensions, layout_mask

Elements = list[tuple[int, bytes]]
elements = st.lists(st.tuples(st.integers(1, 14), st.binary(min_size=1, max_size=16)), max_size=5)


def header(values: Elements, csrcs: int = 0) -> bytes:
    body = b"".join(bytes([key << 4 | len(value) - 1]) + value for key, value in values)
    body += bytes(-len(body) % 4)
    fixed = struct.pack("!BBHII", 0x90 | csrcs, 96, 1, 2, 3) + bytes(4 * csrcs)
    return fixed + struct.pack("!HH", 0xBEDE, len(body) // 4) + body


def masked(packet: bytes, mask: int) -> int:
    return int.from_bytes(packet[FIXED_BYTES:], "big") & mask


def test_data_is_left_out_and_everything_else_is_in() -> None:
    packet = header([(3, b"\x12\x34"), (1, b"\x56")])
    mask = layout_mask(packet, len(packet))
    assert mask.to_bytes(12, "big").hex() == "ffffffff" + "ff0000" + "ff00" + "ffffff"


@given(elements, elements, st.integers(0, 2))
def test_headers_that_agree_have_their_elements_in_the_same_places(
    one: Elements, other: Elements, csrcs: int
) -> None:
    first, second = header(one, csrcs), header(other, csrcs)
    mask = layout_mask(first, len(first))
    is_alike = len(first) == len(second) and masked(first, mask) == masked(second, mask)
    assert is_alike == (
        list(extensions(first, len(first))) == list(extensions(second, len(second)))
        and len(first) == len(second)
    )


@given(elements, st.data())
def test_other_data_in_the_same_places_agrees(values: Elements, data: st.DataObject) -> None:
    first = header(values)
    sizes = [(key, data.draw(st.binary(min_size=len(v), max_size=len(v)))) for key, v in values]
    second = header(sizes)
    mask = layout_mask(first, len(first))
    assert masked(first, mask) == masked(second, mask)


def test_a_header_without_extensions_has_none() -> None:
    assert layout_mask(struct.pack("!BBHII", 0x80, 96, 1, 2, 3), FIXED_BYTES) == 0
