"""Whose picture is worth most when there are too many: who spoke last."""

from collections.abc import Iterable, Sequence

LAST_N = 9


class Floor:
    """People, the most recent speaker first, then who never spoke in order of coming."""

    def __init__(self) -> None:
        self.order: list[str] = []

    @property
    def first(self) -> str | None:
        """Who has the floor, or had it last."""
        return self.order[0] if self.order else None

    def heard(self, loudest_first: Sequence[str]) -> bool:
        """These speak now; whether the order changed."""
        order = [*loudest_first, *(name for name in self.order if name not in loudest_first)]
        is_changed, self.order = order != self.order, order
        return is_changed

    def forget(self, name: str) -> None:
        """Idempotent."""
        if name in self.order:
            self.order.remove(name)

    def left_out(self, shown: Iterable[str], count: int = LAST_N) -> frozenset[str]:
        """Of those shown, in order of coming, who is beyond the first so many."""
        rank = {name: place for place, name in enumerate(self.order)}
        last = len(rank)
        ranked = sorted(dict.fromkeys(shown), key=lambda name: rank.get(name, last))
        return frozenset(ranked[count:])
