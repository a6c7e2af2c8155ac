"""EBML elements as bytes (RFC 8794)."""

import struct

UNKNOWN_SIZE = b"\x01" + b"\xff" * 7
_DOUBLE = struct.Struct("!d")


def vint(value: int, width: int = 0) -> bytes:
    """A variable-size integer, in `width` bytes when given; raises ValueError (RFC 8794 §4)."""
    width = width or next(w for w in range(1, 9) if value < (1 << 7 * w) - 1)
    if value >= (1 << 7 * width) - 1:
        raise ValueError("the value needs more bytes")
    return (1 << 7 * width | value).to_bytes(width, "big")


def element(tag: int, body: bytes, width: int = 0) -> bytes:
    """A tag (its length marker included), the size of the body, the body."""
    return tag.to_bytes((tag.bit_length() + 7) // 8, "big") + vint(len(body), width) + body


def uint(tag: int, value: int, width: int = 0) -> bytes:
    """An unsigned integer element, in `width` bytes when given."""
    return element(tag, value.to_bytes(width or max(1, (value.bit_length() + 7) // 8), "big"))


def sint64(tag: int, value: int) -> bytes:
    """A signed integer or date element in eight bytes."""
    return element(tag, value.to_bytes(8, "big", signed=True))


def double(tag: int, value: float) -> bytes:
    """A float element in eight bytes."""
    return element(tag, _DOUBLE.pack(value))


def text(tag: int, value: str) -> bytes:
    """A string element."""
    return element(tag, value.encode())


def void(total: int) -> bytes:
    """An element of this many bytes that readers skip; raises ValueError below 2 or above 129."""
    if not 2 <= total <= 128:
        raise ValueError("a void element takes 2 to 128 bytes here")
    return b"\xec" + vint(total - 2, 1) + bytes(total - 2)


def read_vint(data: bytes, at: int, *, is_tag: bool = False) -> tuple[int, int]:
    """(value, position after it); -1 for an unknown size; raises ValueError when cut short."""
    if at >= len(data) or not data[at]:
        raise ValueError("not a variable-size integer")
    width = 9 - data[at].bit_length()
    if at + width > len(data):
        raise ValueError("a variable-size integer is cut short")
    value = int.from_bytes(data[at : at + width], "big")
    if is_tag:
        return value, at + width
    value &= (1 << 7 * width) - 1
    return -1 if value == (1 << 7 * width) - 1 else value, at + width


def read_head(data: bytes, at: int) -> tuple[int, int, int]:
    """(tag, size of the body or -1, position of the body); raises ValueError."""
    tag, at = read_vint(data, at, is_tag=True)
    size, at = read_vint(data, at)
    return tag, size, at


def children(data: bytes) -> list[tuple[int, bytes]]:
    """(tag, body) of each element of a master's body; raises ValueError when cut short."""
    found, at = [], 0
    while at < len(data):
        tag, size, at = read_head(data, at)
        if size < 0 or at + size > len(data):
            raise ValueError("an element is cut short")
        found.append((tag, data[at : at + size]))
        at += size
    return found
