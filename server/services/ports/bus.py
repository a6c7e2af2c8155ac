"""Messages for live sockets, within a process or between processes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to live sockets, to one room, person, peer or session, or to everyone.

    `name` is the wire event (docs/protocol.md §5); `data` its payload, JSON values only.
    A room's notice reaches every joined peer of it but `but_peer`.
    """

    name: str
    data: Mapping[str, Any] = field(default_factory=dict)
    room: str | None = None
    person: str | None = None
    peer: str | None = None
    session: str | None = None
    but_peer: str | None = None
    everyone: bool = False
    """Everybody with an account who is connected to `/alerts`."""


Listener = Callable[[Notice], Awaitable[None]]


class Bus(Protocol):
    """At-most-once fan-out to every process, in order per publisher."""

    async def publish(self, notice: Notice) -> None:
        """Hand over to every subscriber of every process. Raises Unavailable when it cannot."""
        ...

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` for each notice; the answer ends it."""
        ...

    async def start(self) -> None:
        """Connect."""
        ...

    async def close(self) -> None:
        """Disconnect; idempotent."""
        ...
