"""Where pictures start in the codecs that are forwarded beside VP8."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rtp import av1, h264, vp9
from media.rtp.codecs import CODECS


@pytest.mark.parametrize(
    ("payload", "is_key"),
    [
        (b"\x67\x42\xe0\x1f", True),  # SPS
        (b"\x65\x88", True),  # IDR
        (b"\x41\x9a", False),
        (b"\x78\x00\x02\x67\x42\x00\x02\x68\xce", True),  # STAP-A of SPS and PPS
        (b"\x78\x00\x02\x41\x9a\x00\x02\x65\x88", True),  # the second is an IDR
        (b"\x78\x00\x02\x41\x9a", False),
        (b"\x7c\x85\x88", True),  # FU-A that begins an IDR
        (b"\x7c\x05\x88", False),  # its middle
        (b"\x7c\x81\x88", False),
        (b"\x7c", False),
        (b"", False),
    ],
)
def test_h264_keyframes_are_recognised(payload: bytes, is_key: bool) -> None:
    assert h264.is_keyframe(payload) is is_key


@pytest.mark.parametrize(
    ("payload", "is_key"),
    [
        (b"\x08\x00", True),
        (b"\x48\x00", False),  # predicted
        (b"\x00\x00", False),  # continues a frame
        (b"\xa8\x05\x00", True),  # 7-bit picture id, lowest layer
        (b"\xa8\x85\x01\x00", True),
        (b"\xa8\x85\x01\x02", False),  # a higher spatial layer
        (b"\xa8\x85", False),  # cut short
        (b"", False),
    ],
)
def test_vp9_keyframes_are_recognised(payload: bytes, is_key: bool) -> None:
    assert vp9.is_keyframe(payload) is is_key


@pytest.mark.parametrize(
    ("payload", "is_key"),
    [(b"\x18\x0a", True), (b"\x98\x0a", False), (b"\x10", False), (b"", False)],
)
def test_av1_keyframes_are_recognised(payload: bytes, is_key: bool) -> None:
    assert av1.is_keyframe(payload) is is_key


@given(payload=st.binary(max_size=40))
def test_no_payload_surprises_any_codec(payload: bytes) -> None:
    for codec in CODECS.values():
        assert codec.is_keyframe(payload) in (True, False)
        assert len(codec.dimensions(payload)) == 2
