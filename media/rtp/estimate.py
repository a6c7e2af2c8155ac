"""A bitrate for publishers that send no transport-wide numbers (after GCC's loss controller)."""

START_BPS = 1_000_000
FLOOR_BPS = 100_000
CEILING_BPS = 4_000_000
GOOD_LOSS = 0.02
BAD_LOSS = 0.10
_GROWTH = 1.08


class LossEstimate:
    """Grows while little is lost, shrinks when much is; fed once a second."""

    def __init__(self) -> None:
        self.bitrate = START_BPS

    def look(self, fraction_lost: int) -> int:
        """The bitrate in bit/s to allow, after a second with this loss (1/256)."""
        loss = fraction_lost / 256
        if loss < GOOD_LOSS:
            wanted = self.bitrate * _GROWTH
        elif loss > BAD_LOSS:
            wanted = self.bitrate * (1 - loss / 2)
        else:
            wanted = float(self.bitrate)
        self.bitrate = round(max(FLOOR_BPS, min(wanted, CEILING_BPS)))
        return self.bitrate
