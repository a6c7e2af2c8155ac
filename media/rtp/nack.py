"""Which packets of a stream are missing, and when to ask for them again (RFC 4585 §6.2.1)."""

from media.rtp.playout import Repairs

FIRST_WAIT_S = 0.010  # mere reordering mends itself
RETRY_S = 0.040
TRIES_MAX = 10
MISSING_MAX = 512


class NackTracker:
    """Fed with packet indices; says what to request."""

    __slots__ = ("_highest", "missing", "repairs")

    def __init__(self) -> None:
        self._highest = -1
        self.missing: dict[int, tuple[float, int, float]] = {}  # index → (due_s, tries, since_s)
        self.repairs = Repairs()

    @property
    def is_waiting(self) -> bool:
        """Whether anything is missing."""
        return bool(self.missing)

    def received(self, index: int, now: float) -> bool:
        """Note a packet; False when so much is missing that only a keyframe helps."""
        expected = self._highest + 1
        if index < expected:
            if index in self.missing:
                self._found(index, now)
            return True
        self._highest = index
        if index == expected or expected == 0:
            return True
        if index - expected + len(self.missing) > MISSING_MAX:
            self.missing.clear()
            return False
        due = now + FIRST_WAIT_S
        self.missing.update((lost, (due, 0, now)) for lost in range(expected, index))
        return True

    def _found(self, index: int, now: float) -> None:
        _, tries, since = self.missing.pop(index)
        if tries:
            self.repairs.note(now - since, now)

    def forget_before(self, index: int) -> None:
        """Give up on what precedes a keyframe."""
        for lost in [lost for lost in self.missing if lost < index]:
            del self.missing[lost]

    def reset(self) -> None:
        """Start over with the next packet."""
        self._highest = -1
        self.missing.clear()

    def due(self, now: float) -> tuple[list[int], bool]:
        """Indices to request now, and whether some were given up."""
        wanted = [index for index, (due, _, _) in self.missing.items() if due <= now]
        abandoned = [index for index in wanted if self.missing[index][1] >= TRIES_MAX]
        for index in abandoned:
            del self.missing[index]
        request = sorted(index for index in wanted if index in self.missing)
        for index in request:
            _, tries, since = self.missing[index]
            self.missing[index] = (now + RETRY_S, tries + 1, since)
        return request, bool(abandoned)
