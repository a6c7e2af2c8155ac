"""Access and room tokens: minted for a session, worth what the database says now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from server.domain.access import Actor, Grants, RoomRole, RoomTicket
from server.domain.accounts import must_enrol
from server.domain.errors import Unauthenticated
from server.domain.memberships import MembershipState
from server.domain.sessions import ACCESS_LIFETIME, ROOM_LIFETIME
from server.services.ports.clock import Clock, Fresh
from server.services.ports.tokens import TokenCodec
from server.services.ports.unit_of_work import Database, UnitOfWork

API = "api"
PLAYBACK = "playback"
PLAYBACK_LIFETIME = timedelta(hours=4)
ROOM = "room"


@dataclass(frozen=True, slots=True)
class MintedToken:
    """A signed token and its lifetime in seconds."""

    token: str
    expires_in: int


class Tokens:
    """Mints tokens, and tells who stands behind one."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        fresh: Fresh,
        codec: TokenCodec,
        *,
        second_factor_required: bool = False,
    ) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._codec = codec
        self._second_factor_required = second_factor_required

    def mint_access(self, user: str, session: str) -> MintedToken:
        """An access token of a session (docs/protocol.md §2.1)."""
        return self._mint({"aud": API, "sub": user, "sid": session}, ACCESS_LIFETIME)

    def mint_room(
        self,
        *,
        person: str,
        name: str,
        session: str | None,
        room: str,
        role: RoomRole,
        grants: Grants,
    ) -> str:
        """A room token, living for ROOM_LIFETIME; a guest's `sid` is the guest itself."""
        claims = {
            "aud": ROOM,
            "sub": person,
            "sid": session or person,
            "name": name,
            "room": room,
            "role": role.value,
            "grants": grants.to_wire(),
        }
        return self._mint(claims, ROOM_LIFETIME).token

    def mint_playback(self, actor: Actor, recording: str) -> MintedToken:
        """For the player of one browser: good for nothing but this recording."""
        claims = {"aud": f"{PLAYBACK}:{recording}", "sub": actor.person, "sid": actor.session}
        return self._mint(claims, PLAYBACK_LIFETIME)

    async def verify_playback(self, token: str, recording: str) -> Actor:
        """Who presents a token of `mint_playback`. Raises Unauthenticated for any other."""
        return await self._actor(token, {f"{PLAYBACK}:{recording}"})

    async def authenticate(self, token: str) -> Actor:
        """Who presents an access or a room token. Raises Unauthenticated."""
        return await self._actor(token, {API, ROOM})

    async def verify_access(self, token: str) -> Actor:
        """Who presents an access token. Raises Unauthenticated for any other."""
        return await self._actor(token, {API})

    async def verify_room(self, token: str) -> Actor:
        """Who presents a room token (`ticket` is set). Raises Unauthenticated for any other."""
        return await self._actor(token, {ROOM})

    def jwks(self) -> dict[str, Any]:
        """Public keys as a JWK Set (RFC 7517 §5)."""
        return self._codec.jwks()

    def _mint(self, claims: Mapping[str, Any], lifetime: timedelta) -> MintedToken:
        now = self._clock.now()
        issued = int(now.timestamp())
        seconds = int(lifetime.total_seconds())
        times = {"iat": issued, "nbf": issued, "exp": issued + seconds, "jti": self._fresh.id()}
        return MintedToken(self._codec.encode({**claims, **times}, now), seconds)

    async def _actor(self, token: str, audiences: set[str]) -> Actor:
        now = self._clock.now()
        claims = self._codec.decode(token, audiences, now)
        person, session = str(claims["sub"]), str(claims.get("sid"))
        ticket = _ticket(claims) if claims["aud"] == ROOM else None
        async with self._database.reading() as uow:
            if ticket is not None and person.startswith("guest:"):
                await _require_invited(uow, person, ticket.room, now)
                return Actor(person, str(claims["name"]), ticket=ticket)
            return await self._member(uow, person, session, ticket, now)

    async def _member(
        self,
        uow: UnitOfWork,
        person: str,
        session: str,
        ticket: RoomTicket | None,
        now: datetime,
    ) -> Actor:
        standing = await uow.sessions.standing(session, person, now)
        if standing is None:
            raise Unauthenticated
        return Actor(
            person,
            standing.name,
            session,
            is_administrator=standing.is_administrator and ticket is None,
            may_only_enrol=must_enrol(
                required=self._second_factor_required,
                has_totp=standing.has_totp,
                is_demo=standing.is_demo,
            ),
            ticket=ticket,
        )


async def _require_invited(uow: UnitOfWork, guest: str, room: str, now: datetime) -> None:
    invitation = await uow.invitations.find(guest.removeprefix("guest:"))
    if invitation is None or invitation.room != room or not invitation.is_alive(now):
        raise Unauthenticated
    membership = await uow.memberships.find(room, guest)
    if membership is None or membership.state is MembershipState.REMOVED:
        raise Unauthenticated


def _ticket(claims: Mapping[str, Any]) -> RoomTicket:
    try:
        return RoomTicket(
            str(claims["room"]),
            RoomRole(claims["role"]),
            Grants.from_wire(claims["grants"]),
            str(claims["jti"]),
        )
    except (KeyError, ValueError, AttributeError) as error:
        raise Unauthenticated from error
