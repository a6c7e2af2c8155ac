"""The live edge, put together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import socketio
from aiohttp import web

from server.domain.relays import Relay
from server.services.ending import end
from signaling import alerts
from signaling.alerts import Alerting, Listeners
from signaling.attendance import NAMESPACE, Attendance
from signaling.chat import ChatEvents
from signaling.crew import Crew
from signaling.entry import Entry, require_entrance
from signaling.moderation import Moderation
from signaling.namespace import CommandNamespace, Plan
from signaling.negotiation import Negotiation
from signaling.payloads import COMMANDS
from signaling.publisher import Publisher
from signaling.services import Services
from signaling.sessions import Sessions
from signaling.transport import Server
from signaling.trials import Testing
from signaling.upkeep import Upkeep

PATH = "socket.io"


@dataclass(frozen=True, slots=True)
class Edge:
    """How live clients meet the server."""

    public_url: str | None = None
    relay: Relay = field(default_factory=Relay)
    drain_seconds: float = 10.0


class Signaling:
    """The Socket.IO server and what keeps it true; `server` takes further namespaces."""

    def __init__(self, services: Services, edge: Edge) -> None:
        self._services = services
        self._edge = edge
        self._crew = Crew()
        self.server = Server(services.clock, edge.public_url)
        self.sessions = Sessions()
        attendance = self.attendance = Attendance(
            self.server, self.sessions, services.presence, services.calls, self._crew
        )
        self.listeners = Listeners(self.server, services.consoles, self._crew)
        self._publisher = Publisher(
            self.server,
            attendance,
            self.listeners,
            services.calls,
            services.recordings,
            self._crew,
        )
        self.upkeep = Upkeep(self.server, services, attendance, self.listeners)
        nouns = (
            Entry(services, attendance, edge.relay),
            ChatEvents(services),
            Negotiation(services),
            Moderation(services),
            Testing(services, edge.relay),
        )
        plan = Plan(NAMESPACE, COMMANDS, require_entrance)
        self._namespaces = (
            CommandNamespace(plan, self.server, services, attendance, nouns),
            CommandNamespace(
                alerts.PLAN, self.server, services, self.listeners, (Alerting(services),)
            ),
        )
        for namespace in self._namespaces:
            self.server.register_namespace(namespace)
        self._unsubscribe: Callable[[], None] | None = None
        self._loop: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen to the bus and the media plane. The bus is started by its owner."""
        await self._services.presence.renew()
        self._unsubscribe = self._services.bus.subscribe(self._publisher)
        await self._services.calls.start(self._publisher.deliver)
        self._loop = asyncio.create_task(self.upkeep.run(), name="signaling upkeep")

    async def close(self) -> None:
        """Drain: events under way are acknowledged, sockets closed, presence ended; idempotent."""
        for namespace in self._namespaces:
            namespace.is_closing = True
        live = [*self.sessions.all(), *self.listeners.sessions.all()]
        with suppress(TimeoutError):
            async with asyncio.timeout(self._edge.drain_seconds):
                await asyncio.gather(*(one.lane.close() for one in live))
        await self.server.close()
        self.attendance.release()
        await self._crew.finish(self._edge.drain_seconds)
        loop, self._loop = self._loop, None
        if loop is None:
            return
        await end([loop])
        if self._unsubscribe is not None:
            self._unsubscribe()
        await self._services.calls.close()
        await self._services.presence.close()


def create(
    app: web.Application,
    services: Services,
    edge: Edge,
    namespaces: Sequence[socketio.AsyncNamespace] = (),
) -> Signaling:
    """Serve `/room`, `/alerts` and further namespaces; the caller starts and closes."""
    signaling = Signaling(services, edge)
    for namespace in namespaces:
        signaling.server.register_namespace(namespace)
    signaling.server.attach(app, PATH)
    return signaling
