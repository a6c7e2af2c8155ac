"""Carrying webhooks out: leased, sent side by side, recorded; a crash repeats, never loses."""

from __future__ import annotations

import asyncio

from server.domain.webhooks import LEASE, Delivery, Endpoint, Outcome
from server.services.ports.clock import Clock
from server.services.ports.secret_box import SecretBox
from server.services.ports.unit_of_work import Database
from server.services.ports.webhooks import Courier
from server.services.webhook_signatures import signed
from server.services.webhooks import KEPT

AT_ONCE = 20


class WebhookDeliveries:
    """The engine's steps of webhooks; they wait for others' servers, so they need one of their own.

    A receiver may see a message twice: `webhook-id` tells.
    """

    def __init__(self, database: Database, clock: Clock, box: SecretBox, courier: Courier) -> None:
        self._database = database
        self._clock = clock
        self._box = box
        self._courier = courier

    async def carry(self) -> int:
        """Send what is due; answers how many were tried."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            due = await uow.webhooks.lease(now, now + LEASE, AT_ONCE)
            endpoints = await uow.webhooks.endpoints({one.endpoint for one in due})
        await asyncio.gather(*(self._try(one, endpoints[one.endpoint]) for one in due))
        return len(due)

    async def purge(self) -> int:
        """Forget what ended long ago."""
        async with self._database.transaction() as uow:
            return await uow.webhooks.purge(self._clock.now() - KEPT)

    async def _try(self, delivery: Delivery, endpoint: Endpoint) -> None:
        outcome = await self._send(delivery, endpoint)
        async with self._database.transaction() as uow:
            await uow.webhooks.record(delivery.after(outcome, self._clock.now()))

    async def _send(self, delivery: Delivery, endpoint: Endpoint) -> Outcome:
        secret = self._box.open(endpoint.secret, endpoint.id).decode()
        headers = signed(secret, delivery.message, delivery.body, self._clock.now())
        return await self._courier.post(endpoint.url, headers, delivery.body.encode())
