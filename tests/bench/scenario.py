"""Who sends to whom, and how much."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scenario:
    """As many equal rooms as asked for; people's names begin with their room's."""

    name: str
    publishers: int
    subscribers: int  # 0: the publishers watch each other
    multiplier: float = 1.0
    paced: bool = False
    rooms: int = 1

    @property
    def senders(self) -> list[str]:
        """Names of the publishers; their places here are their numbers."""
        return self._people("publisher", self.publishers)

    @property
    def receivers(self) -> list[str]:
        """Names of the subscribers."""
        return self._people("subscriber", self.subscribers) or self.senders

    def watched(self, receiver: str) -> list[int]:
        """Numbers of the publishers a subscriber sees."""
        room = room_of(receiver)
        return [
            number
            for number, name in enumerate(self.senders)
            if name != receiver and room_of(name) == room
        ]

    @property
    def expect(self) -> dict[str, list[int]]:
        """Subscriber → publishers it should see."""
        return {name: self.watched(name) for name in self.receivers}

    @property
    def fan_out(self) -> float:
        """Packets forwarded for each one received."""
        return sum(map(len, self.expect.values())) / len(self.senders)

    def _people(self, kind: str, count: int) -> list[str]:
        return [f"room-{r}:{kind}-{i}" for r in range(self.rooms) for i in range(count)]


def room_of(name: str) -> str:
    """The room of a person."""
    return name.partition(":")[0]
