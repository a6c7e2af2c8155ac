"""Whether those who are connected still may be: the net under every lost notice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.domain.access import Grants
from server.domain.memberships import MembershipState
from server.services.ports.clock import Clock
from server.services.ports.standings import MemberStanding
from server.services.ports.unit_of_work import Database

SWEEP_SECONDS = 3.0
GRACE = timedelta(seconds=10)  # for a fresh token to arrive over the live socket

Standings = Mapping[tuple[str, str], MemberStanding]


@dataclass(frozen=True, slots=True)
class HeldSeat:
    """A room that a socket joined, by a token that expires."""

    room: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Hold:
    """What one live socket stands on; a guest's stands on a room instead of a session."""

    socket: str
    person: str
    session: str | None
    guest_of: str | None
    expires_at: datetime
    seats: tuple[HeldSeat, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """Access that is over: to a room, or (no room) of the whole socket."""

    socket: str
    room: str | None
    code: str


@dataclass(frozen=True, slots=True)
class Review:
    """What ended, and what the others may do now, by (room, person)."""

    ended: Sequence[Ended]
    grants: Mapping[tuple[str, str], Grants]


class Revocation:
    """Reviews every live socket in two queries."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def review(self, holds: Sequence[Hold]) -> Review:
        """Which sockets and seats must go. Raises Unavailable."""
        now = self._clock.now()
        sessions = {hold.session for hold in holds if hold.session is not None}
        seats = {(room, hold.person) for hold in holds for room in _rooms(hold)}
        async with self._database.reading() as uow:
            alive = await uow.sessions.alive(sessions, now) if sessions else frozenset()
            standings = await uow.standings.of(seats) if seats else {}
        ended = [one for hold in holds for one in _ended(hold, alive, standings, now)]
        return Review(ended, {seat: standing.grants for seat, standing in standings.items()})


def _rooms(hold: Hold) -> Iterator[str]:
    yield from (seat.room for seat in hold.seats)
    if hold.guest_of is not None:
        yield hold.guest_of


def _ended(
    hold: Hold, alive: frozenset[str], standings: Standings, now: datetime
) -> Iterator[Ended]:
    if not _is_welcome(hold, alive, standings) or now >= hold.expires_at + GRACE:
        yield Ended(hold.socket, None, "unauthenticated")
        return
    for seat in hold.seats:
        code = _refusal(standings.get((seat.room, hold.person)))
        if code is None and now >= seat.expires_at + GRACE:
            code = "unauthenticated"
        if code is not None:
            yield Ended(hold.socket, seat.room, code)


def _is_welcome(hold: Hold, alive: frozenset[str], standings: Standings) -> bool:
    if hold.guest_of is None:
        return hold.session in alive
    standing = standings.get((hold.guest_of, hold.person))
    return standing is not None and standing.state is not MembershipState.REMOVED


def _refusal(standing: MemberStanding | None) -> str | None:
    if standing is None or standing.state is MembershipState.REMOVED:
        return "not-found"
    if standing.is_closed:
        return "room-closed"
    return None if standing.state is MembershipState.ACTIVE else "forbidden"
