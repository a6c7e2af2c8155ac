"""A namespace of commands: from a packet to a handler and back to one acknowledgement."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import socketio
from pydantic import ValidationError

from server.domain.access import Actor
from server.domain.errors import DomainError, NotFound, Unauthenticated, Unavailable
from signaling.errors import refusal, to_ack
from signaling.limits import Allowance, Kind
from signaling.payloads import Command, Connect
from signaling.services import Services
from signaling.sessions import Session, Sessions, expiry
from signaling.transport import Server

MEANT = (
    socketio.AsyncServer.reason.CLIENT_DISCONNECT,
    socketio.AsyncServer.reason.SERVER_DISCONNECT,
)
EVENT_SECONDS = 7.5  # clients wait 8 s for an acknowledgement

Handler = Callable[[Session, Any], Awaitable[dict[str, Any]]]


class Circle(Protocol):
    """Those connected to one namespace."""

    @property
    def sessions(self) -> Sessions:
        """Every socket of it."""
        ...

    async def admit(self, session: Session) -> None:
        """A socket connected."""

    async def forget(self, sid: str, *, is_meant: bool) -> None:
        """A socket is gone, as either side said or by accident."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a namespace is: its path, its events, who may connect."""

    path: str
    commands: Mapping[str, type[Command]]
    require: Callable[[Actor], None]
    """Raises DomainError for those who may not."""


class CommandNamespace(socketio.AsyncNamespace):  # type: ignore[misc]
    """Authenticates sockets and runs each one's events in order."""

    def __init__(
        self,
        plan: Plan,
        server: Server,
        services: Services,
        circle: Circle,
        nouns: Sequence[object],
    ) -> None:
        super().__init__(plan.path)
        self._plan = plan
        self._hub = server
        self._services = services
        self._circle = circle
        self._handlers = handlers(plan.commands, nouns)
        self.is_closing = False

    async def trigger_event(self, event: str, *args: Any) -> Any:
        """Called by the library for connect, disconnect and every event."""
        match event:
            case "connect":
                return await self._connect(args[0], args[2] if len(args) > 2 else None)
            case "disconnect":
                is_meant = len(args) > 1 and args[1] in MEANT
                return await self._circle.forget(args[0], is_meant=is_meant)
        return await self._acknowledge(args[0], event, args[1] if len(args) > 1 else None)

    async def _connect(self, sid: str, auth: Any) -> None:
        try:
            await self._circle.admit(await self._session(sid, auth))
        except Exception as error:
            failure = to_ack(_as_refusal(error), "connect", self._services.fresh)["error"]
            raise socketio.exceptions.ConnectionRefusedError(
                failure["message"], {"code": failure["code"]}
            ) from None

    async def _session(self, sid: str, auth: Any) -> Session:
        if self.is_closing:
            raise Unavailable
        connect = Connect.parse(auth)
        actor = await self._services.tokens.authenticate(connect.token)
        self._plan.require(actor)
        allowance = Allowance(self._services.clock.monotonic())
        return Session(sid, actor, connect.device, expiry(connect.token), allowance)

    async def _acknowledge(self, sid: str, event: str, data: Any) -> dict[str, Any]:
        session = self._circle.sessions.find(sid)
        if session is None:
            return refusal(Unauthenticated())
        try:
            command = self._parse(session, event, data)
            async with session.lane.turn(), asyncio.timeout(EVENT_SECONDS):
                return {"ok": True, **await self._handlers[event](session, command)}
        except Exception as error:
            if session.allowance.is_abusive:
                await self._drop(session)
            return to_ack(error, event, self._services.fresh)

    def _parse(self, session: Session, event: str, data: Any) -> Command:
        command = self._plan.commands.get(event)
        kind = Kind.UNKNOWN if command is None else command.kind
        session.allowance.take(kind, self._services.clock.monotonic())
        if command is None:
            raise NotFound("There is no such event.")
        return command.parse(data)

    async def _drop(self, session: Session) -> None:
        engine_id = self._hub.engine_id(session.sid, self._plan.path)
        if engine_id is not None:
            await self._hub.hang_up(engine_id)


def handlers(
    commands: Mapping[str, type[Command]], nouns: Sequence[object]
) -> Mapping[str, Handler]:
    """One method per event, found by name. Raises LookupError when one is missing or double."""
    found: dict[str, Handler] = {}
    for event in commands:
        name = event.replace(".", "_")
        owners = [noun for noun in nouns if hasattr(noun, name)]
        if len(owners) != 1:
            raise LookupError(f"{len(owners)} handlers for {event}")
        found[event] = getattr(owners[0], name)
    return found


def _as_refusal(error: Exception) -> Exception:
    """A malformed `auth` is no token at all."""
    is_known = isinstance(error, DomainError)
    return Unauthenticated() if isinstance(error, ValidationError) and not is_known else error
