"""How many layers of a source are worth sending, told to its sender without flutter."""

LAYER_OFF_S = 2.0
SOURCE_OFF_S = 10.0  # somebody may come any moment


class Demand:
    """Fed with the number of layers wanted; more is told at once, less once it lasted."""

    __slots__ = ("_is_told", "_less_since", "told")

    def __init__(self, count: int) -> None:
        self.told = count  # senders begin with all
        self._is_told = False
        self._less_since: float | None = None

    def look(self, wanted: int, now: float) -> bool:
        """Whether `told` changed and is to be told."""
        if wanted >= self.told:
            is_news = wanted > self.told or not self._is_told
            self._less_since = None
        else:
            if self._less_since is None:
                self._less_since = now
            is_news = now - self._less_since >= (LAYER_OFF_S if wanted else SOURCE_OFF_S)
        if is_news:
            self.told, self._is_told, self._less_since = wanted, True, None
        return is_news
