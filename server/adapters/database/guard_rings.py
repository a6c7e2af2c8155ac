"""For whom guard requests ring: one row per person, however many requests wait for an answer.

Every statement here is about all requests of a person at once. Locks are taken in one order
everywhere, requests, then their deadlines, then people, so that nobody waits in a circle.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.accounts import users
from server.adapters.database.deadlines import deadlines
from server.adapters.database.guard_notifications import guard_notifications, rung
from server.adapters.database.guard_requests import guard_requests, is_ringing
from server.adapters.database.inserts import insert_into
from server.adapters.database.metadata import Instant
from server.domain.deadlines import Deadline
from server.domain.guard import OPEN, State

HURRIES_LIMIT = 1000
"""Escalations brought forward at once; the rest follows with the next repetition."""
_KEY = ("request", "round", "step", "person", "channel", "device")
_NOTED = (*_KEY, "name", "is_ready", "notified_at")


class RingRows:
    """Who is rung on one connection; `kind` is that of the deadlines named after people."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def keep(
        self, kind: str, people: Collection[str], now: datetime, wait: timedelta
    ) -> None:
        """Let these be rung again in a while, or when they would be anyhow.

        What is due already may be in the hands of somebody who does not see this transaction's
        requests: it moves, so that it is not forgotten together with what was done.
        """
        new = insert_into(self._connection, deadlines)
        statement = new.on_conflict_do_update(
            index_elements=[deadlines.c.kind, deadlines.c.subject],
            set_={"due_at": new.excluded.due_at, "attempts": 0},
            where=deadlines.c.due_at <= now,
        )
        rows = [asdict(Deadline(kind, person, now + wait)) for person in sorted(people)]
        if rows:
            await self._connection.execute(statement, rows)

    async def people(self, kind: str) -> Sequence[str]:
        """Everybody who is rung."""
        query = select(deadlines.c.subject).where(deadlines.c.kind == kind)
        return list(await self._connection.scalars(query))

    async def note(
        self, person: str, channel: str, device: str, now: datetime, *, is_ready: bool
    ) -> None:
        """A row for a device in each alert that rings for somebody, unless there is one."""
        sent, here = guard_notifications.c, guard_notifications.alias("here").c
        known = exists().where(
            here.request == sent.request,
            here.round == sent.round,
            here.step >= sent.step,
            here.person == person,
            here.channel == channel,
            here.device == device,
        )
        missing = (
            select(
                sent.request,
                sent.round,
                func.max(sent.step),
                sent.person,
                literal(channel),
                literal(device),
                func.max(sent.name),
                literal(is_ready),
                literal(now, Instant()),
            )
            .where(sent.person == person, sent.outcome.is_(None), ~known)
            .group_by(sent.request, sent.round, sent.person)
        )
        new = insert_into(self._connection, guard_notifications).from_select(_NOTED, missing)
        await self._connection.execute(new.on_conflict_do_nothing())

    async def hurry(
        self,
        kind: str,
        person: str,
        heard: Collection[str],
        steps: Mapping[str, Mapping[str | None, int]],
        now: datetime,
    ) -> None:
        """Bring the next step forward for what rings for somebody and nobody hears.

        `kind` is that of the escalations, `heard` who can be heard to be called, `steps` how many
        there are by service and the requester's organisation, None being every other one.
        """
        request, beside = guard_requests.c, guard_notifications.alias("beside").c
        hears = exists().where(
            beside.request == request.id,
            beside.outcome.is_(None),
            beside.person.in_(heard),
            or_(request.passed_on.is_(None), beside.person != request.passed_on),
        )
        unheard = select(request.id).where(
            request.id.in_(rung(person)),
            request.state.in_([state.value for state in OPEN - {State.EXHAUSTED}]),
            or_(*(_has_next(service, lengths) for service, lengths in steps.items())),
            ~hears,
        )
        if person in heard:  # only what this person passed on can be unheard
            unheard = unheard.where(request.passed_on == person)
        waiting = (
            select(deadlines.c.subject)
            .where(
                deadlines.c.kind == kind, deadlines.c.due_at > now, deadlines.c.subject.in_(unheard)
            )
            .limit(HURRIES_LIMIT)
            .with_for_update(skip_locked=True)
        )
        found = list(await self._connection.scalars(waiting))
        if found:
            here = deadlines.c.kind == kind, deadlines.c.subject.in_(found)
            await self._connection.execute(update(deadlines).where(*here).values(due_at=now))

    async def forgotten(self, kind: str) -> Sequence[str]:
        """People for whom something rings and who would not be rung again."""
        sent, known = guard_notifications.c, deadlines.c
        rings = exists().where(
            sent.person == users.c.id,
            sent.outcome.is_(None),
            guard_requests.c.id == sent.request,
            is_ringing(),
        )
        query = select(users.c.id).where(
            ~exists().where(known.kind == kind, known.subject == users.c.id), rings
        )
        return list(await self._connection.scalars(query))


def _has_next(service: str, lengths: Mapping[str | None, int]) -> ColumnElement[bool]:
    request = guard_requests.c
    own = {organisation: length for organisation, length in lengths.items() if organisation}
    others = lengths[None]
    length = case(own, value=request.organisation, else_=others) if own else literal(others)
    return and_(request.service == service, request.step < length)
