"""H.264 payloads: where a decoder can start (RFC 6184)."""

from collections.abc import Iterator

_TYPE = 0x1F
_IDR, _SPS = 5, 7
_STAP_A, _FU_A = 24, 28
_STARTS = 0x80


def is_keyframe(payload: bytes) -> bool:
    """Whether a payload begins an IDR picture or the parameter sets that precede it."""
    return any(kind in (_IDR, _SPS) for kind in _units(payload))


def _units(payload: bytes) -> Iterator[int]:
    """The types of the NAL units that begin in a payload (§5.6, §5.7.1, §5.8)."""
    kind = payload[0] & _TYPE if payload else 0
    if kind == _STAP_A:
        position = 1
        while position + 2 < len(payload):
            yield payload[position + 2] & _TYPE
            position += 2 + (payload[position] << 8 | payload[position + 1])
    elif kind == _FU_A:
        if len(payload) > 1 and payload[1] & _STARTS:
            yield payload[1] & _TYPE
    else:
        yield kind
