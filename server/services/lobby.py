"""The lobby: a host lets in or turns away; the answer lasts."""

from __future__ import annotations

from server.domain.access import Ability, Actor
from server.domain.errors import NotFound
from server.domain.memberships import Membership, MembershipState
from server.domain.texts import is_storable
from server.domain.timeline import EventType
from server.services.access import access
from server.services.ports.bus import Notice
from server.services.ports.clock import Clock, Fresh
from server.services.ports.unit_of_work import Database
from server.services.timeline import append


class Lobby:
    """Use cases of the lobby."""

    def __init__(self, database: Database, clock: Clock, fresh: Fresh) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh

    async def admit(self, actor: Actor, room_id: str, person: str) -> Membership:
        """Let in. Raises NotFound, NotWaiting, Forbidden."""
        return await self._answer(actor, room_id, person, EventType.MEMBER_ADMITTED)

    async def refuse(self, actor: Actor, room_id: str, person: str) -> Membership:
        """Turn away. Raises NotFound, NotWaiting, Forbidden."""
        return await self._answer(actor, room_id, person, EventType.MEMBER_REFUSED)

    async def _answer(self, actor: Actor, room_id: str, person: str, kind: EventType) -> Membership:
        now = self._clock.now()
        is_admitted = kind is EventType.MEMBER_ADMITTED
        async with self._database.transaction() as uow:
            by = await access(uow, actor, room_id, Ability.MODERATE, locked=True)
            former = await uow.memberships.find(room_id, person) if is_storable(person) else None
            if former is None or former.state is MembershipState.REMOVED:
                raise NotFound("There is no such person in this room.")
            member = former.admit() if is_admitted else former.refuse()
            await uow.memberships.save(member)
            sender = by.membership.sender
            await append(uow, room_id, kind, sender, member.describe(), now, self._fresh)
            action = "lobby.admitted" if is_admitted else "lobby.refused"
            await uow.audit.record(now, actor.person, action, room_id, {"person": person})
            await uow.publish_surely(Notice(action, {"room": room_id}, person=person))
            return member
