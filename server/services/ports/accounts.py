"""Accounts as use cases see them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from server.domain.accounts import OrganisationRole, Status, User

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user beside the secrets that sign-in compares; `totp_secret` is sealed."""

    user: User
    password_hash: str
    totp_secret: bytes | None
    totp_pending: bytes | None
    totp_last_step: int | None


@dataclass(frozen=True, slots=True)
class Colleague:
    """What everybody with an account may know of a person."""

    id: str
    name: str
    profession: str
    organisation_name: str


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list; `next` is the cursor of the following one."""

    items: Sequence[T]
    next: str | None = None


class AccountStore(Protocol):
    """Accounts of one transaction."""

    async def add(self, user: User, password_hash: str) -> bool:
        """Store a new account and its roles; False when the e-mail is taken."""
        ...

    async def taken(self, emails: frozenset[str]) -> frozenset[str]:
        """Those of the e-mails that have an account."""
        ...

    async def find(self, user: str) -> User | None:
        """One account."""
        ...

    async def named(self, users: Collection[str]) -> Mapping[str, User]:
        """Those of the ids that exist, by id, in a fixed number of queries."""
        ...

    async def credentials(self, *, email: str = "", user: str = "") -> Credentials | None:
        """An account by e-mail or id beside its secrets, locked in a transaction."""
        ...

    async def page(
        self, status: Status | None, text: str, after: str | None, limit: int
    ) -> Page[User]:
        """Accounts, newest first; the cursor is the last one's id."""
        ...

    async def colleagues(self, text: str, after: str | None, limit: int) -> Page[Colleague]:
        """Active people by name; the cursor is the last one's id."""
        ...

    async def set_status(self, user: str, status: Status) -> None:
        """Admit or not."""

    async def set_roles(self, user: str, roles: Sequence[OrganisationRole]) -> None:
        """Replace the roles."""

    async def set_password(self, user: str, password_hash: str) -> None:
        """Replace the password's hash."""

    async def set_profile(self, user: str, name: str, locale: str) -> None:
        """Replace what a person may change."""

    async def set_totp(
        self, user: str, secret: bytes | None, pending: bytes | None, last_step: int | None
    ) -> None:
        """Replace the second factor."""

    async def set_recovery_codes(self, user: str, digests: Sequence[str]) -> None:
        """Replace the recovery codes' hashes."""

    async def use_recovery_code(self, user: str, digest: str, now: datetime) -> bool:
        """Spend one; False when unknown or spent."""
        ...

    async def administrators(self) -> frozenset[str]:
        """Active people who administer some organisation."""
        ...
