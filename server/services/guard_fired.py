"""An escalation that fired: whom it alerts, and how a request's life and the audit tell it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.domain.accounts import User
from server.domain.audit import Fact
from server.domain.guard import Request
from server.domain.guard_notifications import Notification
from server.domain.guard_services import Firing, Step
from server.domain.timeline import EventType
from server.services.timeline import Entry

CONSOLE = "console"


@dataclass(frozen=True, slots=True)
class Sounding:
    """One alert of one person; steps count from 1, 0 is outside of the steps."""

    request: Request
    person: User
    step: int

    def rows(self, ways: Sequence[tuple[str, str]], now: datetime) -> Iterator[Notification]:
        """A row per ready way, (channel, device), or one that waits for a device."""
        for channel, device in ways or [(CONSOLE, "")]:
            yield Notification(
                self.request.id,
                self.request.round,
                self.step,
                self.person.id,
                self.person.name,
                channel,
                device,
                is_ready=bool(ways),
                notified_at=now,
            )


@dataclass(frozen=True, slots=True)
class Fired:
    """A request before and after; `people` stand beside the `steps`."""

    before: Request
    after: Request
    steps: Sequence[Step]
    people: Sequence[User | None]
    firing: Firing

    @property
    def soundings(self) -> list[Sounding]:
        """Whom it alerts, in the order of the steps."""
        found = []
        for at in self.firing.alerted:
            person = self.people[at]
            assert person is not None, "nobody is alerted at an empty step"
            found.append(Sounding(self.after, person, at + 1))
        return found

    @property
    def incidents(self) -> Sequence[int]:
        """Empty steps that nobody was told of before; they count from 0."""
        is_known = self.firing.is_exhausted and self.before.no_cover
        return () if is_known else self.firing.empty

    def events(self) -> Iterator[Entry]:
        """What the request's timeline tells."""
        phone = self.after.phone
        if self._ends_unanswered:
            yield self._event(EventType.GUARD_EXHAUSTED, phone=phone)
        for one in self.soundings:
            yield self._event(
                EventType.GUARD_ALERTED,
                step=one.step,
                person=one.person.id,
                name=one.person.name,
                channel=CONSOLE,
            )
        for at in self.firing.told:
            yield self._event(
                EventType.GUARD_PHONE_TREE, step=at + 1, text=self.steps[at].text, phone=phone
            )
        for at in self.incidents:
            yield self._event(EventType.GUARD_NO_COVER, step=at + 1, phone=phone)

    def facts(self, now: datetime) -> Iterator[Fact]:
        """What the audit keeps."""
        name = self.after.id
        if self._ends_unanswered:
            yield Fact(now, "system", "guard.exhausted", name, {})
        for one in self.soundings:
            data = {"step": one.step, "person": one.person.id}
            yield Fact(now, "system", "guard.alerted", name, data)
        for at in self.incidents:
            data = {"step": at + 1, "rota": self.steps[at].rota}
            yield Fact(now, "system", "guard.no_cover", name, data)

    @property
    def _ends_unanswered(self) -> bool:
        return self.firing.is_exhausted and self.before.state is not self.after.state

    def _event(self, kind: EventType, **data: Any) -> Entry:
        return Entry(self.after.room, kind, None, data)
