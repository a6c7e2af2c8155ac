"""Stored requests for shifts, and what the nightly checks found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from server.domain.rota_requests import ShiftRequest


@dataclass(frozen=True, slots=True)
class Check:
    """What the last check of a rota found in the year ahead."""

    rota: str
    checked_at: datetime
    gaps: int
    first_gap: datetime | None


class RotaRequestStore(Protocol):
    """Requests, checks and feeds of one transaction."""

    async def add(self, request: ShiftRequest) -> None:
        """Store a new one."""

    async def find(self, request: str) -> ShiftRequest | None:
        """One request."""
        ...

    async def of_rota(self, rota: str, limit: int) -> Sequence[ShiftRequest]:
        """Those of a rota, the newest first."""
        ...

    async def asked(self, person: str, limit: int) -> Sequence[ShiftRequest]:
        """Open ones that wait for a person's answer, the oldest first."""
        ...

    async def end(self, request: ShiftRequest) -> bool:
        """Store its end; False when it was no longer open."""
        ...

    async def feed(self, person: str) -> str | None:
        """The digest of a person's feed password; None without a feed."""
        ...

    async def set_feed(self, person: str, digest: str | None, now: datetime) -> None:
        """Store it instead of the former, or forget it."""

    async def checked(self, check: Check) -> None:
        """Store what a check found instead of the former."""

    async def checks(self) -> Mapping[str, Check]:
        """The last check of each rota."""
        ...
