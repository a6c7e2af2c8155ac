"""Who speaks, from the levels that browsers measured (RFC 6464)."""

from collections.abc import Mapping, Sequence

SILENT = 127
SPEAKS = 50  # -dBov
FALLS_SILENT = 60
LOUDER_DB = 6
CHALLENGES = 2  # looks in a row before the floor changes hands
_WEIGHT = 0.4  # of the newest look

Ranking = tuple[tuple[str, int], ...]


class SpeakerRanking:
    """Loudest first, with hysteresis for the first place."""

    def __init__(self) -> None:
        self._smoothed: dict[str, float] = {}
        self._speaking: set[str] = set()
        self._dominant = ""
        self._challenges = 0
        self._told: Ranking = ()

    def look(self, levels: Mapping[str, int]) -> Ranking | None:
        """Feed each peer's loudest level since the last look; the ranking when it changed."""
        self._smooth(levels)
        for peer, level in self._smoothed.items():
            if level <= SPEAKS:
                self._speaking.add(peer)
            elif level >= FALLS_SILENT:
                self._speaking.discard(peer)
        self._speaking &= self._smoothed.keys()
        ranking = self._ranking()
        if not _differs(ranking, self._told):
            return None
        self._told = ranking
        return ranking

    def _smooth(self, levels: Mapping[str, int]) -> None:
        before = self._smoothed
        self._smoothed = {
            peer: before.get(peer, SILENT) * (1 - _WEIGHT) + level * _WEIGHT
            for peer, level in levels.items()
        }

    def _ranking(self) -> Ranking:
        order = sorted(self._speaking, key=lambda peer: (self._smoothed[peer], peer))
        if order and order[0] != self._dominant:
            self._contest(order)
        else:
            self._challenges = 0
        if not order:
            self._dominant = ""
        if self._dominant in order:
            order.remove(self._dominant)
            order.insert(0, self._dominant)
        return tuple((peer, round(self._smoothed[peer])) for peer in order)

    def _contest(self, order: Sequence[str]) -> None:
        """The first place changes when its holder is silent or clearly outspoken for a while."""
        if self._dominant not in order:
            self._dominant, self._challenges = order[0], 0
            return
        lead = self._smoothed[self._dominant] - self._smoothed[order[0]]
        self._challenges = self._challenges + 1 if lead >= LOUDER_DB else 0
        if self._challenges >= CHALLENGES:
            self._dominant, self._challenges = order[0], 0


def _differs(ranking: Ranking, told: Ranking) -> bool:
    if [peer for peer, _ in ranking] != [peer for peer, _ in told]:
        return True
    return any(
        abs(level - before) >= LOUDER_DB
        for (_, level), (_, before) in zip(ranking, told, strict=True)
    )
