"""Reading the quality record: one's own call, or the network's worst."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from server.domain import call_quality as rules
from server.domain.access import Ability, Actor
from server.domain.call_quality import CallSummary, LinkPath, Minute, PathShare
from server.domain.errors import NotFound
from server.services.access import access
from server.services.ports.call_quality import CallSpan, Worst
from server.services.ports.clock import Clock
from server.services.ports.unit_of_work import Database, UnitOfWork

CALLS_LIMIT = 50
MINUTES_LIMIT = 5000


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call's links, person by person; a name is None where it is not told."""

    call: str
    minutes: Sequence[Minute]
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RoomRecord:
    """Calls of a room, newest first, and one of them."""

    calls: Sequence[CallSpan]
    shown: CallRecord | None


@dataclass(frozen=True, slots=True)
class WorstPage:
    """Some calls; `next` is the place of the last when there are more."""

    items: Sequence[CallSummary]
    next: Worst | None


class CallQuality:
    """Use cases of the quality record."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self._clock = clock

    async def of_room(self, actor: Actor, room_id: str, call: str | None = None) -> RoomRecord:
        """A call of a room, without `call` the newest; guests see themselves only.

        Raises NotFound, Waiting, Forbidden. Whoever reads others' figures is audited.
        """
        async with self.database.transaction() as uow:
            await access(uow, actor, room_id, Ability.SUBSCRIBE, even_closed=True)
            calls = await uow.call_quality.calls(room_id, CALLS_LIMIT)
            chosen = call or (calls[0].call if calls else None)
            if chosen is None:
                return RoomRecord([], None)
            only = actor.person if actor.is_guest else None
            minutes = await uow.call_quality.of_call(chosen, MINUTES_LIMIT, only)
            if any(one.seat.room != room_id for one in minutes) or (call and not minutes):
                raise NotFound
            members = await uow.memberships.of_room(room_id)
            names = {one.person: one.name for one in members}
            if only is None:
                await self._audit(uow, actor, chosen, room_id)
            return RoomRecord(calls, CallRecord(chosen, minutes, names))

    async def worst(
        self,
        actor: Actor,
        days: int,
        limit: int,
        *,
        site: str | None = None,
        path: LinkPath | None = None,
        after: Worst | None = None,
    ) -> WorstPage:
        """The network's calls, worst first. Raises Forbidden, Invalid."""
        actor.require_administrator()
        begin = rules.since(self._clock.now(), days)
        async with self.database.reading() as uow:
            found = await uow.call_quality.worst(
                begin, limit + 1, site=site, path=path, after=after
            )
        items = found[:limit]
        following = Worst(items[-1].score, items[-1].call) if len(found) > limit else None
        return WorstPage(items, following)

    async def shares(self, actor: Actor, days: int) -> Sequence[PathShare]:
        """How links did by site and path. Raises Forbidden, Invalid."""
        actor.require_administrator()
        begin = rules.since(self._clock.now(), days)
        async with self.database.reading() as uow:
            return await uow.call_quality.shares(begin)

    async def of_call(self, actor: Actor, call: str) -> CallRecord:
        """One call for an administrator: colleagues by name, never a patient. Audited.

        Raises Forbidden, NotFound.
        """
        actor.require_administrator()
        async with self.database.transaction() as uow:
            minutes = await uow.call_quality.of_call(call, MINUTES_LIMIT)
            if not minutes:
                raise NotFound
            room_id = minutes[0].seat.room
            members = await uow.memberships.of_room(room_id)
            names = {one.person: one.name for one in members if not one.is_guest}
            await self._audit(uow, actor, call, room_id)
        return CallRecord(call, minutes, names)

    async def _audit(self, uow: UnitOfWork, actor: Actor, call: str, room_id: str) -> None:
        now = self._clock.now()
        await uow.audit.record(now, actor.person, "call_quality.read", call, {"room": room_id})
