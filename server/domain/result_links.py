"""Links by which a patient reads a result once, with a second factor told by another way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from server.domain.errors import Forbidden, Invalid
from server.domain.instants import rfc3339
from server.domain.invitations import LinkInvalid, digest

LONGEST = timedelta(days=30)
READING = timedelta(minutes=15)
"""How long the paper can be fetched after the link was opened."""
TRIES = 5
LINKS_LIMIT = 20
"""Links of one study."""


class ResultRefused(Forbidden):
    """The second factor is wrong; which part is not told. `tries` are left."""

    code = "result-refused"
    message = "The code or the date of birth is wrong."


@dataclass(frozen=True, slots=True)
class ResultLink:
    """One link; of its secrets only digests are kept, that of the PIN salted by the secret."""

    id: str
    study: str
    secret_digest: str
    pin_digest: str
    created_by: str
    created_at: datetime
    expires_at: datetime
    tries: int = 0
    used_at: datetime | None = None
    revoked_at: datetime | None = None
    reading_digest: str | None = None

    @classmethod
    def create(
        cls,
        link_id: str,
        study: str,
        secret: str,
        pin: str,
        created_by: str,
        now: datetime,
        expires_in: timedelta,
    ) -> ResultLink:
        """A new link. Raises Invalid on an odd lifetime."""
        if not timedelta(0) < expires_in <= LONGEST:
            raise Invalid("A link lives up to 30 days.", path="expires_in_days")
        return cls(
            link_id,
            study,
            digest(secret),
            _pin_digest(secret, pin),
            created_by,
            now,
            now + expires_in,
        )

    def require_alive(self, now: datetime) -> None:
        """Raise LinkInvalid when used, revoked, expired or tried too often."""
        is_over = self.used_at is not None or self.revoked_at is not None
        if is_over or now >= self.expires_at or self.tries >= TRIES:
            raise LinkInvalid

    def fits(self, secret: str, pin: str, claimed: date, birth_date: date) -> bool:
        """Whether the second factor is right."""
        return _pin_digest(secret, pin) == self.pin_digest and claimed == birth_date

    def fail(self) -> ResultLink:
        """One try less."""
        return replace(self, tries=self.tries + 1)

    def open(self, reading: str, now: datetime) -> ResultLink:
        """Use it, once; `reading` fetches the paper for a while."""
        return replace(self, used_at=now, reading_digest=digest(reading))

    def require_reading(self, now: datetime) -> None:
        """Raise LinkInvalid unless it was opened a moment ago."""
        if self.used_at is None or self.revoked_at is not None or now >= self.used_at + READING:
            raise LinkInvalid

    def revoke(self, now: datetime) -> ResultLink:
        """End it; the first moment counts."""
        return self if self.revoked_at is not None else replace(self, revoked_at=now)

    def to_wire(self) -> dict[str, Any]:
        """As JSON, without its secrets."""
        return {
            "id": self.id,
            "created_at": rfc3339(self.created_at),
            "expires_at": rfc3339(self.expires_at),
            "used_at": rfc3339(self.used_at) if self.used_at else None,
            "revoked_at": rfc3339(self.revoked_at) if self.revoked_at else None,
            "tries": self.tries,
        }


def pin_of(random: str) -> str:
    """Six digits from a random text of 256 bits (the bias of the remainder is 2⁻²³⁶)."""
    return f"{int.from_bytes(sha256(random.encode()).digest()) % 1_000_000:06d}"


def _pin_digest(secret: str, pin: str) -> str:
    return digest(f"{secret} {pin}")
