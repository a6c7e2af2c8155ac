"""How long pictures should wait before they are shown, so that what is repaired comes in time.

A receiver knows how late packets come on its own way to us; it cannot know how long we took to get
again what was lost on the publisher's. The playout-delay header extension tells it
(webrtc.googlesource.com/src, docs/native-code/rtp-hdrext/playout-delay).
"""

from math import ceil

TICK_S = 0.010
LEAST_MAX_S = 0.400  # of waiting: a conversation suffers from more
SPAN_S = 5.0  # repairs are remembered for one to two of these
REPAIRS_MIN = 3  # a single one is no habit of the link
_MOST_TICKS = 0xFFF

Delay = tuple[int, int]  # the extension's first two bytes, and its third


class Repairs:
    """How long the repairs of one stream took."""

    __slots__ = ("_before", "_began_at", "_worst")

    def __init__(self) -> None:
        self._worst = self._before = (0, 0.0)  # how many, the longest
        self._began_at = 0.0

    def note(self, took_s: float, now: float) -> None:
        """A packet came so long after it was missed, because we asked again."""
        self._turn(now)
        count, worst = self._worst
        self._worst = (count + 1, max(worst, took_s))

    def least_s(self, now: float) -> float:
        """How long pictures should wait; 0 while hardly anything is repaired."""
        self._turn(now)
        (count, worst), (count_before, worst_before) = self._worst, self._before
        if count + count_before < REPAIRS_MIN:
            return 0.0
        return min(max(worst, worst_before), LEAST_MAX_S)

    def _turn(self, now: float) -> None:
        elapsed = now - self._began_at
        if elapsed >= SPAN_S:
            self._before = self._worst if elapsed < 2 * SPAN_S else (0, 0.0)
            self._worst = (0, 0.0)
            self._began_at = now


def delay(least_s: float) -> Delay:
    """At least so long, and at most as long as the receiver likes."""
    least = min(ceil(least_s / TICK_S), _MOST_TICKS)
    word = least << 12 | _MOST_TICKS
    return word >> 8, word & 0xFF
