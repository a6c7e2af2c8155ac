"""Webhooks of an organisation: made, changed, tested, replayed by its integrators."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from server.domain.access import Actor, Role
from server.domain.accounts import User
from server.domain.errors import Forbidden, Invalid, LimitExceeded, NotFound
from server.domain.instants import rfc3339
from server.domain.texts import is_storable, storable
from server.domain.timeline import Event
from server.domain.webhooks import (
    DESCRIPTION_LIMIT,
    ENDPOINTS_LIMIT,
    PING,
    Delivery,
    DeliveryState,
    Endpoint,
    events_of,
    leaves,
    thin,
    url_of,
)
from server.services.ports.clock import Clock, Fresh
from server.services.ports.secret_box import SecretBox
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.qualifications import account_of, holds, qualified

MANAGERS = (Role.INTEGRATOR, Role.ADMINISTRATOR)
PAGE = 50


@dataclass(frozen=True, slots=True)
class Made:
    """An endpoint with its secret, which is told only now."""

    endpoint: Endpoint
    secret: str


class Webhooks:
    """Use cases of webhooks."""

    def __init__(self, database: Database, clock: Clock, fresh: Fresh, box: SecretBox) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._box = box

    async def create(
        self,
        actor: Actor,
        *,
        url: str,
        events: Sequence[str] = (),
        description: str = "",
        organisation: str | None = None,
    ) -> Made:
        """Send an organisation's events to an address. Raises Invalid, Forbidden, LimitExceeded."""
        now, secret = self._clock.now(), _secret(self._fresh.secret())
        async with self._database.transaction() as uow:
            user = await qualified(uow, actor, *MANAGERS, organisation=organisation)
            chosen = organisation or _organisations(user)[0]
            if len(await uow.webhooks.of([chosen])) >= ENDPOINTS_LIMIT:
                raise LimitExceeded(limit="webhooks")
            endpoint_id = self._fresh.id()
            endpoint = Endpoint(
                endpoint_id,
                chosen,
                url_of(url),
                _description(description),
                events_of(events),
                self._box.seal(secret.encode(), endpoint_id),
                user.id,
                now,
            )
            await uow.webhooks.add(endpoint)
            await self._audit(uow, actor, "webhook.created", endpoint, now)
        return Made(endpoint, secret)

    async def list(self, actor: Actor) -> Sequence[Endpoint]:
        """Those of the caller's organisations. Raises Forbidden."""
        async with self._database.reading() as uow:
            user = await qualified(uow, actor, *MANAGERS)
            return await uow.webhooks.of(_organisations(user))

    async def get(self, actor: Actor, endpoint_id: str) -> Endpoint:
        """One. Raises NotFound."""
        async with self._database.reading() as uow:
            return await self._own(uow, actor, endpoint_id)

    async def change(
        self,
        actor: Actor,
        endpoint_id: str,
        *,
        url: str | None = None,
        events: Sequence[str] | None = None,
        description: str | None = None,
        enabled: bool | None = None,
    ) -> Endpoint:
        """What is given replaces what was. Raises NotFound, Invalid."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            former = await self._own(uow, actor, endpoint_id)
            endpoint = replace(
                former,
                url=former.url if url is None else url_of(url),
                events=former.events if events is None else events_of(events),
                description=(
                    former.description if description is None else _description(description)
                ),
                is_enabled=former.is_enabled if enabled is None else enabled,
            )
            await uow.webhooks.update(endpoint)
            await self._audit(uow, actor, "webhook.changed", endpoint, now)
            return endpoint

    async def rotate_secret(self, actor: Actor, endpoint_id: str) -> Made:
        """A new secret; the former one signs no more."""
        now, secret = self._clock.now(), _secret(self._fresh.secret())
        async with self._database.transaction() as uow:
            former = await self._own(uow, actor, endpoint_id)
            endpoint = replace(former, secret=self._box.seal(secret.encode(), former.id))
            await uow.webhooks.update(endpoint)
            await self._audit(uow, actor, "webhook.secret-rotated", endpoint, now)
        return Made(endpoint, secret)

    async def remove(self, actor: Actor, endpoint_id: str) -> None:
        """Send nothing there any more and forget what was sent."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            endpoint = await self._own(uow, actor, endpoint_id)
            await uow.webhooks.remove(endpoint.id)
            await self._audit(uow, actor, "webhook.removed", endpoint, now)

    async def ping(self, actor: Actor, endpoint_id: str) -> Delivery:
        """Send something harmless, to see that it arrives. Raises WebhookDisabled."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            endpoint = await self._own(uow, actor, endpoint_id)
            endpoint.require_enabled()
            body = _body(PING, now, {"webhook": endpoint.id})
            message = self._fresh.id()
            delivery = Delivery(self._fresh.id(), endpoint.id, message, PING, body, now, now)
            await uow.webhooks.enqueue([delivery])
            return delivery

    async def deliveries(
        self, actor: Actor, endpoint_id: str, state: DeliveryState | None, before: str | None
    ) -> Sequence[Delivery]:
        """The log, newest first. Raises NotFound."""
        if before is not None and not is_storable(before):
            raise Invalid("This is no cursor.", path="cursor")
        async with self._database.reading() as uow:
            endpoint = await self._own(uow, actor, endpoint_id)
            return await uow.webhooks.deliveries(endpoint.id, state, before, PAGE)

    async def replay(self, actor: Actor, endpoint_id: str, delivery_id: str) -> Delivery:
        """The same message once more, under the same `webhook-id`."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            endpoint = await self._own(uow, actor, endpoint_id)
            endpoint.require_enabled()
            known = is_storable(delivery_id)
            former = await uow.webhooks.delivery(endpoint.id, delivery_id) if known else None
            if former is None:
                raise NotFound("There is no such delivery.")
            delivery = former.again(self._fresh.id(), now)
            await uow.webhooks.enqueue([delivery])
            await self._audit(uow, actor, "webhook.replayed", endpoint, now)
            return delivery

    async def replay_failed(self, actor: Actor, endpoint_id: str, since: datetime) -> int:
        """All that failed for good since an instant; answers how many."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            endpoint = await self._own(uow, actor, endpoint_id)
            endpoint.require_enabled()
            failed = await uow.webhooks.failed_since(endpoint.id, since)
            await uow.webhooks.enqueue([one.again(self._fresh.id(), now) for one in failed])
            await self._audit(uow, actor, "webhook.replayed", endpoint, now)
            return len(failed)

    async def _own(self, uow: UnitOfWork, actor: Actor, endpoint_id: str) -> Endpoint:
        user = await account_of(uow, actor)
        if not holds(user, *MANAGERS):
            raise Forbidden(needs="integrator")
        endpoint = await uow.webhooks.find(endpoint_id) if is_storable(endpoint_id) else None
        if endpoint is None or endpoint.organisation not in _organisations(user):
            raise NotFound
        return endpoint

    async def _audit(
        self, uow: UnitOfWork, actor: Actor, action: str, endpoint: Endpoint, now: datetime
    ) -> None:
        data = {"organisation": endpoint.organisation}
        await uow.audit.record(now, actor.person, action, endpoint.id, data)


async def announce(uow: UnitOfWork, events: Sequence[Event], fresh: Fresh) -> None:
    """Put events on their way to the integrators who want them, in the events' transaction."""
    leaving = [event for event in events if leaves(event.type)]
    if not leaving:
        return
    hearing = await uow.webhooks.hearing({event.room for event in leaving})
    if not hearing:
        return
    await uow.webhooks.enqueue(
        [
            Delivery(
                fresh.id(), one.id, event.id, event.type.value, body, event.at, due_at=event.at
            )
            for event in leaving
            for body in (_body(event.type.value, event.at, thin(event)),)
            for one in hearing.get(event.room, ())
            if one.wants(event.type)
        ]
    )


def _body(kind: str, at: datetime, data: object) -> str:
    payload = {"type": kind, "timestamp": rfc3339(at), "data": data}
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


def _secret(random: str) -> str:
    """`whsec_` and 32 bytes in base64."""
    return "whsec_" + b64encode(sha256(random.encode()).digest()).decode()


def _organisations(user: User) -> list[str]:
    return [held.organisation for held in user.roles if held.role in MANAGERS]


def _description(text: str) -> str:
    if len(text) > DESCRIPTION_LIMIT:
        raise Invalid("The description has at most 200 characters.", path="description")
    return storable(" ".join(text.split()), "description")


KEPT = timedelta(days=30)
"""How long the log of deliveries goes back."""
