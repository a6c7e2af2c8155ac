"""The training sandbox: the network over again, where nothing is real and nothing can be lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from server.domain.access import Role
from server.domain.errors import Conflict, Invalid, NotFound

PASS_LIFETIME = timedelta(minutes=2)
EMAIL_DOMAIN = "training.invalid"  # RFC 2606 §2: never anybody's

PRACTISED = frozenset(Role) - {Role.ADMINISTRATOR, Role.INTEGRATOR}
"""What may be practised; nobody practises to admit people."""


class TrainingOff(Conflict):
    """This server has no sandbox."""

    code = "training-off"
    message = "This server has no training sandbox."


@dataclass(frozen=True, slots=True)
class Trainee:
    """Somebody of the real network who practises a role."""

    person: str
    name: str
    locale: str
    role: Role

    def __post_init__(self) -> None:
        """Raise Invalid for a role that is not practised."""
        if self.role not in PRACTISED:
            raise Invalid("This role is not practised.", path="role")

    @property
    def email(self) -> str:
        """The sandbox's account of this person in this role."""
        return f"{self.role.value}.{self.person}@{EMAIL_DOMAIN}".lower()


@dataclass(frozen=True, slots=True)
class Pass:
    """The way in: good once and for a moment; only its digest is kept."""

    digest: str
    user: str
    expires_at: datetime

    def require(self, now: datetime) -> None:
        """Raise NotFound when it is too old."""
        if now >= self.expires_at:
            raise NotFound("This pass is not valid any more: go in again.")
