"""Waking people's devices: subscribed by themselves, pushed by any service, sent by the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from server.domain.access import Actor
from server.domain.errors import NotFound
from server.domain.pushes import GONE, LEASE, ORDINARY, SUBSCRIPTIONS_LIMIT, Push, Subscription
from server.domain.texts import is_storable
from server.services.ports.clock import Clock, Fresh
from server.services.ports.pushes import PushSender
from server.services.ports.secret_box import SecretBox
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.qualifications import account_of

AT_ONCE = 50
_KEY = "vapid"


class Pushes:
    """Use cases of push subscriptions, and the engine's step that sends."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        fresh: Fresh,
        box: SecretBox,
        sender: PushSender,
        *,
        is_training: bool = False,
    ) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._box = box
        self._sender = sender
        self._is_training = is_training
        self._private: bytes | None = None

    async def public_key(self) -> str:
        """What browsers subscribe with; made at the first use, then always the same."""
        return self._sender.public_key(await self._key())

    async def subscribe(self, actor: Actor, endpoint: str, p256dh: str, auth: str) -> Subscription:
        """Let this browser be woken. Raises Invalid."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            user = await account_of(uow, actor)
            subscription = Subscription.create(
                self._fresh.id(), user.id, endpoint, p256dh, auth, now
            )
            await uow.pushes.subscribe(subscription, SUBSCRIPTIONS_LIMIT)
            await uow.audit.record(now, user.id, "push.subscribed", subscription.id, {})
        return subscription

    async def list(self, actor: Actor) -> Sequence[Subscription]:
        """The caller's devices."""
        async with self._database.reading() as uow:
            return await uow.pushes.of((await account_of(uow, actor)).id)

    async def unsubscribe(self, actor: Actor, subscription: str) -> None:
        """Wake this device no more. Raises NotFound."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            user = await account_of(uow, actor)
            known = is_storable(subscription)
            if not known or not await uow.pushes.unsubscribe(subscription, user.id):
                raise NotFound("There is no such device.")
            await uow.audit.record(now, user.id, "push.unsubscribed", subscription, {})

    async def test(self, actor: Actor) -> int:
        """Wake the caller's own devices; answers how many."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            user = await account_of(uow, actor)
            return await push(uow, user.id, "push.test", user.id, "/account", now, self._fresh)

    async def send(self) -> int:
        """Send what is due; answers how many were tried."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            due = await uow.pushes.lease(now, now + LEASE, AT_ONCE)
            devices = await uow.pushes.find({one.subscription for one in due})
        if due:
            key = await self._key()
            await asyncio.gather(*(self._try(key, one, devices[one.subscription]) for one in due))
        return len(due)

    async def _try(self, key: bytes, one: Push, device: Subscription) -> None:
        payload = one.payload(is_training=self._is_training)
        outcome = await self._sender.send(key, device, payload)
        now = self._clock.now()
        following = one.after(outcome, now)
        async with self._database.transaction() as uow:
            if following is not None:
                await uow.pushes.postpone(following)
            elif outcome.status in GONE:
                await uow.pushes.unsubscribe(device.id)
            else:
                await uow.pushes.done(one.id, device.id, now if outcome.is_success else None)

    async def _key(self) -> bytes:
        if self._private is None:
            async with self._database.transaction() as uow:
                sealed = await uow.pushes.key()
                if sealed is None:
                    sealed = self._box.seal(self._sender.new_key(), _KEY)
                    if not await uow.pushes.keep_key(sealed):
                        sealed = await uow.pushes.key() or sealed
            self._private = self._box.open(sealed, _KEY)
        return self._private


async def push(
    uow: UnitOfWork,
    person: str,
    kind: str,
    subject: str,
    place: str,
    now: datetime,
    fresh: Fresh,
    rank: int = ORDINARY,
) -> int:
    """Wake a person's devices once this transaction commits; answers how many there are."""
    devices = await uow.pushes.of(person)
    await uow.pushes.enqueue(
        [
            Push(fresh.id(), device.id, person, kind, subject, place, now, rank=rank)
            for device in devices
        ]
    )
    return len(devices)
