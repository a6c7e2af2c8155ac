"""Televisits from the agenda to their end; each move belongs to the clinician whose visit it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from server.domain.access import Actor, RoomRole
from server.domain.accounts import User
from server.domain.consultations import initials
from server.domain.deadlines import Deadline
from server.domain.errors import Invalid
from server.domain.patients import Identity, Patient
from server.domain.reports import AUTHORS, ReportKind
from server.domain.rooms import TITLE_LIMIT, RoomKind
from server.domain.televisit_records import Consent, Guest, Manner, Measured, Verdict
from server.domain.televisits import State, Televisit, reason_of, require_time
from server.domain.texts import is_storable
from server.domain.timeline import EventType, Sender
from server.services.case_rooms import close_room, open_room
from server.services.patients import identify
from server.services.ports.clock import Clock, Fresh
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.qualifications import account_of, qualified
from server.services.quality_record import QualityRecord
from server.services.reports import start_report
from server.services.televisit_moves import LAPSE, LAPSE_AFTER, announce, settle
from server.services.televisit_views import Insight, Sight, insight, into, sight

CLINICIANS = AUTHORS[ReportKind.TELEVISIT]
"""Whoever may hold a televisit: those who may write its report."""
AGENDA_MOST = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A new televisit."""

    name: str
    birth_date: date
    identifier: str
    starts_at: datetime
    minutes: int
    reason: str


@dataclass(frozen=True, slots=True)
class Agenda:
    """Some televisits, earliest first, and their patients."""

    items: Sequence[Televisit]
    patients: Mapping[str, Patient]


