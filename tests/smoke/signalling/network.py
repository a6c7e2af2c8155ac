"""A real server on a free port, and people who talk to it over Socket.IO."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

import socketio
from aiohttp import web

from media.recording.vault import Vault
from server.adapters.bus import LocalBus
from server.adapters.clock import SystemClock
from server.adapters.database.unit_of_work import SqlDatabase, create_engine
from server.adapters.fresh import SystemFresh
from server.adapters.secret_box import AesSecretBox
from server.adapters.tokens import JwtCodec
from server.domain.access import Ability, Actor, Grants, RoomRole
from server.domain.accounts import Status, User
from server.domain.keys import SigningKey
from server.domain.organisations import Kind, Organisation
from server.domain.sessions import SESSION_LIFETIME, Session
from server.services.calls import Calls
from server.services.chat import Chat
from server.services.envelopes import Envelopes
from server.services.guard import guard
from server.services.lobby import Lobby
from server.services.members import Members
from server.services.ports.bus import Bus
from server.services.presence import Presence
from server.services.receipts import Receipts
from server.services.recordings import Recordings
from server.services.revocation import Revocation
from server.services.rooms import CreateRoom, Rooms
from server.services.timeline import Timeline
from server.services.tokens import Tokens
from signaling.app import Edge, Signaling, create
from signaling.services import Services
from tests.services.conftest import create_tables
from tests.smoke.signalling.media import FakeMedia
from tests.waiting import until

KEY = SigningKey("test-1", b"1" * 32, datetime.fromisoformat("2026-01-01T00:00:00+00:00"))


class ShiftedClock(SystemClock):
    """The real clock, put forward when a test says so."""

    shift = timedelta()

    def now(self) -> datetime:
        return super().now() + self.shift


@dataclass
class Node:
    """One server process's worth, on a free port of loopback."""

    database: SqlDatabase
    clock: ShiftedClock
    bus: Bus
    media: FakeMedia
    services: Services
    signaling: Signaling
    runner: web.AppRunner
    url: str = ""
    people: list[Person] = field(default_factory=list)

    @classmethod
    async def start(cls, database_url: str, bus: Bus | None = None, **edge: Any) -> Self:
        clock, fresh, media = ShiftedClock(), SystemFresh(), FakeMedia()
        bus = bus or LocalBus()
        database = SqlDatabase(create_engine(database_url), bus, clock)
        await create_tables(database)
        await bus.start()
        services = _services(database, clock, fresh, bus, media)
        app = web.Application()
        signaling = create(app, services, Edge(**edge))
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        await signaling.start()
        node = cls(database, clock, bus, media, services, signaling, runner)
        host, port = runner.addresses[0][:2]
        node.url = f"http://{host}:{port}"
        return node

    async def close(self) -> None:
        for person in self.people:
            await person.disconnect()
        await self.signaling.close()
        await self.bus.close()
        await self.runner.cleanup()
        await self.database.close()

    async def add_user(self, name: str) -> Actor:
        """An active person with a live session."""
        fresh, now = self.services.fresh, self.clock.now()
        organisation = Organisation(fresh.id(), f"Hospital of {name}", Kind.HOSPITAL, is_demo=False)
        user = User(
            id=fresh.id(),
            email=f"{fresh.id()}@tests.example",
            name=name,
            profession="doctor",
            locale="en",
            status=Status.ACTIVE,
            is_demo=False,
            has_totp=False,
            registered_at=now,
            organisation=organisation.id,
            roles=(),
        )
        session = Session(fresh.id(), user.id, now, now + SESSION_LIFETIME)
        async with self.database.transaction() as uow:
            await uow.organisations.add(organisation)
            assert await uow.accounts.add(user, password_hash="unusable")
            await uow.sessions.add(session)
        return Actor(user.id, name, session.id)

    def access_token(self, actor: Actor) -> str:
        assert actor.session is not None
        return self.services.tokens.mint_access(actor.person, actor.session).token

    async def room_token(self, actor: Actor, room: str, **changes: Any) -> str:
        """A room token of what the membership grants now, or of what a test wants."""
        async with self.database.reading() as uow:
            member = await uow.memberships.find(room, actor.person)
        claims = {
            "person": actor.person,
            "name": actor.name,
            "session": actor.session,
            "room": room,
            "role": member.role if member else RoomRole.MEMBER,
            "grants": member.grants if member else Grants.of((), [a.value for a in Ability]),
        }
        return self.services.tokens.mint_room(**claims | changes)

    async def connect(
        self, actor: Actor, device: str | None = None, namespace: str = "/room"
    ) -> Person:
        """The actor's browser, connected."""
        person = Person(self, actor, device or self.services.fresh.id(), namespace)
        self.people.append(person)
        await person.connect()
        return person

    async def room(self, host: Actor, *members: Actor, **options: Any) -> str:
        """A room with members."""
        roles = [(member.person, RoomRole.MEMBER) for member in members]
        command = CreateRoom("TAC cranio", members=roles, **options)
        return (await self.services.rooms.create(host, command)).access.room.id


