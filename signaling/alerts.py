"""`/alerts`: what concerns a person wherever the person is in the application."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.domain.access import Actor
from server.domain.errors import Unavailable
from server.services.guard_consoles import GuardConsoles
from signaling.alert_payloads import (
    ALERT_COMMANDS,
    Accept,
    Delivered,
    EchoDrill,
    Ready,
    RefreshAlertToken,
    Seen,
)
from signaling.crew import Crew
from signaling.entry import require_same
from signaling.namespace import Plan
from signaling.services import Services
from signaling.sessions import Session, Sessions, expiry
from signaling.transport import Server

NAMESPACE = "/alerts"
EVERYONE = "everyone"
"""The group of every socket here."""

Answer = dict[str, Any]


class Listeners:
    """Who hears alerts on which socket."""

    def __init__(self, server: Server, consoles: GuardConsoles, crew: Crew) -> None:
        self._server = server
        self._consoles = consoles
        self._crew = crew
        self.sessions = Sessions()

    async def admit(self, session: Session) -> None:
        """A socket connected: it hears what is for its person and its sign-in."""
        self.sessions.add(session)
        who = session.actor
        for group in (f"person:{who.person}", f"session:{who.session}", EVERYONE):
            try:
                await self._server.enter_room(session.sid, group, namespace=NAMESPACE)
            except (KeyError, ValueError):  # the socket went meanwhile
                raise Unavailable from None
        self._crew.spawn(self._catch_up(session))

    async def forget(self, sid: str, *, is_meant: bool = False) -> None:
        """A socket is gone; its last event is let to end."""
        session = self.sessions.remove(sid)
        if session is not None:
            self._crew.spawn(self._leave(session))

    async def end(self, session: Session, code: str) -> None:
        """End access: told, then disconnected; a socket of `/room` beside it stays. Idempotent."""
        if self.sessions.find(session.sid) is not session:
            return
        self._server.tell(NAMESPACE, session.sid, "revoked", {"code": code})
        engine_id = self._server.engine_id(session.sid, NAMESPACE)
        await self._server.disconnect(session.sid, namespace=NAMESPACE)
        if engine_id is not None and not self._server.serves(engine_id):
            await self._server.hang_up(engine_id)

    async def prove_alive(self) -> None:
        """Let the pages that are here count as there."""
        here = {(one.actor.person, one.device) for one in self.sessions.all()}
        await self._consoles.renew(here)

    def tell(self, group: str, event: str, data: Mapping[str, Any]) -> None:
        """Send to every socket of a person or a sign-in."""
        self._server.tell(NAMESPACE, group, event, data)

    async def _catch_up(self, session: Session) -> None:
        """What rang before the page was there rings now."""
        for alert in await self._consoles.pending(session.actor):
            self._server.tell(NAMESPACE, session.sid, "guard.alert", alert)

    async def _leave(self, session: Session) -> None:
        await session.lane.close()
        key = (session.actor.person, session.device)
        if key not in {(one.actor.person, one.device) for one in self.sessions.all()}:
            await self._consoles.gone(*key)


class Alerting:
    """Events of `/alerts`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def token(self, session: Session, command: RefreshAlertToken) -> Answer:
        """Go on under a fresh token."""
        actor = await self._services.tokens.authenticate(command.token)
        actor.require_account()
        require_same(session, actor)
        session.actor, session.expires_at = actor, expiry(command.token)
        return {}

    async def ready(self, session: Session, command: Ready) -> Answer:
        """Whether this page can be heard; alerts count on it until it goes."""
        await self._services.consoles.ready(session.actor, session.device, sound=command.sound)
        return {}

    async def delivered(self, session: Session, command: Delivered) -> Answer:
        """An alert arrived here."""
        await self._services.consoles.delivered(session.actor, session.device, command.request)
        return {}

    async def seen(self, session: Session, command: Seen) -> Answer:
        """An alert was looked at here."""
        await self._services.consoles.seen(session.actor, session.device, command.request)
        return {}

    async def drill(self, session: Session, command: EchoDrill) -> Answer:
        """A drill was heard here."""
        await self._services.drills.acknowledge(session.actor, session.device, command.drill)
        return {}

    async def accept(self, session: Session, command: Accept) -> Answer:
        """Take the request on; the first wins."""
        request = await self._services.consoles.accept(session.actor, command.request)
        return {"request": request}


PLAN = Plan(NAMESPACE, ALERT_COMMANDS, Actor.require_account)
