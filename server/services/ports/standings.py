"""What memberships are worth now, for many at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from server.domain.access import Grants
from server.domain.memberships import MembershipState


@dataclass(frozen=True, slots=True)
class MemberStanding:
    """A membership as a live socket must know it."""

    state: MembershipState
    grants: Grants
    is_closed: bool
    """Whether the room is closed."""


class StandingStore(Protocol):
    """Standings in one transaction."""

    async def of(
        self, seats: Collection[tuple[str, str]]
    ) -> Mapping[tuple[str, str], MemberStanding]:
        """By (room, person), in one query; strangers are absent."""
        ...
