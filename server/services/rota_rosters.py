"""Rosters of rotas, out and in, and the feeds that calendar programs follow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hmac import compare_digest
from itertools import pairwise

from server.domain.access import Actor
from server.domain.accounts import Status, User
from server.domain.deadlines import Deadline
from server.domain.errors import Forbidden, Invalid, LimitExceeded, Unauthenticated
from server.domain.invitations import digest
from server.domain.rosters import Change, Entry, changes
from server.domain.rota import OVERRIDES_LIMIT, Override, Rota, shifts
from server.domain.texts import is_storable
from server.services.changes import tell_changed
from server.services.guard_pasts import keep_rota
from server.services.on_call import able
from server.services.ports.clock import Clock, Fresh
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.qualifications import account_of
from server.services.rotas import CHECK, DUTY, found, may_edit

RANGE_LIMIT = timedelta(days=400)
CHANGES_LIMIT = 500
FEED_BACK, FEED_AHEAD = timedelta(days=31), timedelta(days=183)


@dataclass(frozen=True, slots=True)
class Roster:
    """Duties of one rota."""

    rota: Rota
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Taken:
    """What taking a roster in does: duties added, former ones removed, who changes.

    `changes` are at most CHANGES_LIMIT, those of the first RANGE_LIMIT; `named` are their people.
    """

    added: int
    removed: int
    changes: Sequence[Change]
    named: Mapping[str, User]


class Rosters:
    """Use cases of rosters and feeds."""

    def __init__(self, database: Database, clock: Clock, fresh: Fresh) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh

    async def read(self, actor: Actor, rota_id: str, start: datetime, end: datetime) -> Roster:
        """Who is on duty in a stretch of time. Raises NotFound, Invalid."""
        if not start < end <= start + RANGE_LIMIT:
            raise Invalid("Ask for at most 400 days.", path="until")
        async with self._database.reading() as uow:
            await account_of(uow, actor)
            rota = await found(uow, rota_id)
            return Roster(rota, await _entries(uow, rota, start, end))

    async def zone(self, actor: Actor, rota_id: str) -> str:
        """Whose wall clock a rota follows. Raises NotFound."""
        async with self._database.reading() as uow:
            await account_of(uow, actor)
            return (await found(uow, rota_id)).zone

    async def preview(
        self, actor: Actor, rota_id: str, entries: Sequence[Entry], *, replaces: bool
    ) -> Taken:
        """What `take_in` would do, and nothing of it. Raises as that does."""
        async with self._database.reading() as uow:
            plan = await self._plan(uow, actor, rota_id, entries, replaces=replaces)
            return await _taken(uow, plan)

    async def take_in(
        self, actor: Actor, rota_id: str, entries: Sequence[Entry], *, replaces: bool
    ) -> Taken:
        """Make a roster's duties temporary shifts, all or none.

        With `replaces`, former temporary shifts that begin within it go.
        Raises NotFound, Forbidden, Invalid with the line, LimitExceeded.
        """
        now = self._clock.now()
        async with self._database.transaction() as uow:
            await uow.rotas.lock(rota_id)
            plan = await self._plan(uow, actor, rota_id, entries, replaces=replaces)
            rota, made, former = plan.rota, plan.made, plan.former
            await keep_rota(uow, rota, now)
            for each in former:
                await uow.rotas.remove_override(rota.id, each.id)
            for each in made:
                await uow.rotas.add_override(rota.id, each)
            trail = {"added": len(made), "removed": len(former)}
            await uow.audit.record(now, plan.user.id, "rota.roster-taken-in", rota.id, trail)
            for kind in (DUTY, CHECK):
                await uow.deadlines.set(Deadline(kind, rota.id, now))
            people = {*rota.people, *(each.member for each in made)}
            tell_changed(uow, "rotas", rota.id, people | await uow.accounts.administrators())
            return await _taken(uow, plan)

    async def _plan(
        self,
        uow: UnitOfWork,
        actor: Actor,
        rota_id: str,
        entries: Sequence[Entry],
        *,
        replaces: bool,
    ) -> _Plan:
        user = await account_of(uow, actor)
        rota = await found(uow, rota_id)
        if not may_edit(user, rota.organisation):
            raise Forbidden
        ordered = sorted(entries, key=lambda each: each.start)
        if not ordered:
            raise Invalid("There is no duty in it.", path="text", why="none")
        if any(one.end > other.start for one, other in pairwise(ordered)):
            raise Invalid("Two duties overlap.", path="text", why="overlap")
        made = await self._overrides(uow, rota, entries)
        former = _within(rota, ordered[0].start, ordered[-1].end) if replaces else []
        if len(rota.overrides) - len(former) + len(made) > OVERRIDES_LIMIT:
            raise LimitExceeded(limit="overrides")
        return _Plan(user, rota, made, former)

    async def _overrides(
        self, uow: UnitOfWork, rota: Rota, entries: Sequence[Entry]
    ) -> list[Override]:
        known = await _directory(uow, rota)
        made = []
        for line, each in enumerate(entries, 1):
            member = known.get((each.person or each.name).casefold())
            if member is None and each.person:
                member = await _by_mail(uow, each.person)
                known[each.person.casefold()] = member
            if member is None or not able(member, rota):
                raise Invalid(
                    "This person does not hold the role.", path="text", entry=line, why="role"
                )
            made.append(self._override(each, member, line))
        return made

    def _override(self, entry: Entry, member: User, line: int) -> Override:
        try:
            return Override.of(self._fresh.id(), entry.start, entry.end, member.id, temporary=True)
        except Invalid as error:
            raise Invalid(str(error), path="text", entry=line, why="end") from error

    async def renew_feed(self, actor: Actor) -> tuple[User, str]:
        """A new password for calendar programs; the former ends. It is told this once."""
        now, secret = self._clock.now(), self._fresh.secret()
        async with self._database.transaction() as uow:
            user = await account_of(uow, actor)
            await uow.rota_requests.set_feed(user.id, digest(secret), now)
            await uow.audit.record(now, user.id, "rota.feed-renewed", user.id, {})
        return user, secret

    async def end_feed(self, actor: Actor) -> None:
        """Let no calendar program read any more."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            user = await account_of(uow, actor)
            await uow.rota_requests.set_feed(user.id, None, now)
            await uow.audit.record(now, user.id, "rota.feed-ended", user.id, {})

    async def feed(
        self, email: str, secret: str, rota_id: str | None
    ) -> tuple[str, Sequence[Roster]]:
        """A rota's duties, or one's own on every rota; and whose feed it is.

        Raises Unauthenticated, NotFound.
        """
        now = self._clock.now()
        start, end = now - FEED_BACK, now + FEED_AHEAD
        async with self._database.reading() as uow:
            user = await self._follower(uow, email, secret)
            if rota_id is not None:
                rota = await found(uow, rota_id)
                return rota.name, [Roster(rota, await _entries(uow, rota, start, end))]
            mine = [rota for rota in await uow.rotas.all() if user.id in rota.people]
            return user.name, [
                Roster(rota, await _entries(uow, rota, start, end, user.id)) for rota in mine
            ]

    async def _follower(self, uow: UnitOfWork, email: str, secret: str) -> User:
        user = await _by_mail(uow, email) if is_storable(email) else None
        kept = await uow.rota_requests.feed(user.id) if user else None
        is_right = compare_digest(kept or "", digest(secret))
        if user is None or user.status is not Status.ACTIVE or not is_right:
            raise Unauthenticated
        return user


