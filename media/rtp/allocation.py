"""Who gets how much of a link: pictures by priority, resolution before frame rate.

Sound is taken off the budget before. Screens come first, then the speaker, then the tiles, which
rise together: none gets its second layer before each has its first.
"""

import enum
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

HEADROOM = 1.15  # of the budget over the need, to rise
KEEP_SHARE = 0.8  # of the smallest layer's need, to go on: a bitrate is no constant
FALL_SHARE = 0.95  # of a higher layer's need, to keep it
HOLD_S, HOLD_MAX_S = 0.5, 4.0  # a link must seem better for so long
FLAP_S = 8.0  # falling this soon after a rise doubles the hold

Key = TypeVar("Key", bound=Hashable)


class Priority(enum.IntEnum):
    """Who gives way first when a link is too small; sound is above them all."""

    TILE = 0
    SPEAKER = 1
    SCREEN = 2
    SOUND = 3


@dataclass(frozen=True, slots=True)
class Demand:
    """What one picture may cost: bit/s of each layer worth having, the smallest first."""

    priority: int  # higher ones are served first
    needs: tuple[float, ...]
    current: int = -1  # position of the layer that is sent now, -1: paused


def allocate(budget: float, demands: Sequence[Demand]) -> list[int]:
    """The position for each demand, -1 to pause it."""
    left = budget
    chosen = [-1] * len(demands)
    order = sorted(range(len(demands)), key=lambda i: -demands[i].priority)
    for i in order:
        demand = demands[i]
        share = KEEP_SHARE if demand.current >= 0 else 1.0
        if demand.needs and demand.needs[0] * share <= left:
            chosen[i] = 0
            left -= demand.needs[0]
    for _, group in groupby(order, key=lambda i: demands[i].priority):
        left = _raise(left, [i for i in group if chosen[i] == 0], demands, chosen)
    return chosen


def _raise(left: float, rising: list[int], demands: Sequence[Demand], chosen: list[int]) -> float:
    """Raise those of one priority by turns, as far as the rest of the budget goes."""
    while rising:
        still = []
        for i in rising:
            demand, position = demands[i], chosen[i]
            if position + 1 >= len(demand.needs):
                continue
            more = demand.needs[position + 1] - demand.needs[position]
            share = FALL_SHARE if demand.current > position else 1.0
            if more * share <= left:
                chosen[i] += 1
                left -= more
                still.append(i)
        rising = still
    return left


class Allocator:
    """Falls at once, rises when the link has been good enough for a while."""

    def __init__(self) -> None:
        self._better_since = -1.0
        self._hold_s = HOLD_S
        self._rose_at = -FLAP_S
        self.is_first = True  # nothing has fallen yet: rise without waiting

    def look(self, budget: float, demands: Mapping[Key, Demand], now: float) -> dict[Key, int]:
        """The position for each picture now, -1 to pause it."""
        listed = list(demands.values())
        lowest = allocate(budget, listed)
        # A paused picture returns without the headroom that a better one wants.
        roomy = allocate(budget / HEADROOM, listed)
        highest = [max(high, min(low, 0)) for high, low in zip(roomy, lowest, strict=True)]
        chosen = [min(demand.current, low) for demand, low in zip(listed, lowest, strict=True)]
        if any(c < d.current for c, d in zip(chosen, listed, strict=True)):
            self._fell(now)
        wants = [i for i, d in enumerate(listed) if highest[i] > max(chosen[i], d.current)]
        if not wants:
            self._better_since = -1.0
        elif self._is_time(now):
            self._rise(wants, highest, chosen, listed, budget, now)
        return dict(zip(demands, chosen, strict=True))

    def _rise(
        self, wants: list[int], highest: list[int], chosen: list[int],
        demands: list[Demand], budget: float, now: float,
    ) -> None:  # fmt: skip
        for i in sorted(wants, key=lambda i: -demands[i].priority):
            raised = [*chosen[:i], highest[i], *chosen[i + 1 :]]
            if _cost(demands, raised) <= budget:
                chosen[i] = highest[i]
                self._rose_at = now
        self._better_since = -1.0

    def _fell(self, now: float) -> None:
        self.is_first = False
        self._better_since = -1.0
        is_flapping = now - self._rose_at < FLAP_S
        self._hold_s = min(self._hold_s * 2, HOLD_MAX_S) if is_flapping else HOLD_S

    def _is_time(self, now: float) -> bool:
        if self.is_first:
            return True
        if self._better_since < 0:
            self._better_since = now
        return now - self._better_since >= self._hold_s


def _cost(demands: Sequence[Demand], chosen: Sequence[int]) -> float:
    return sum(
        demand.needs[position]
        for demand, position in zip(demands, chosen, strict=True)
        if position >= 0
    )
