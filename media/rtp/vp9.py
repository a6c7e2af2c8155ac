"""VP9 payloads: where a decoder can start (RFC 9628 §4.2)."""

_HAS_PICTURE_ID, _PREDICTED, _HAS_LAYER, _BEGINS = 0x80, 0x40, 0x20, 0x08


def is_keyframe(payload: bytes) -> bool:
    """Whether a payload begins a picture that is predicted from no other."""
    if not payload or payload[0] & (_PREDICTED | _BEGINS) != _BEGINS:
        return False
    if not payload[0] & _HAS_LAYER:
        return True
    position = 1
    if payload[0] & _HAS_PICTURE_ID:
        position += 2 if len(payload) > 1 and payload[1] & 0x80 else 1
    return position < len(payload) and payload[position] >> 1 & 0x07 == 0  # lowest spatial layer
