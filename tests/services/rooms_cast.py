"""A room's cast: the use cases over the shared database, and people to play in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from sqlalchemy import select

from server.adapters.database.audit import audit_entries
from server.adapters.database.unit_of_work import SqlDatabase
from server.domain.access import Actor, RoomRole
from server.domain.errors import RateLimited
from server.domain.snapshots import Overview
from server.services.chat import Chat
from server.services.invitations import Arrival, Invitations
from server.services.lobby import Lobby
from server.services.members import Members
from server.services.ports.clock import Clock, Fresh
from server.services.ports.rate_limits import Attempt
from server.services.receipts import Receipts
from server.services.room_tokens import RoomTokens
from server.services.rooms import CreateRoom, Rooms
from server.services.timeline import Timeline
from server.services.tokens import Tokens


class CountingLimits:
    """Allows `allowed` attempts per kind and key."""

    def __init__(self, allowed: int = 1000) -> None:
        self.allowed = allowed
        self.counts: dict[tuple[Attempt, str], int] = {}

    async def hit(self, attempt: Attempt, key: str) -> None:
        self.counts[attempt, key] = self.counts.get((attempt, key), 0) + 1
        if self.counts[attempt, key] > self.allowed:
            raise RateLimited(retry_after=1)

    async def forgive(self, attempt: Attempt, key: str) -> None:
        self.counts.pop((attempt, key), None)


@dataclass
class Cast:
    """The use cases of rooms, and the steps that most tests begin with."""

    database: SqlDatabase
    rooms: Rooms
    members: Members
    lobby: Lobby
    invitations: Invitations
    room_tokens: RoomTokens
    timeline: Timeline
    chat: Chat
    receipts: Receipts
    tokens: Tokens
    limits: CountingLimits

    def __post_init__(self) -> None:
        self._client_ids = (f"client-{n}" for n in count(1))

    @classmethod
    def of(cls, database: SqlDatabase, clock: Clock, fresh: Fresh, tokens: Tokens) -> Cast:
        room_tokens = RoomTokens(database, clock, tokens)
        limits = CountingLimits()
        common = (database, clock, fresh)
        return cls(
            database,
            Rooms(*common),
            Members(*common),
            Lobby(*common),
            Invitations(*common, room_tokens, limits, "https://rooms.example/"),
            room_tokens,
            Timeline(database),
            Chat(*common),
            Receipts(database),
            tokens,
            limits,
        )

    async def room(self, host: Actor, *members: Actor, **options: Any) -> Overview:
        people = [(one.person, RoomRole.MEMBER) for one in members]
        command = CreateRoom(title="Case 12", members=people)
        return await self.rooms.create(host, replace(command, **options))

    async def say(self, actor: Actor, room: str, text: str) -> int:
        sent = await self.chat.send(actor, room, next(self._client_ids), text)
        return sent.event.seq

    async def arrive(
        self, host: Actor, room: str, name: str = "Gabi", **options: Any
    ) -> tuple[Actor, Arrival]:
        """Somebody redeems a link; answers the guest as the door will know it."""
        options = {"lobby": False} | options
        invited = await self.invitations.create(host, room, name=name, **options)
        code = invited.link.partition("#")[2]
        arrival = await self.invitations.redeem(code, None, "192.0.2.1")
        return await self.tokens.authenticate(arrival.token.token), arrival

    async def types(self, actor: Actor, room: str) -> list[str]:
        page = await self.timeline.events(actor, room, 0)
        assert [event.seq for event in page.events] == list(range(1, page.seq + 1))
        return [event.type.value for event in page.events]

    async def audited(self) -> list[str]:
        """Actions, in order."""
        async with self.database.reading() as uow:
            query = select(audit_entries.c.action).order_by(audit_entries.c.n)
            return list((await uow.connection.execute(query)).scalars())
