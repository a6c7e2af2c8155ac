"""Stored guard services, requests, notifications and consoles."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from server.domain.contact_messages import MessageState
from server.domain.guard import Request, State
from server.domain.guard_handovers import HandOver
from server.domain.guard_notifications import Console, Notification, Outcome
from server.domain.guard_services import GuardService


class GuardServiceStore(Protocol):
    """The guard services of one transaction."""

    async def add(self, service: GuardService) -> bool:
        """Store a new one; False when its organisation has one of this name."""
        ...

    async def find(self, service: str) -> GuardService | None:
        """One service."""
        ...

    async def named(self, services: Collection[str]) -> Mapping[str, GuardService]:
        """Those of the ids that exist, by id, in one query."""
        ...

    async def all(self, *, retired: bool = False) -> Sequence[GuardService]:
        """Every one that takes requests, or ever did; by name."""
        ...

    async def update(self, service: GuardService) -> bool:
        """Store it as the next version; False when it is not this version."""
        ...

    async def next_number(self, service: str) -> int | None:
        """Count one more request of a service; None when it takes none any more."""
        ...


class GuardRequestStore(Protocol):
    """The guard requests of one transaction."""

    async def add(self, request: Request) -> None:
        """Store a new one."""

    async def find(self, request: str) -> Request | None:
        """One request."""
        ...

    async def named(self, requests: Collection[str]) -> Mapping[str, Request]:
        """Those of the ids that exist, by id, in one query."""
        ...

    async def lock(self, request: str) -> Request | None:
        """The same, kept as it is until the transaction ends."""
        ...

    async def lock_all(self, requests: Collection[str]) -> Sequence[Request]:
        """Several, locked in one order everywhere."""
        ...

    async def of_room(self, room: str) -> Request | None:
        """The one whose room it is."""
        ...

    async def update(self, request: Request) -> bool:
        """Store it as the next version; False when somebody else was faster."""
        ...

    async def update_locked(self, requests: Sequence[Request]) -> Sequence[Request]:
        """Store several that this transaction locked or added, each as its next version."""
        ...

    async def of_person(
        self, person: str, states: Collection[State], before: str | None, limit: int
    ) -> Sequence[Request]:
        """Those somebody made or accepted, newest first, older than an id."""
        ...

    async def is_busy(self, service: str) -> bool:
        """Whether a service has requests that are neither closed nor cancelled."""
        ...

    async def ringing(self, person: str, limit: int) -> Sequence[Request]:
        """Those that ring for somebody, the most urgent first, then the oldest."""
        ...

    async def waiting(
        self, services: Collection[str], person: str, states: Collection[State], limit: int
    ) -> Sequence[Request]:
        """Those of services that nobody accepted, and those referred to a person; oldest first."""
        ...


class HandOverStore(Protocol):
    """Hand-overs of guards of one transaction."""

    async def add(self, handover: HandOver) -> None:
        """Store a new one."""

    async def find(self, handover: str) -> HandOver | None:
        """One, kept as it is until the transaction ends."""
        ...

    async def answer(self, handover: HandOver) -> bool:
        """Store its answer; False when it has one."""
        ...

    async def standing(self, rotas: Collection[str]) -> Mapping[str, HandOver]:
        """The last of each rota that is offered or refused, in one query."""
        ...

    async def of_person(self, person: str, limit: int) -> Sequence[HandOver]:
        """Those that somebody offered or was offered and that wait, newest first."""
        ...


class NotificationStore(Protocol):
    """Whom requests were sent to, of one transaction."""

    async def add(self, *new: Notification) -> None:
        """Store some; one that is there already stays."""

    async def of_requests(self, requests: Collection[str]) -> Sequence[Notification]:
        """All of some requests, in the order in which they were sent."""
        ...

    async def pending(self, *requests: str) -> Sequence[Notification]:
        """Those of some requests without an outcome."""
        ...

    async def pending_of(self, person: str) -> Sequence[Notification]:
        """Those of a person without an outcome, oldest first."""
        ...

    async def mark_delivered(self, notification: Notification, now: datetime) -> bool:
        """It arrived on its device; False when that was known."""
        ...

    async def mark_seen(self, notification: Notification, now: datetime) -> bool:
        """It was looked at on its device; False when that was known."""
        ...

    async def mark_state(self, notification: Notification, state: MessageState) -> None:
        """How far its message is."""

    async def end(self, request: str, outcome: Outcome, person: str | None = None) -> None:
        """Give those without an outcome one: everybody's, or one person's."""


class ConsoleStore(Protocol):
    """Who can be heard to be called, of one transaction."""

    async def save(self, console: Console) -> None:
        """Store it instead of its former state."""

    async def remove(self, person: str, device: str) -> None:
        """Forget one."""

    async def renew(self, consoles: Collection[tuple[str, str]], until: datetime) -> None:
        """Let these, by person and device, count on."""

    async def of(self, people: Collection[str], now: datetime) -> Sequence[Console]:
        """Those of people that count now."""
        ...
