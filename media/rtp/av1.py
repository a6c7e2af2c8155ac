"""AV1 payloads: where a decoder can start (RTP Payload Format For AV1 §4.4)."""

_CONTINUES, _NEW_SEQUENCE = 0x80, 0x08


def is_keyframe(payload: bytes) -> bool:
    """Whether a payload begins a coded video sequence."""
    return bool(payload) and payload[0] & (_CONTINUES | _NEW_SEQUENCE) == _NEW_SEQUENCE
