"""Contact methods: added, proved, changed, tried and removed by the person they reach."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from server.domain.access import Actor
from server.domain.contact_messages import CODE, TEST, Message
from server.domain.contact_methods import (
    METHODS_LIMIT,
    ContactCodeInvalid,
    ContactKindUnavailable,
    ContactMethod,
    ContactMethodExists,
    Kind,
    code_from,
)
from server.domain.errors import LimitExceeded, NotFound
from server.domain.texts import is_storable
from server.services.ports.clock import Clock, Fresh
from server.services.ports.rate_limits import Attempt, RateLimits
from server.services.ports.secret_box import SecretBox
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.qualifications import account_of

PLACE = "/account"


@dataclass(frozen=True, slots=True)
class Contacts:
    """Somebody's methods, and the kinds that this server can send."""

    methods: Sequence[ContactMethod]
    kinds: Sequence[Kind]
    at: datetime


class ContactMethods:
    """Use cases of contact methods; everybody's are their own."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        fresh: Fresh,
        box: SecretBox,
        limits: RateLimits,
        kinds: Collection[Kind],
    ) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._box = box
        self._limits = limits
        self._kinds = [kind for kind in Kind if kind in kinds]

    async def list(self, actor: Actor) -> Contacts:
        """The caller's."""
        async with self._database.reading() as uow:
            user = await account_of(uow, actor)
            mine = await uow.contact_methods.of(user.id)
        return Contacts(mine, self._kinds, self._clock.now())

    async def add(self, actor: Actor, kind: Kind, value: str, after_s: int) -> ContactMethod:
        """A new one, used once it is proved.

        Raises Invalid, ContactKindUnavailable, ContactMethodExists, LimitExceeded.
        """
        now = self._clock.now()
        self._require(kind)
        async with self._database.transaction() as uow:
            user = await account_of(uow, actor)
            method = ContactMethod.create(self._fresh.id(), user.id, kind, value, after_s, now)
            if len(await uow.contact_methods.of(user.id)) >= METHODS_LIMIT:
                raise LimitExceeded(limit="contact-methods")
            if not await uow.contact_methods.add(method):
                raise ContactMethodExists
            await self._audit(uow, method, "contact-method.added", now)
        return method

    async def send_code(self, actor: Actor, method_id: str) -> ContactMethod:
        """Send a code there; a former one is no longer good. Raises NotFound, RateLimited."""
        now, code = self._clock.now(), code_from(self._fresh.secret())
        known = await self._find(actor, method_id)
        self._require(known.kind)
        await self._limits.hit(Attempt.CONTACT_CODE_BY_USER, actor.person)
        await self._limits.hit(Attempt.CONTACT_CODE_BY_VALUE, known.value)
        async with self._database.transaction() as uow:
            method = (await self._own(uow, actor, method_id)).issue(code, now)
            await uow.contact_methods.update(method)
            await uow.contact_messages.cancel_for(method.id, CODE)
            sealed = self._box.seal(code.encode(), method.id)
            await uow.contact_messages.enqueue([self._message(method, CODE, now, sealed)])
        return method

    async def prove(self, actor: Actor, method_id: str, code: str) -> ContactMethod:
        """The code arrived. Raises NotFound, ContactCodeInvalid, ContactCodeOver."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            before = await self._own(uow, actor, method_id)
            method = before.attempt(code, now)
            await uow.contact_methods.update(method)  # a wrong guess is counted, too
            is_right = method.code_digest is None
            if is_right:
                await self._audit(uow, method, "contact-method.proved", now)
        if not is_right:
            raise ContactCodeInvalid
        return method

    async def change(
        self, actor: Actor, method_id: str, after_s: int | None, enabled: bool | None
    ) -> ContactMethod:
        """Another wait, or switched on or off. Raises NotFound, Invalid."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            method = (await self._own(uow, actor, method_id)).change(after_s, enabled)
            await uow.contact_methods.update(method)
            if not method.is_enabled:
                await uow.contact_messages.cancel_for(method.id)
            await self._audit(uow, method, "contact-method.changed", now)
        return method

    async def remove(self, actor: Actor, method_id: str) -> None:
        """Send nothing there any more. Raises NotFound."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            method = await self._own(uow, actor, method_id)
            await uow.contact_methods.remove(method.id)
            await self._audit(uow, method, "contact-method.removed", now)

    async def test(self, actor: Actor, method_id: str) -> None:
        """Send something harmless, to see that it works. Raises NotFound, ContactMethodUnproved."""
        now = self._clock.now()
        self._require((await self._find(actor, method_id)).kind)
        await self._limits.hit(Attempt.CONTACT_TEST_BY_USER, actor.person)
        async with self._database.transaction() as uow:
            method = await self._own(uow, actor, method_id)
            method.require_proved()
            await uow.contact_messages.enqueue([self._message(method, TEST, now)])

    def _require(self, kind: Kind) -> None:
        if kind not in self._kinds:
            raise ContactKindUnavailable

    async def _find(self, actor: Actor, method_id: str) -> ContactMethod:
        async with self._database.reading() as uow:
            mine = await uow.contact_methods.of((await account_of(uow, actor)).id)
        for method in mine:
            if method.id == method_id:
                return method
        raise NotFound("There is no such contact.")

    async def _own(self, uow: UnitOfWork, actor: Actor, method_id: str) -> ContactMethod:
        user = await account_of(uow, actor)
        known = is_storable(method_id)
        method = await uow.contact_methods.lock(method_id, user.id) if known else None
        if method is None:
            raise NotFound("There is no such contact.")
        return method

    def _message(
        self, method: ContactMethod, kind: str, now: datetime, sealed: bytes | None = None
    ) -> Message:
        return Message(
            self._fresh.id(),
            method.id,
            method.kind,
            method.person,
            kind,
            method.id,
            PLACE,
            now,
            now,
            sealed=sealed,
        )

    async def _audit(
        self, uow: UnitOfWork, method: ContactMethod, action: str, now: datetime
    ) -> None:
        await uow.audit.record(now, method.person, action, method.id, {"kind": method.kind.value})
