"""The second factor: begun, confirmed, asked for, removed."""

from __future__ import annotations

from dataclasses import dataclass

from server.domain import second_factor as rules
from server.domain.access import Actor
from server.domain.accounts import CredentialsInvalid
from server.domain.errors import Conflict, Forbidden, NotFound
from server.domain.second_factor import OtpInvalid
from server.services.ports.accounts import Credentials
from server.services.ports.clock import Clock, Fresh
from server.services.ports.passwords import Passwords
from server.services.ports.rate_limits import Attempt, RateLimits
from server.services.ports.secret_box import SecretBox
from server.services.ports.unit_of_work import Database, UnitOfWork


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator needs to know; the URI is the QR code's content."""

    secret: str
    uri: str


class SecondFactor:
    """Use cases of the second factor."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        fresh: Fresh,
        box: SecretBox,
        passwords: Passwords,
        limits: RateLimits,
        *,
        issuer: str = "Guardline",
    ) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._box = box
        self._passwords = passwords
        self._limits = limits
        self._issuer = issuer

    async def begin(self, actor: Actor) -> Enrolment:
        """A new secret, not active before it is confirmed. Raises Conflict when one is active."""
        _require_member(actor)
        secret = rules.secret_from(self._fresh.secret())
        async with self._database.transaction() as uow:
            found = await _credentials(uow, actor)
            if found.totp_secret is not None:
                raise Conflict("A second factor is active: remove it first.")
            sealed = self._box.seal(secret.encode(), _context(actor.person))
            await uow.accounts.set_totp(actor.person, None, sealed, None)
        return Enrolment(secret, rules.enrolment_uri(secret, found.user.email, self._issuer))

    async def confirm(self, actor: Actor, code: str) -> list[str]:
        """Activate it; answers the recovery codes, which are shown only here."""
        _require_member(actor)
        await self._limits.hit(Attempt.OTP_BY_EMAIL, actor.person)
        codes = [rules.recovery_code(self._fresh.secret()) for _ in range(rules.RECOVERY_CODES)]
        now = self._clock.now()
        async with self._database.transaction() as uow:
            found = await _credentials(uow, actor)
            if found.totp_pending is None:
                raise Conflict("No enrolment has begun.")
            step = rules.accepted_step(
                self._open(actor.person, found.totp_pending), code, now, None
            )
            await uow.accounts.set_totp(actor.person, found.totp_pending, None, step)
            digests = [rules.recovery_digest(actor.person, one) for one in codes]
            await uow.accounts.set_recovery_codes(actor.person, digests)
            await uow.audit.record(now, actor.person, "totp.enrolled", actor.person, {})
        await self._limits.forgive(Attempt.OTP_BY_EMAIL, actor.person)
        return codes

    async def remove(self, actor: Actor, password: str, code: str) -> None:
        """Give it up, with the password and a code. Raises CredentialsInvalid, OtpInvalid."""
        actor.require_account()
        await self._limits.hit(Attempt.PASSWORD_BY_USER, actor.person)
        async with self._database.reading() as uow:
            known = await _credentials(uow, actor)
        if not await self._passwords.verify(known.password_hash, password):
            raise CredentialsInvalid
        now = self._clock.now()
        async with self._database.transaction() as uow:
            found = await _credentials(uow, actor)
            if found.totp_secret is None:
                raise Conflict("No second factor is active.")
            await self.check(uow, found, code)
            await uow.accounts.set_totp(actor.person, None, None, None)
            await uow.accounts.set_recovery_codes(actor.person, [])
            await uow.audit.record(now, actor.person, "totp.removed", actor.person, {})
        await self._limits.forgive(Attempt.PASSWORD_BY_USER, actor.person)

    async def check(self, uow: UnitOfWork, found: Credentials, code: str) -> None:
        """Accept a code once, or spend a recovery code. Raises OtpInvalid."""
        user, now = found.user.id, self._clock.now()
        if found.totp_secret is None:
            raise OtpInvalid
        if len(rules.normalise(code)) == rules.OTP_DIGITS:
            secret = self._open(user, found.totp_secret)
            step = rules.accepted_step(secret, code, now, found.totp_last_step)
            await uow.accounts.set_totp(user, found.totp_secret, found.totp_pending, step)
            return
        if not await uow.accounts.use_recovery_code(user, rules.recovery_digest(user, code), now):
            raise OtpInvalid
        await uow.audit.record(now, user, "recovery-code.used", user, {})

    def _open(self, user: str, sealed: bytes) -> str:
        return self._box.open(sealed, _context(user)).decode()


def _require_member(actor: Actor) -> None:
    if actor.is_guest or actor.ticket is not None:
        raise Forbidden


async def _credentials(uow: UnitOfWork, actor: Actor) -> Credentials:
    found = await uow.accounts.credentials(user=actor.person)
    if found is None:
        raise NotFound
    return found


def _context(user: str) -> str:
    return f"totp of {user}"
