"""Stored slots and the bookings that take them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from server.domain.slots import Slot


@dataclass(frozen=True, slots=True)
class Expert:
    """A specialist of a centre, who may be consulted there."""

    person: str
    name: str
    centre: str
    centre_name: str


class SlotStore(Protocol):
    """The slots of one transaction."""

    async def add(self, slots: Sequence[Slot]) -> None:
        """Store new ones. Raises SlotsOverlap when one begins as another of its expert."""

    async def lock(self, slot: str) -> Slot | None:
        """One that nobody else books or withdraws until this transaction ends."""
        ...

    async def book(self, slot: str, consultation: str) -> bool:
        """Take it; False when it is taken: the database allows one booking per slot."""
        ...

    async def release(self, consultation: str) -> None:
        """Give back whatever the consultation holds."""

    async def remove(self, slot: str) -> None:
        """Forget one that nobody booked."""

    async def free(
        self,
        since: datetime,
        until: datetime | None,
        centre: str | None,
        expert: str | None,
        limit: int,
    ) -> Sequence[Slot]:
        """Those that nobody booked, earliest first, named."""
        ...

    async def of_centres(
        self, centres: Collection[str], since: datetime, limit: int
    ) -> Sequence[Slot]:
        """The agenda of some centres, earliest first, named."""
        ...

    async def of_expert(self, expert: str, since: datetime) -> Sequence[Slot]:
        """Those of one expert."""
        ...

    async def experts(self) -> Sequence[Expert]:
        """Active specialists of the expert centres, by name."""
        ...

    async def staff(self, centre: str) -> Sequence[str]:
        """Active specialists and booking clerks of a centre."""
        ...
