"""Invitations: a single-use code lets a guest in, a resume secret lets the same guest back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from server.domain.access import RoomRole
from server.domain.errors import Invalid, NotFound
from server.domain.memberships import display_name

LONGEST = timedelta(days=90)
SECRET_LIMIT = 200


class LinkInvalid(NotFound):
    """Unknown, used, revoked or expired: all alike."""

    code = "link-invalid"
    message = "This link is not valid (any more). Ask for a new one."


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link for one person; only digests of its secrets are kept."""

    id: str
    room: str
    name: str
    role: RoomRole
    lobby: bool | None  # None: as the room says at redemption
    code_digest: str
    created_by: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None
    resume_digest: str | None = None

    @classmethod
    def create(
        cls,
        invitation_id: str,
        room: str,
        code: str,
        created_by: str,
        now: datetime,
        *,
        name: str,
        role: RoomRole,
        expires_in: timedelta,
        lobby: bool | None,
    ) -> Invitation:
        """Invite somebody who is not to become host. Raises Invalid."""
        if role is RoomRole.HOST:
            raise Invalid("A link cannot make a host.", path="role")
        if not timedelta(0) < expires_in <= LONGEST:
            raise Invalid("A link lives 1 minute to 90 days.", path="expires_in_minutes")
        return cls(
            id=invitation_id,
            room=room,
            name=display_name(name),
            role=role,
            lobby=lobby,
            code_digest=digest(code),
            created_by=created_by,
            created_at=now,
            expires_at=now + expires_in,
        )

    @property
    def person(self) -> str:
        """The guest's person id."""
        return f"guest:{self.id}"

    def is_alive(self, now: datetime) -> bool:
        """Neither revoked nor expired: a guest who came by it may stay."""
        return self.revoked_at is None and now < self.expires_at

    def redeem(self, resume: str, now: datetime) -> Invitation:
        """Use it, once. Raises LinkInvalid."""
        if self.used_at is not None or not self.is_alive(now):
            raise LinkInvalid
        return replace(self, used_at=now, resume_digest=digest(resume))

    def require_used(self, now: datetime) -> None:
        """Raise LinkInvalid unless its guest may come back."""
        if self.used_at is None or not self.is_alive(now):
            raise LinkInvalid

    def revoke(self, now: datetime) -> Invitation:
        """End it; the first moment counts."""
        return self if self.revoked_at is not None else replace(self, revoked_at=now)


def digest(secret: str) -> str:
    """What is kept of a 256-bit random secret; no salt or stretching needed at that length."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
