"""Where a picture can start, and how often one may ask for such a start."""

REQUEST_INTERVAL_S = 0.5


def is_vp8_keyframe(payload: bytes) -> bool:
    """Whether a VP8 payload begins a keyframe (RFC 7741 §4.2, §4.3)."""
    if len(payload) < 4:
        return False
    first = payload[0]
    if first & 0x17 != 0x10:  # start of partition, partition 0
        return False
    position = 1
    if first & 0x80:
        position = _after_extensions(payload)
    return position < len(payload) and not payload[position] & 0x01


def _after_extensions(payload: bytes) -> int:
    flags = payload[1]
    position = 2
    if flags & 0x80:  # picture id of 7 or 15 bits
        position += 2 if payload[2] & 0x80 else 1
    if flags & 0x40:
        position += 1
    if flags & 0x30:
        position += 1
    return position


class KeyframeThrottle:
    """Lets one request through per interval and remembers that another is wanted."""

    __slots__ = ("_sent_at", "is_wanted")

    def __init__(self) -> None:
        self._sent_at = float("-inf")
        self.is_wanted = False

    def request(self, now: float) -> bool:
        """Want a keyframe; True when the request may go out now."""
        self.is_wanted = True
        return self.poll(now)

    def poll(self, now: float) -> bool:
        """Whether a wanted request may go out now; repeats until a keyframe came."""
        if not self.is_wanted or now - self._sent_at < REQUEST_INTERVAL_S:
            return False
        self._sent_at = now
        return True

    def arrived(self) -> None:
        """A keyframe came: nothing is wanted any more."""
        self.is_wanted = False
