"""How often one may ask for a picture to start with."""

REQUEST_INTERVAL_S = 0.5
EXPECTED_S = 0.1  # a stream that begins brings its own


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

    def expect(self, now: float) -> None:
        """One is probably under way: ask only if it is not here soon."""
        self._sent_at = max(self._sent_at, now + EXPECTED_S - REQUEST_INTERVAL_S)

    def arrived(self) -> None:
        """A keyframe came: nothing is wanted any more."""
        self.is_wanted = False
