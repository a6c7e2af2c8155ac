"""Signing in, staying in, signing out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime

from server.domain.access import Actor
from server.domain.accounts import (
    CredentialsInvalid,
    DemoRefused,
    User,
    must_enrol,
    normalise_email,
)
from server.domain.errors import DomainError, Forbidden, Unauthenticated
from server.domain.second_factor import OtpRequired
from server.domain.sessions import REFRESH_LIFETIME, SESSION_LIFETIME, RefreshReused, Session
from server.domain.texts import is_storable
from server.services.ports.accounts import Credentials
from server.services.ports.bus import Notice
from server.services.ports.clock import Clock, Fresh
from server.services.ports.passwords import Passwords
from server.services.ports.rate_limits import Attempt, RateLimits
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.second_factor import SecondFactor
from server.services.tokens import MintedToken, Tokens

REVOKED = {"code": "unauthenticated"}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from: its network address, and whether from this very machine."""

    address: str
    is_loopback: bool


@dataclass(frozen=True, slots=True)
class Login:
    """What a person proves itself with."""

    email: str
    password: str = field(repr=False)
    otp: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session's tokens; the refresh token is good once."""

    access: MintedToken
    refresh: str
    user: User
    enrolment_required: bool


class Sessions:
    """Use cases of sessions."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        fresh: Fresh,
        tokens: Tokens,
        passwords: Passwords,
        second_factor: SecondFactor,
        limits: RateLimits,
        *,
        demo_allowed: bool = False,
        second_factor_required: bool = False,
    ) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._tokens = tokens
        self._passwords = passwords
        self._second_factor = second_factor
        self._limits = limits
        self._demo_allowed = demo_allowed
        self._second_factor_required = second_factor_required

    async def login(self, login: Login, origin: Origin) -> SignedIn:
        """Begin a session.

        Raises CredentialsInvalid, OtpRequired, OtpInvalid, AccountPending, AccountSuspended,
        DemoRefused, RateLimited.
        """
        login = replace(login, email=normalise_email(login.email))
        await self._limits.hit(Attempt.LOGIN_BY_ADDRESS, origin.address)
        await self._limits.hit(Attempt.LOGIN_BY_EMAIL, login.email)
        known = await self._known(login.email)
        try:
            signed_in = await self._prove(login, known, origin)
        except DomainError as refusal:
            await self._record_refusal(known, refusal, origin)
            raise
        await self._limits.forgive(Attempt.LOGIN_BY_EMAIL, login.email)
        return signed_in

    async def refresh(self, token: str, origin: Origin) -> SignedIn:
        """Rotate a refresh token. Raises Unauthenticated; RefreshReused ends the session."""
        await self._limits.hit(Attempt.REFRESH_BY_ADDRESS, origin.address)
        now, digest = self._clock.now(), _digest(token)
        async with self._database.transaction() as uow:
            found = await uow.sessions.refresh(digest)
            if found is None:
                raise Unauthenticated
            try:
                found.require_first_use(now)
            except RefreshReused as error:
                await self._end(uow, found.session, now, "refresh.reused")
                reused: RefreshReused | None = error
            else:
                reused = None
                user = await uow.accounts.find(found.session.user)
                if user is None:
                    raise Unauthenticated
                self._require_welcome(user, origin)
                await uow.sessions.use_refresh(digest, now)
                signed_in = await self._issue(uow, user, found.session, now)
        if reused is not None:
            raise reused  # only now: the session's end had to be committed
        return signed_in

    async def logout(self, actor: Actor) -> None:
        """End this session."""
        session = _own_session(actor)
        now = self._clock.now()
        async with self._database.transaction() as uow:
            await self._end(uow, Session(session, actor.person, now, now), now, "logout")

    async def logout_everywhere(self, actor: Actor) -> None:
        """End every session of this person."""
        _own_session(actor)
        now = self._clock.now()
        async with self._database.transaction() as uow:
            ended = await uow.sessions.end_all(actor.person, now)
            await uow.audit.record(
                now, actor.person, "logout.everywhere", actor.person, {"sessions": len(ended)}
            )
            await uow.publish_surely(Notice("revoked", REVOKED, person=actor.person))

    async def purge(self) -> int:
        """Forget sessions over for longer than a refresh token lives; answers how many."""
        async with self._database.transaction() as uow:
            return await uow.sessions.purge(self._clock.now() - REFRESH_LIFETIME)

    async def _known(self, email: str) -> Credentials | None:
        if not is_storable(email):
            return None
        async with self._database.reading() as uow:
            return await uow.accounts.credentials(email=email)

    async def _prove(self, login: Login, known: Credentials | None, origin: Origin) -> SignedIn:
        password_hash = known.password_hash if known else None
        if not await self._passwords.verify(password_hash, login.password) or known is None:
            raise CredentialsInvalid
        if known.totp_secret is not None:
            await self._limit_otp(login, origin)
        upgraded = None
        if self._passwords.is_outdated(known.password_hash):
            upgraded = await self._passwords.hash(login.password)
        async with self._database.transaction() as uow:
            found = await uow.accounts.credentials(user=known.user.id)
            if found is None or found.password_hash != known.password_hash:
                raise CredentialsInvalid  # changed while it was being compared
            self._require_welcome(found.user, origin)
            await self._require_second_factor(uow, found, login)
            if upgraded:
                await uow.accounts.set_password(found.user.id, upgraded)
            signed_in = await self.begin(uow, found.user, origin)
        await self._limits.forgive(Attempt.OTP_BY_EMAIL, login.email)
        return signed_in

    async def _limit_otp(self, login: Login, origin: Origin) -> None:
        if login.otp:
            await self._limits.hit(Attempt.OTP_BY_ADDRESS, origin.address)
            await self._limits.hit(Attempt.OTP_BY_EMAIL, login.email)

    async def _require_second_factor(
        self, uow: UnitOfWork, found: Credentials, login: Login
    ) -> None:
        if found.totp_secret is None:
            return
        if not login.otp:
            raise OtpRequired
        await self._second_factor.check(uow, found, login.otp)

    def _require_welcome(self, user: User, origin: Origin) -> None:
        user.require_admitted()
        if user.is_demo and not (self._demo_allowed and origin.is_loopback):
            raise DemoRefused

    async def begin(self, uow: UnitOfWork, user: User, origin: Origin) -> SignedIn:
        """A new session for somebody who has proved who it is."""
        now = self._clock.now()
        session = Session(self._fresh.id(), user.id, now, now + SESSION_LIFETIME)
        await uow.sessions.add(session)
        await uow.audit.record(
            now, user.id, "login", user.id, {"session": session.id, "address": origin.address}
        )
        return await self._issue(uow, user, session, now)

    async def _issue(
        self, uow: UnitOfWork, user: User, session: Session, now: datetime
    ) -> SignedIn:
        refresh = self._fresh.secret()
        ends = min(now + REFRESH_LIFETIME, session.expires_at)
        await uow.sessions.add_refresh(_digest(refresh), session.id, now, ends)
        enrol = must_enrol(
            required=self._second_factor_required, has_totp=user.has_totp, is_demo=user.is_demo
        )
        return SignedIn(self._tokens.mint_access(user.id, session.id), refresh, user, enrol)

    async def _end(self, uow: UnitOfWork, session: Session, now: datetime, action: str) -> None:
        if await uow.sessions.end(session.id, now):
            await uow.audit.record(now, session.user, action, session.user, {"session": session.id})
            await uow.publish_surely(Notice("revoked", REVOKED, session=session.id))

    async def _record_refusal(
        self, known: Credentials | None, refusal: DomainError, origin: Origin
    ) -> None:
        subject = known.user.id if known else "unknown"
        data = {"code": refusal.code, "address": origin.address}
        async with self._database.transaction() as uow:
            await uow.audit.record(self._clock.now(), subject, "login.refused", subject, data)


def _own_session(actor: Actor) -> str:
    if actor.session is None or actor.ticket is not None:
        raise Forbidden
    return actor.session


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