class Person:
    """One device of somebody: what it asks and what it hears."""

    def __init__(self, node: Node, actor: Actor, device: str, namespace: str = "/room") -> None:
        self.node = node
        self.namespace = namespace
        self.actor = actor
        self.device = device
        self.heard: list[tuple[str, Any]] = []
        self.peers: dict[str, str] = {}
        self.socket = socketio.AsyncClient(reconnection=False)
        self.socket.on("*", self._hear, namespace=namespace)

    def _hear(self, event: str, *data: Any) -> None:
        self.heard.append((event, data[0] if data else None))

    async def connect(self, token: str | None = None) -> None:
        token = self.node.access_token(self.actor) if token is None else token
        await self.socket.connect(
            self.node.url,
            auth={"token": token, "device": self.device},
            namespaces=[self.namespace],
            transports=["websocket"],
            wait_timeout=10,
        )

    async def disconnect(self) -> None:
        await self.socket.disconnect()

    async def breaks(self) -> None:
        """The connection ends without a farewell, as on a bad network."""
        await self.socket.eio.ws.close()

    async def ask(self, event: str, **payload: Any) -> dict[str, Any]:
        """One event, and its acknowledgement."""
        answer = await self.socket.call(event, payload, namespace=self.namespace, timeout=10)
        assert isinstance(answer, dict)
        return answer

    async def does(self, event: str, **payload: Any) -> dict[str, Any]:
        """An event that must succeed."""
        answer = await self.ask(event, **payload)
        assert answer.get("ok") is True, (event, answer)
        return answer

    async def is_refused(self, event: str, **payload: Any) -> str:
        """An event that must fail; its code."""
        answer = await self.ask(event, **payload)
        assert "ok" not in answer, (event, answer)
        return str(answer["error"]["code"])

    async def joins(self, room: str, peer: str | None = None) -> dict[str, Any]:
        """Join the room, perhaps as the peer that one was; answers the snapshot."""
        token = await self.node.room_token(self.actor, room)
        answer = await self.does("join", token=token, **({"peer": peer} if peer else {}))
        assert answer["state"] == "joined"
        self.peers[room] = answer["peer"]
        snapshot = answer["snapshot"]
        assert isinstance(snapshot, dict)
        return snapshot

    def all(self, event: str) -> list[Any]:
        """Every payload heard under a name."""
        return [data for name, data in self.heard if name == event]

    def events(self, kind: str) -> list[Any]:
        """Every timeline event of a type."""
        return [event for event in self.all("event") if event["type"] == kind]

    async def hears(self, event: str, count: int = 1, seconds: float = 10) -> Any:
        """Wait for the count-th payload under a name."""
        await until(lambda: len(self.all(event)) >= count, seconds)
        return self.all(event)[count - 1]

    async def sees(self, kind: str, count: int = 1, seconds: float = 10) -> Any:
        """Wait for the count-th timeline event of a type."""
        await until(lambda: len(self.events(kind)) >= count, seconds)
        return self.events(kind)[count - 1]

    async def is_cut_off(self, seconds: float = 10) -> None:
        """Wait until the server ended the connection."""
        await until(lambda: not self.socket.connected, seconds)


def _services(
    database: SqlDatabase, clock: SystemClock, fresh: SystemFresh, bus: Bus, media: FakeMedia
) -> Services:
    tokens = Tokens(database, clock, fresh, JwtCodec("guardline", [KEY]))
    node = fresh.id()
    vault = Vault(Path("nothing-is-read"))
    box = AesSecretBox(bytes(32))
    kept = timedelta(days=1)
    return Services(
        clock=clock,
        fresh=fresh,
        bus=bus,
        tokens=tokens,
        rooms=Rooms(database, clock, fresh),
        members=Members(database, clock, fresh),
        lobby=Lobby(database, clock, fresh),
        timeline=Timeline(database),
        chat=Chat(database, clock, fresh),
        receipts=Receipts(database),
        presence=Presence(database, clock, fresh, bus, node),
        calls=Calls(database, clock, fresh, media),
        envelopes=Envelopes(database, bus),
        recordings=Recordings(database, clock, fresh, box, media, vault, node, kept),
        revocation=Revocation(database, clock),
        consoles=guard(database, clock, fresh).consoles,
        drills=guard(database, clock, fresh).drills,
    )
