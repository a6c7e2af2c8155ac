"""Threads: chat with whoever holds a role, and urgent messages that repeat until acknowledged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from server.domain.errors import Forbidden, Invalid

REPEAT_DEFAULT_S = 60
REPEAT_RANGE_S = (5, 3600)


@dataclass(frozen=True, slots=True)
class Thread:
    """A room whose seat of a role is whoever holds it now; `room` is its id too.

    `holder_seated` tells that the role alone brought the holder in, and that it ends with duty.
    `urgent` and `acknowledged` are seqs of messages; 0 is none.
    """

    room: str
    rota: str
    opener: str
    client_id: str
    created_at: datetime
    repeat_s: int = REPEAT_DEFAULT_S
    holder: str | None = None
    holder_seated: bool = False
    backup: str | None = None
    escalated_at: datetime | None = None
    last: int = 0
    urgent: int = 0
    urgent_at: datetime | None = None
    reminders: int = 0
    reminded_at: datetime | None = None
    acknowledged: int = 0
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None

    @classmethod
    def open(
        cls, room: str, rota: str, opener: str, client_id: str, now: datetime, repeat_s: int
    ) -> Self:
        """A new one. Raises Invalid."""
        least, most = REPEAT_RANGE_S
        if not least <= repeat_s <= most:
            raise Invalid("An urgent message repeats every 5 to 3600 seconds.", path="repeat_s")
        return cls(room, rota, opener, client_id, now, repeat_s)

    @property
    def is_outstanding(self) -> bool:
        """Whether an urgent message waits for somebody of the role."""
        return self.urgent > self.acknowledged

    @property
    def on_duty(self) -> tuple[str, ...]:
        """Who answers for the role: its holder, and whom it was escalated to."""
        return tuple(dict.fromkeys(one for one in (self.holder, self.backup) if one is not None))

    @property
    def repeats_in(self) -> timedelta:
        """The wait between two reminders."""
        return timedelta(seconds=self.repeat_s)

    def seat(self, holder: str | None, *, seated: bool) -> Self:
        """Somebody else holds the role now; who was asked before stays asked."""
        return replace(self, holder=holder, holder_seated=seated)

    def posted(self, seq: int, sender: str, now: datetime, *, urgent: bool) -> Self:
        """A message; an answer from the role acknowledges what came before it."""
        after = replace(self, last=seq)
        if sender in self.on_duty and sender != self.opener:
            return after.acknowledge(sender, seq, now) if self.is_outstanding else after
        return after._raise(seq, now) if urgent else after

    def acknowledge(self, person: str, seq: int, now: datetime) -> Self:
        """Somebody of the role has it, up to a message. Raises Forbidden to others."""
        if person not in self.on_duty:
            raise Forbidden(needs="duty")
        if seq <= self.acknowledged:
            return self
        return replace(
            self,
            acknowledged=min(seq, self.last),
            acknowledged_by=person,
            acknowledged_at=now,
        )

    def escalate(self, backup: str | None, now: datetime) -> Self:
        """Ask the second person too; what was not acknowledged is urgent from now on."""
        after = replace(self, backup=backup or self.backup, escalated_at=now)
        if self.is_outstanding or self.last <= self.acknowledged:
            return after
        return after._raise(self.last, now)

    def remind(self, now: datetime) -> Self:
        """The holder was told again."""
        return replace(self, reminders=self.reminders + 1, reminded_at=now)

    def withdraw(self) -> Self:
        """The urgent message is no more."""
        return replace(self, urgent=0)

    def _raise(self, seq: int, now: datetime) -> Self:
        if self.is_outstanding:
            return replace(self, urgent=seq)
        return replace(self, urgent=seq, urgent_at=now, reminders=0, reminded_at=None)
