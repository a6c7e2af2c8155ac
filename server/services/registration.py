"""Registration in the reserved area: anybody may ask, an administrator admits."""

from __future__ import annotations

from dataclasses import dataclass, field

from server.domain.accounts import Status, User, require_email
from server.domain.errors import Invalid
from server.domain.passwords import require_strong
from server.services.ports.clock import Clock, Fresh
from server.services.ports.passwords import Passwords
from server.services.ports.rate_limits import Attempt, RateLimits
from server.services.ports.unit_of_work import Database
from server.services.sessions import Origin

RESERVED_DOMAINS = ("demo.example",)


@dataclass(frozen=True, slots=True)
class Register:
    """What a person says of itself."""

    email: str
    password: str = field(repr=False)
    name: str
    profession: str
    organisation: str
    locale: str
    registration_number: str | None = None


class Registration:
    """The way in for people without an account."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        fresh: Fresh,
        passwords: Passwords,
        limits: RateLimits,
    ) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._passwords = passwords
        self._limits = limits

    async def register(self, command: Register, origin: Origin) -> None:
        """Ask to be admitted; a known e-mail changes nothing and is not told.

        Raises Invalid, RateLimited.
        """
        email = require_email(command.email)
        if email.rpartition("@")[2] in RESERVED_DOMAINS:
            raise Invalid("This e-mail domain is reserved.", path="email")
        require_strong(command.password, email)
        await self._limits.hit(Attempt.REGISTER_BY_ADDRESS, origin.address)
        await self._limits.hit(Attempt.REGISTER_BY_EMAIL, email)
        password_hash = await self._passwords.hash(command.password)
        now = self._clock.now()
        user = User(
            id=self._fresh.id(),
            email=email,
            name=command.name,
            profession=command.profession,
            locale=command.locale,
            status=Status.PENDING,
            is_demo=False,
            has_totp=False,
            registered_at=now,
            organisation=command.organisation,
            registration_number=command.registration_number,
        )
        async with self._database.transaction() as uow:
            if not await uow.organisations.known(frozenset({command.organisation})):
                raise Invalid("There is no such organisation.", path="organisation")
            if await uow.accounts.add(user, password_hash):
                data = {"organisation": command.organisation, "address": origin.address}
                await uow.audit.record(now, user.id, "account.registered", user.id, data)
            else:
                data = {"address": origin.address}
                await uow.audit.record(now, "unknown", "account.registered-again", "unknown", data)