class Televisits:
    """Use cases of televisits."""

    def __init__(
        self, database: Database, clock: Clock, fresh: Fresh, record: QualityRecord
    ) -> None:
        """`record` knows what the patient's link was like."""
        self._record = record
        self._database = database
        self._clock = clock
        self._fresh = fresh

    async def schedule(self, actor: Actor, told: Schedule) -> Sight:
        """Put a visit into one's agenda; its room opens. Raises PatientMismatch, Invalid."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            user = await qualified(uow, actor, *CLINICIANS)
            one = await add_televisit(uow, user, told, now, self._fresh)
            return await sight(uow, Insight(one, user))

    async def agenda(self, actor: Actor, since: datetime, until: datetime) -> Agenda:
        """One's visits that begin in the interval. Raises Invalid for more than 62 days."""
        if not timedelta(0) < until - since <= AGENDA_MOST:
            raise Invalid("An agenda spans at most 62 days.", path="until")
        async with self._database.reading() as uow:
            user = await account_of(uow, actor)
            items = await uow.televisits.agenda(user.id, since, until)
            return Agenda(items, await uow.patients.named([one.patient for one in items]))

    async def of_room(self, actor: Actor, room: str) -> Agenda:
        """The visit whose room this is. Raises NotFound for strangers."""
        async with self._database.reading() as uow:
            user = await account_of(uow, actor)
            found = await uow.televisits.of_room(room) if is_storable(room) else None
            one = (await into(uow, user, found)).televisit
            return Agenda([one], await uow.patients.named([one.patient]))

    async def get(self, actor: Actor, televisit: str) -> Sight:
        """One of them. Raises NotFound for strangers."""
        async with self._database.reading() as uow:
            return await sight(uow, await insight(uow, actor, televisit))

    async def identify(self, actor: Actor, televisit: str, *, document_seen: bool) -> Sight:
        """Both identifiers agree with what the patient says or shows. Raises WrongStep."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            seen = await self._own(uow, actor, televisit)
            moved = seen.televisit.identify(seen.user.id, now, document_seen=document_seen)
            event = EventType.TELEVISIT_IDENTIFIED
            return await self._settle(uow, seen, moved, event, document_seen=document_seen)

    async def consent(
        self, actor: Actor, televisit: str, *, given: bool, by: Guest, how: Manner
    ) -> Sight:
        """Record who agreed to the visit, or did not. Raises WrongStep, IdentityMissing."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            seen = await self._own(uow, actor, televisit)
            moved = seen.televisit.agree(Consent(given, by, how, seen.user.id, now))
            event = EventType.TELEVISIT_CONSENTED if given else EventType.TELEVISIT_REFUSED
            facts = {"consenting": by.value, "how": how.value}
            return await self._settle(uow, seen, moved, event, **facts)

    async def begin(self, actor: Actor, televisit: str) -> Sight:
        """From now on it counts. Raises WrongStep, IdentityMissing, ConsentMissing."""
        async with self._database.transaction() as uow:
            seen = await self._own(uow, actor, televisit)
            moved = seen.televisit.begin(self._clock.now())
            return await self._settle(uow, seen, moved, EventType.TELEVISIT_BEGUN)

    async def conclude(self, actor: Actor, televisit: str, verdict: Verdict) -> Sight:
        """End it, or complete what was said of it; the report starts. Raises WrongStep, Invalid."""
        now, fresh = self._clock.now(), self._fresh
        async with self._database.transaction() as uow:
            seen = await self._own(uow, actor, televisit)
            measured = await self._measured(uow, seen.televisit)
            moved = seen.televisit.conclude(replace(verdict, measured=measured), now)
            await start_report(
                uow,
                ReportKind.TELEVISIT,
                moved.room,
                moved.id,
                moved.patient,
                moved.title,
                seen.user,
                now,
                fresh,
            )
            quality = moved.verdict.link_quality
            facts = {
                "link_quality": quality.value if quality else None,
                "suitable": moved.verdict.suitable,
            }
            return await self._settle(uow, seen, moved, EventType.TELEVISIT_CONCLUDED, **facts)

    async def cancel(self, actor: Actor, televisit: str) -> Sight:
        """It will not take place; its room ends. Raises WrongStep."""
        async with self._database.transaction() as uow:
            seen = await self._own(uow, actor, televisit)
            moved = seen.televisit.cancel(self._clock.now())
            return await self._settle(uow, seen, moved, EventType.TELEVISIT_CANCELLED)

    async def not_attended(self, actor: Actor, televisit: str) -> Sight:
        """The patient did not come; its room ends. Raises WrongStep, TooEarly."""
        async with self._database.transaction() as uow:
            seen = await self._own(uow, actor, televisit)
            moved = seen.televisit.miss(self._clock.now())
            return await self._settle(uow, seen, moved, EventType.TELEVISIT_NOT_ATTENDED)

    async def lapse(self, uow: UnitOfWork, due: Deadline, now: datetime) -> None:
        """Nobody came and nobody said so."""
        one = await uow.televisits.lock(due.subject)
        if one is not None and one.state is State.SCHEDULED:
            event = EventType.TELEVISIT_NOT_ATTENDED
            await settle(uow, one.miss(now), event, None, now, self._fresh)

    async def close(self, uow: UnitOfWork, due: Deadline, now: datetime) -> None:
        """End the room of a visit that was concluded a while ago; its report stays open."""
        one = await uow.televisits.lock(due.subject)
        if one is not None and one.concluded_at is not None:
            await close_room(uow, one.room, None, now, self._fresh)

    async def _measured(self, uow: UnitOfWork, one: Televisit) -> Measured | None:
        """The guests' links from the visit's beginning, as this server saw them."""
        if one.started_at is None:
            return None
        begun = one.started_at.replace(second=0, microsecond=0)  # with the minute under way
        mean = await self._record.guests(uow, one.room, begun)
        return None if mean is None else Measured(mean.score, mean.rtt_ms, mean.loss)

    async def _own(self, uow: UnitOfWork, actor: Actor, televisit: str) -> Insight:
        seen = await insight(uow, actor, televisit, locked=True)
        seen.require_clinician()
        return seen

    async def _settle(
        self, uow: UnitOfWork, seen: Insight, moved: Televisit, event: EventType, **facts: Any
    ) -> Sight:
        await settle(uow, moved, event, seen.user, self._clock.now(), self._fresh, **facts)
        return await sight(uow, Insight(moved, seen.user))


async def add_televisit(
    uow: UnitOfWork, user: User, told: Schedule, now: datetime, fresh: Fresh
) -> Televisit:
    """Schedule in one's own transaction. Raises PatientMismatch, Invalid."""
    who = Identity.of(told.name, told.birth_date, told.identifier, now.date())
    reason = reason_of(told.reason)
    require_time(told.starts_at, told.minutes, now)
    patient = await identify(uow, who, fresh)
    title = f"{initials(patient.name)} · {user.name}"[:TITLE_LIMIT]
    room = await open_room(
        uow,
        RoomKind.TELEVISIT,
        title,
        user,
        [(user.id, user.name, RoomRole.HOST)],
        now,
        fresh,
        scheduled_at=told.starts_at,
        duration_minutes=told.minutes,
        lobby=True,
    )
    one = Televisit(
        fresh.id(),
        room.id,
        title,
        user.id,
        user.name,
        patient.id,
        reason,
        told.starts_at,
        told.minutes,
        now,
    )
    await uow.televisits.add(one)
    await uow.deadlines.set(Deadline(LAPSE, one.id, one.ends_at + LAPSE_AFTER))
    sender, event = Sender(user.id, user.name), EventType.TELEVISIT_SCHEDULED
    await announce(uow, one, event, sender, now, fresh)
    return one
