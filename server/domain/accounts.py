"""People with an account: who they are, whether they are admitted, what they are where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from server.domain.access import Role
from server.domain.errors import Conflict, DomainError, Invalid, Unauthenticated


class Status(StrEnum):
    """Whether a person is admitted."""

    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REJECTED = "rejected"


class CredentialsInvalid(Unauthenticated):
    """E-mail or password wrong; which one is not told."""

    code = "credentials-invalid"
    message = "E-mail or password is wrong."


class AccountPending(DomainError):
    """Registered, not yet approved."""

    code = "account-pending"
    message = "Your registration waits for an administrator."


class AccountSuspended(DomainError):
    """No longer admitted, or never."""

    code = "account-suspended"
    message = "This account is not admitted."


class DemoRefused(DomainError):
    """A demo person signs in from elsewhere, or to a server of real people."""

    code = "demo-refused"
    message = "Demo accounts work only on the machine that serves them."


@dataclass(frozen=True, slots=True)
class OrganisationRole:
    """What a person is in one organisation."""

    organisation: str
    role: Role
    organisation_name: str = ""


@dataclass(frozen=True, slots=True)
class User:
    """A person with an account."""

    id: str
    email: str
    name: str
    profession: str
    locale: str
    status: Status
    is_demo: bool
    has_totp: bool
    registered_at: datetime
    organisation: str | None = None  # where the person registered
    registration_number: str | None = None
    roles: tuple[OrganisationRole, ...] = ()

    @property
    def is_administrator(self) -> bool:
        """Administrator of at least one organisation of the network."""
        return is_administrator(role.role for role in self.roles)

    @property
    def site(self) -> str | None:
        """The organisation the person works in, as far as one can tell."""
        return self.roles[0].organisation if self.roles else self.organisation

    def require_admitted(self) -> None:
        """Raise AccountPending or AccountSuspended unless active."""
        if self.status is Status.PENDING:
            raise AccountPending
        if self.status is not Status.ACTIVE:
            raise AccountSuspended


class Step(StrEnum):
    """What an administrator decides about an account."""

    APPROVE = "approve"
    REJECT = "reject"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"


_STEPS = {
    (Status.PENDING, Step.APPROVE): Status.ACTIVE,
    (Status.PENDING, Step.REJECT): Status.REJECTED,
    (Status.REJECTED, Step.APPROVE): Status.ACTIVE,
    (Status.ACTIVE, Step.SUSPEND): Status.SUSPENDED,
    (Status.SUSPENDED, Step.REINSTATE): Status.ACTIVE,
}


def after(status: Status, step: Step) -> Status:
    """The status a step leads to. Raises Conflict for an illegal move."""
    try:
        return _STEPS[status, step]
    except KeyError:
        raise Conflict(f"Cannot {step} an account that is {status}.") from None


def is_administrator(roles: Iterable[Role]) -> bool:
    """Whether one of the roles is the administrator's."""
    return Role.ADMINISTRATOR in roles


def must_enrol(*, required: bool, has_totp: bool, is_demo: bool) -> bool:
    """Whether a second factor must be enrolled first; demo people may do without."""
    return required and not has_totp and not is_demo


def require_email(email: str) -> str:
    """A normalised address. Raises Invalid unless it looks like one (RFC 5321 §4.5.3.1)."""
    normal = normalise_email(email)
    local, at, domain = normal.rpartition("@")
    is_plain = all(letter.isprintable() and not letter.isspace() for letter in normal)
    labels = domain.split(".")
    if not (at and is_plain and 0 < len(local) <= 64 and len(normal) <= 254):
        raise Invalid("This is not an e-mail address.", path="email")
    if "@" in local or len(labels) < 2 or not all(labels):
        raise Invalid("This is not an e-mail address.", path="email")
    return normal


def normalise_email(email: str) -> str:
    """One spelling per mailbox, so that it is unique."""
    return email.strip().casefold()
