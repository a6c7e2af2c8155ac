"""People with an account: their profile, secrets, roles and recovery codes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Row,
    Select,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.inserts import insert_new
from server.adapters.database.metadata import Id, Instant, metadata
from server.adapters.database.organisations import organisations
from server.domain.access import Role
from server.domain.accounts import OrganisationRole, Status, User
from server.services.ports.accounts import Colleague, Credentials, Page

users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True),
    Column("email", String(254), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("profession", String(80), nullable=False),
    Column("locale", String(8), nullable=False),
    Column("organisation", ForeignKey("organisations.id")),
    Column("registration_number", String(40)),
    Column("status", String(20), nullable=False),
    Column("is_demo", Boolean, nullable=False),
    Column("registered_at", Instant, nullable=False),
    Column("password_hash", String(255), nullable=False),
    Column("totp_secret", LargeBinary),
    Column("totp_pending", LargeBinary),
    Column("totp_last_step", Integer),
    Index("ix_users_name", "name", "id"),
)

user_roles = Table(
    "user_roles",
    metadata,
    Column("user", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("organisation", ForeignKey("organisations.id"), primary_key=True),
    Column("role", String(40), primary_key=True),
    Index("ix_user_roles_role", "role"),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("user", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("used_at", Instant),
)


class AccountRows:
    """Accounts on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, user: User, password_hash: str) -> bool:
        """Store a new account and its roles; False when the e-mail is taken."""
        row = {
            "id": user.id,
            "email": user.email,
            "name": user.name,
            "profession": user.profession,
            "locale": user.locale,
            "organisation": user.organisation,
            "registration_number": user.registration_number,
            "status": user.status.value,
            "is_demo": user.is_demo,
            "registered_at": user.registered_at,
            "password_hash": password_hash,
        }
        is_new = await insert_new(self._connection, users, row)
        if is_new:
            await self._add_roles(user.id, user.roles)
        return is_new

    async def taken(self, emails: frozenset[str]) -> frozenset[str]:
        """Those of the e-mails that have an account."""
        query = select(users.c.email).where(users.c.email.in_(emails))
        return frozenset((await self._connection.execute(query)).scalars())

    async def find(self, user: str) -> User | None:
        """One account."""
        found = await self._users(select(users).where(users.c.id == user))
        return found[0] if found else None

    async def named(self, ids: Collection[str]) -> Mapping[str, User]:
        """Those of the ids that exist, by id, in a fixed number of queries."""
        found = await self._users(select(users).where(users.c.id.in_(ids))) if ids else []
        return {user.id: user for user in found}

    async def credentials(self, *, email: str = "", user: str = "") -> Credentials | None:
        """An account by e-mail or id beside its secrets, locked in a transaction."""
        which = users.c.id == user if user else users.c.email == email
        query = select(users).where(which).with_for_update()
        row = (await self._connection.execute(query)).one_or_none()
        if row is None:
            return None
        roles = await self._roles([row.id])
        return Credentials(
            _user(row, roles.get(row.id, ())),
            row.password_hash,
            row.totp_secret,
            row.totp_pending,
            row.totp_last_step,
        )

    async def page(
        self, status: Status | None, text: str, after: str | None, limit: int
    ) -> Page[User]:
        """Accounts by id, newest first."""
        query = select(users).order_by(users.c.id.desc()).limit(limit + 1)
        if status is not None:
            query = query.where(users.c.status == status.value)
        if text:
            pattern = _contains(text)
            query = query.where(
                func.lower(users.c.name).like(pattern, escape="\\")
                | users.c.email.like(pattern, escape="\\")
            )
        if after:
            query = query.where(users.c.id < after)
        found = await self._users(query)
        return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)

    async def colleagues(self, text: str, after: str | None, limit: int) -> Page[Colleague]:
        """Active people by name; the cursor is the last one's id."""
        workplace = (
            select(func.min(organisations.c.name))
            .join(user_roles, user_roles.c.organisation == organisations.c.id)
            .where(user_roles.c.user == users.c.id)
            .scalar_subquery()
        )
        registered = (
            select(organisations.c.name)
            .where(organisations.c.id == users.c.organisation)
            .scalar_subquery()
        )
        name = func.coalesce(registered, workplace, "").label("organisation_name")
        query = (
            select(users.c.id, users.c.name, users.c.profession, name)
            .where(users.c.status == Status.ACTIVE.value)
            .order_by(users.c.name, users.c.id)
            .limit(limit + 1)
        )
        if text:
            query = query.where(func.lower(users.c.name).like(_contains(text), escape="\\"))
        if after:
            last = select(users.c.name).where(users.c.id == after).scalar_subquery()
            query = query.where(tuple_(users.c.name, users.c.id) > tuple_(last, after))
        rows = (await self._connection.execute(query)).all()
        items = [
            Colleague(row.id, row.name, row.profession, row.organisation_name)
            for row in rows[:limit]
        ]
        return Page(items, items[-1].id if len(rows) > limit else None)

    async def set_status(self, user: str, status: Status) -> None:
        """Admit or not."""
        await self._set(user, status=status.value)

    async def set_roles(self, user: str, roles: Sequence[OrganisationRole]) -> None:
        """Replace the roles."""
        await self._connection.execute(delete(user_roles).where(user_roles.c.user == user))
        await self._add_roles(user, roles)

    async def set_password(self, user: str, password_hash: str) -> None:
        """Replace the password's hash."""
        await self._set(user, password_hash=password_hash)

    async def set_profile(self, user: str, name: str, locale: str) -> None:
        """Replace what a person may change."""
        await self._set(user, name=name, locale=locale)

    async def set_totp(
        self, user: str, secret: bytes | None, pending: bytes | None, last_step: int | None
    ) -> None:
        """Replace the second factor."""
        await self._set(user, totp_secret=secret, totp_pending=pending, totp_last_step=last_step)

    async def set_recovery_codes(self, user: str, digests: Sequence[str]) -> None:
        """Replace the recovery codes' hashes."""
        await self._connection.execute(delete(recovery_codes).where(recovery_codes.c.user == user))
        if digests:
            rows = [{"user": user, "digest": digest} for digest in digests]
            await self._connection.execute(insert(recovery_codes), rows)

    async def use_recovery_code(self, user: str, digest: str, now: datetime) -> bool:
        """Spend one; False when unknown or spent."""
        spend = (
            update(recovery_codes)
            .where(
                recovery_codes.c.user == user,
                recovery_codes.c.digest == digest,
                recovery_codes.c.used_at.is_(None),
            )
            .values(used_at=now)
        )
        return (await self._connection.execute(spend)).rowcount == 1

    async def administrators(self) -> frozenset[str]:
        """Active people who administer some organisation."""
        query = (
            select(users.c.id)
            .join(user_roles, user_roles.c.user == users.c.id)
            .where(
                user_roles.c.role == Role.ADMINISTRATOR.value,
                users.c.status == Status.ACTIVE.value,
            )
        )
        return frozenset((await self._connection.execute(query)).scalars())

    async def _set(self, user: str, **values: Any) -> None:
        await self._connection.execute(update(users).where(users.c.id == user).values(**values))

    async def _add_roles(self, user: str, roles: Sequence[OrganisationRole]) -> None:
        rows = [
            {"user": user, "organisation": organisation, "role": role.value}
            for organisation, role in dict.fromkeys((r.organisation, r.role) for r in roles)
        ]
        if rows:
            await self._connection.execute(insert(user_roles), rows)

    async def _users(self, query: Select[Any]) -> list[User]:
        rows = (await self._connection.execute(query)).all()
        roles = await self._roles([row.id for row in rows])
        return [_user(row, roles.get(row.id, ())) for row in rows]

    async def _roles(self, ids: Sequence[str]) -> dict[str, tuple[OrganisationRole, ...]]:
        query = (
            select(user_roles, organisations.c.name)
            .join(organisations)
            .where(user_roles.c.user.in_(ids))
            .order_by(organisations.c.name, user_roles.c.role)
        )
        found: dict[str, tuple[OrganisationRole, ...]] = {}
        for row in await self._connection.execute(query):
            role = OrganisationRole(row.organisation, Role(row.role), row.name)
            found[row.user] = (*found.get(row.user, ()), role)
        return found


def _user(row: Row[Any], roles: tuple[OrganisationRole, ...]) -> User:
    return User(
        id=row.id,
        email=row.email,
        name=row.name,
        profession=row.profession,
        locale=row.locale,
        status=Status(row.status),
        is_demo=row.is_demo,
        has_totp=row.totp_secret is not None,
        registered_at=row.registered_at,
        organisation=row.organisation,
        registration_number=row.registration_number,
        roles=roles,
    )


def _contains(text: str) -> str:
    for special in "\\%_":
        text = text.replace(special, f"\\{special}")
    return f"%{text.lower()}%"
