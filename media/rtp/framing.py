"""Datagrams on a stream: each behind its length in 16 bits (RFC 4571 §2)."""

FRAME_BYTES_MAX = 2048  # well above any path's MTU: what is longer is no media
LENGTH_BYTES = 2


def split(buffer: memoryview, end: int) -> tuple[list[memoryview], int]:
    """The whole frames of buffer[:end] without null ones, and where the unfinished one begins.

    Raises ValueError for a frame above FRAME_BYTES_MAX, however little of it has come.
    """
    frames: list[memoryview] = []
    at = 0
    while end - at >= LENGTH_BYTES:
        size = buffer[at] << 8 | buffer[at + 1]
        if size > FRAME_BYTES_MAX:
            raise ValueError("frame is too long")
        after = at + LENGTH_BYTES + size
        if after > end:
            break
        if size:
            frames.append(buffer[at + LENGTH_BYTES : after])
        at = after
    return frames, at
