"""Sessions and their rotating refresh tokens (RFC 9700 §4.14.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from server.domain.errors import Unauthenticated

ACCESS_LIFETIME = timedelta(minutes=10)
ROOM_LIFETIME = timedelta(minutes=10)
REFRESH_LIFETIME = timedelta(days=7)
SESSION_LIFETIME = timedelta(days=30)


class RefreshReused(Unauthenticated):
    """A rotated refresh token came back: somebody else may hold it, so the session ends."""

    code = "refresh-reused"
    message = "This session was ended: sign in again."


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in on one device; `ended_at` is set by logout, revocation or reuse."""

    id: str
    user: str
    begun_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None

    def is_alive(self, now: datetime) -> bool:
        """Whether its tokens still count."""
        return self.ended_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A stored refresh token: only its SHA-256 is kept."""

    session: Session
    expires_at: datetime
    used_at: datetime | None

    def require_first_use(self, now: datetime) -> None:
        """Raise Unauthenticated when over, RefreshReused when it was already rotated."""
        if not self.session.is_alive(now):
            raise Unauthenticated
        if self.used_at is not None:
            raise RefreshReused
        if now >= self.expires_at:
            raise Unauthenticated


@dataclass(frozen=True, slots=True)
class Standing:
    """What an access or room token of a session is worth right now."""

    name: str
    is_administrator: bool
    has_totp: bool
    is_demo: bool
