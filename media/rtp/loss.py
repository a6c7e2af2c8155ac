"""How fast to send, from how much is lost (draft-ietf-rmcat-gcc-02 §6)."""

from math import sqrt

LOW, HIGH = 0.02, 0.10
GROWTH = 1.05
LOOK_S = 0.5
PACKETS_MIN = 20
INHERENT_MAX = 0.20
SIGNIFICANT = 2.0  # standard deviations of a count of independent losses
SLACK = 0.75  # sending less than this share of the estimate does not cause loss
_LEARNING = 0.25


class LossControl:
    """§6, applied to the loss beyond what the link loses when it is not filled.

    A radio link may lose a tenth of the packets however few they are; sending less would only
    starve the picture.
    """

    def __init__(self, ceiling: float) -> None:
        self.bitrate = ceiling
        self.inherent = 0.0
        self._ceiling = ceiling
        self._began_at = -1.0
        self._expected = 0
        self._lost = 0

    def add(self, expected: int, lost: int) -> None:
        """Count packets that feedback covered; `lost` is negative when late ones came."""
        self._expected += expected
        self._lost += lost

    def look(self, estimate: float, sent: float, floor: float, now: float) -> bool:
        """Judge when enough was counted, at these bit/s estimated and sent; True to decrease.

        Never below the floor: what arrives is no loss.
        """
        if self._began_at < 0:
            self._began_at = now
        if now - self._began_at < LOOK_S or self._expected < PACKETS_MIN:
            return False
        loss = min(max(0.0, self._lost / self._expected), 1.0)
        chance = SIGNIFICANT * sqrt(self.inherent * (1 - self.inherent) / self._expected)
        self._began_at, self._expected, self._lost = now, 0, 0
        if sent < SLACK * estimate:
            self.inherent += _LEARNING * (min(loss, INHERENT_MAX) - self.inherent)
        excess = loss - self.inherent
        if excess > HIGH + chance:
            self.bitrate = max(floor, min(self.bitrate, estimate) * (1 - excess / 2))
            return True
        if excess < LOW:
            self.bitrate = min(self.bitrate * GROWTH, self._ceiling)
        return False

    def probed(self, bitrate: float) -> None:
        """A probe went through at this rate."""
        self.bitrate = min(max(self.bitrate, bitrate), self._ceiling)
