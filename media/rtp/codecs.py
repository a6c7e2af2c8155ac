"""What forwarding must know of a codec, and nothing more."""

from collections.abc import Callable
from dataclasses import dataclass

from media.rtp import av1, h264, vp8, vp9


@dataclass(frozen=True, slots=True)
class Codec:
    """How to read one codec's payloads."""

    is_keyframe: Callable[[bytes], bool]
    dimensions: Callable[[bytes], tuple[int, int]]
    numbers: Callable[[bytes], vp8.Numbers] | None = None  # None: frames carry no numbers
    shifted: Callable[[bytes, int, int], bytes] | None = None


def _always(payload: bytes) -> bool:
    return True


def _unknown(payload: bytes) -> tuple[int, int]:
    return 0, 0


OPUS = Codec(_always, _unknown)
CODECS = {
    "opus": OPUS,
    "vp8": Codec(vp8.is_keyframe, vp8.dimensions, vp8.numbers, vp8.shifted),
    "h264": Codec(h264.is_keyframe, _unknown),
    "vp9": Codec(vp9.is_keyframe, _unknown),
    "av1": Codec(av1.is_keyframe, _unknown),
}
