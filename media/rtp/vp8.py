"""VP8 payloads: where pictures begin, how large they are, and their running numbers (RFC 7741)."""

from typing import NamedTuple

PICTURE_IDS = 0x8000
TL0_INDICES = 0x100
_UNNUMBERED = -1


class Numbers(NamedTuple):
    """What decoders follow from frame to frame; -1 where the sender leaves it out."""

    picture: int  # 7 or 15 bits
    tl0: int  # 8 bits


def numbers(payload: bytes) -> Numbers:
    """Picture id and TL0PICIDX of a payload (§4.2)."""
    if len(payload) < 2 or not payload[0] & 0x80:
        return Numbers(_UNNUMBERED, _UNNUMBERED)
    flags = payload[1]
    position = 2
    picture = tl0 = _UNNUMBERED
    if flags & 0x80 and len(payload) > position:
        picture = payload[position] & 0x7F
        position += 1
        if payload[2] & 0x80 and len(payload) > position:
            picture = picture << 8 | payload[position]
            position += 1
    if flags & 0x40 and len(payload) > position:
        tl0 = payload[position]
    return Numbers(picture, tl0)


def shifted(payload: bytes, picture: int, tl0: int) -> bytes:
    """The payload with its running numbers moved on, each in its own width (hot path)."""
    if len(payload) < 5 or not payload[0] & 0x80:
        return payload
    flags = payload[1]
    position = 2
    moved = bytearray(payload)
    if flags & 0x80:
        first = payload[2]
        if first & 0x80:
            number = ((first & 0x7F) << 8 | payload[3]) + picture
            moved[2] = 0x80 | number >> 8 & 0x7F
            moved[3] = number & 0xFF
            position = 4
        else:
            moved[2] = first + picture & 0x7F
            position = 3
    if flags & 0x40:
        moved[position] = payload[position] + tl0 & 0xFF
    return bytes(moved)


def is_keyframe(payload: bytes) -> bool:
    """Whether a payload begins a keyframe (§4.2, §4.3)."""
    position = _frame_header(payload)
    return 0 < position < len(payload) and not payload[position] & 0x01


def dimensions(payload: bytes) -> tuple[int, int]:
    """Width and height that the first payload of a keyframe states, or (0, 0) (RFC 6386 §9.1)."""
    position = _frame_header(payload)
    head = payload[position + 3 : position + 10] if position else b""
    if len(head) < 7 or head[:3] != b"\x9d\x01\x2a":
        return 0, 0
    return (head[3] | head[4] << 8) & 0x3FFF, (head[5] | head[6] << 8) & 0x3FFF


def _frame_header(payload: bytes) -> int:
    """Where the frame's own header begins, 0 when this payload does not begin a frame."""
    if len(payload) < 4 or payload[0] & 0x17 != 0x10:  # start of partition, partition 0
        return 0
    if not payload[0] & 0x80:
        return 1
    flags = payload[1]
    position = 2
    if flags & 0x80:  # picture id of 7 or 15 bits
        position += 2 if payload[2] & 0x80 else 1
    if flags & 0x40:
        position += 1
    if flags & 0x30:
        position += 1
    return position