@dataclass(frozen=True, slots=True)
class _Plan:
    user: User
    rota: Rota
    made: Sequence[Override]
    former: Sequence[Override]


async def _taken(uow: UnitOfWork, plan: _Plan) -> Taken:
    touched = [*plan.made, *plan.former]
    start = min(each.start for each in touched)
    end = max(each.end for each in touched)
    end = start + RANGE_LIMIT if end - start > RANGE_LIMIT else end
    gone = {each.id for each in plan.former}
    kept = [each for each in plan.rota.overrides if each.id not in gone]
    after = replace(plan.rota, overrides=(*kept, *plan.made))
    found = changes(plan.rota, after, start, end)[:CHANGES_LIMIT]
    people = {who for each in found for who in (each.former, each.coming) if who is not None}
    return Taken(len(plan.made), len(plan.former), found, await uow.accounts.named(people))


async def _entries(
    uow: UnitOfWork, rota: Rota, start: datetime, end: datetime, only: str | None = None
) -> list[Entry]:
    people = await uow.accounts.named(rota.people)
    return [
        Entry(each.start, each.end, people[each.member].email, people[each.member].name)
        for each in shifts(rota, start, end)
        if each.member is not None and only in (None, each.member)
    ]


async def _directory(uow: UnitOfWork, rota: Rota) -> dict[str, User | None]:
    """The rota's people by mail address, and by name where only one has it."""
    people: Mapping[str, User] = await uow.accounts.named(rota.people)
    known: dict[str, User | None] = {}
    for each in people.values():
        name = each.name.casefold()
        known[name] = None if name in known else each
    return known | {each.email.casefold(): each for each in people.values()}


async def _by_mail(uow: UnitOfWork, email: str) -> User | None:
    if not is_storable(email):
        return None
    credentials = await uow.accounts.credentials(email=email.casefold())
    return credentials.user if credentials else None


def _within(rota: Rota, start: datetime, end: datetime) -> list[Override]:
    return [each for each in rota.overrides if each.temporary and start <= each.start < end]


def in_one(rosters: Iterable[Roster]) -> list[Entry]:
    """The duties of several rosters, by time."""
    return sorted((each for one in rosters for each in one.entries), key=lambda each: each.start)
