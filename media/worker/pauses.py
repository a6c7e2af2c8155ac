"""Pictures in a subscriber's view that do not come: told, so that nobody takes one for alive."""

from collections.abc import Iterable

from media.protocol import PauseReason, Picture
from media.worker.consumer import Consumer


class Pauses:
    """Looked at each second: a pause counts once it lasts from one look to the next."""

    def __init__(self) -> None:
        self._seen: frozenset[tuple[str, str]] = frozenset()
        self._told: frozenset[Picture] = frozenset()

    def look(self, consumers: Iterable[Consumer]) -> tuple[Picture, ...] | None:
        """What is paused now, None while that is what was told last."""
        now = [picture for one in consumers if (picture := _paused(one)) is not None]
        lasting = frozenset(one for one in now if one[:2] in self._seen)
        self._seen = frozenset(one[:2] for one in now)
        if lasting == self._told:
            return None
        self._told = lasting
        return tuple(sorted(lasting))


def _paused(consumer: Consumer) -> Picture | None:
    producer = consumer.producer
    if not producer.is_video or not consumer.is_started or not consumer.is_shown:
        return None
    if consumer.target is not None or not producer.active:
        return None
    why = PauseReason.LIMIT if consumer.is_limited else PauseReason.LINK
    return producer.peer, producer.source, why.value
