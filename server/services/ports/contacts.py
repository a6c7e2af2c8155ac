"""Stored contact methods and messages to them, and whoever carries these."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from server.domain.contact_messages import Message
from server.domain.contact_methods import ContactMethod, Kind
from server.domain.webhooks import Outcome


class ContactMethodStore(Protocol):
    """The contact methods of one transaction."""

    async def add(self, method: ContactMethod) -> bool:
        """Store a new one; False when the person has the same already."""
        ...

    async def of(self, person: str) -> Sequence[ContactMethod]:
        """A person's, oldest first."""
        ...

    async def of_people(self, people: Collection[str]) -> Mapping[str, Sequence[ContactMethod]]:
        """Those of several people who have any, in one query."""
        ...

    async def lock(self, method: str, person: str) -> ContactMethod | None:
        """One of a person's, held until the transaction ends."""
        ...

    async def update(self, method: ContactMethod) -> None:
        """Store what may change."""

    async def took(self, method: str, now: datetime) -> None:
        """Something was taken for it: it works."""

    async def failed(self, method: str, error: str) -> None:
        """Something did not arrive."""

    async def remove(self, method: str) -> None:
        """Forget it and its messages."""


class ContactMessageStore(Protocol):
    """The messages of one transaction."""

    async def enqueue(self, messages: Sequence[Message]) -> None:
        """Store new ones."""

    async def about(self, kind: str, subjects: Collection[str], person: str) -> Sequence[Message]:
        """What went to somebody about things that are not over, oldest first."""
        ...

    async def cancel(self, kind: str, subject: str) -> None:
        """Forget what was not sent yet; what was sent is over."""

    async def cancel_for(self, method: str, kind: str | None = None) -> None:
        """Forget what was not sent to a method yet: all of it, or one kind."""

    async def lease(
        self, channels: Collection[Kind], now: datetime, until: datetime, limit: int
    ) -> Sequence[Message]:
        """Take due messages for a while, the most urgent first, then the oldest."""
        ...

    async def to(self, messages: Collection[str]) -> Mapping[str, ContactMethod]:
        """The methods of those messages that are still to be sent, by message, in one query."""
        ...

    async def find(self, message: str) -> Message | None:
        """One message."""
        ...

    async def record(self, message: Message) -> bool:
        """Store how an attempt went; False when it was cancelled or the gateway told more."""
        ...

    async def report(self, message: Message) -> bool:
        """Store what the gateway told; False when it had told before."""
        ...

    async def recent(
        self, channels: Collection[Kind], since: datetime, limit: int
    ) -> Sequence[Message]:
        """What was written since then, newest first."""
        ...

    async def purge(self, before: datetime) -> int:
        """Forget what ended before an instant; answers how many."""
        ...


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it leaves."""

    id: str
    channel: Kind
    to: str
    subject: str
    text: str
    link: str
    locale: str
    at: datetime
    is_urgent: bool


class Carrier(Protocol):
    """Hands messages over to whoever delivers them."""

    async def carry(self, letter: Letter) -> Outcome:
        """Send, never raise: whatever happens is an outcome."""
        ...
