"""Messages by contact methods: stored with what they tell of, sent by the engine, followed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime

from server.domain.accounts import Status, User
from server.domain.contact_messages import CODE, KEPT, LEASE, Message, MessageState
from server.domain.contact_methods import ContactMethod, Kind
from server.domain.contact_words import words_of
from server.domain.errors import Invalid, Unauthenticated
from server.domain.texts import is_storable
from server.services.changes import tell_changed
from server.services.ports.clock import Clock
from server.services.ports.contacts import Carrier, Letter
from server.services.ports.secret_box import SecretBox
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.webhook_signatures import is_genuine

AT_ONCE = 20
TOPIC = "contact-methods"

Follower = Callable[[UnitOfWork, Message, datetime], Awaitable[None]]
"""Hears, in the transaction that stores it, that a message was sent, delivered or failed."""


class ContactMessages:
    """The engine's steps of messages, and what the gateway tells of them later."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        box: SecretBox,
        carriers: Mapping[Kind, Carrier],
        people_url: str,
        gateway_secret: str | None = None,
        followers: Mapping[str, Follower] | None = None,
    ) -> None:
        """`followers` by the kind of message."""
        self._database = database
        self._clock = clock
        self._box = box
        self._carriers = carriers
        self._people_url = people_url
        self._gateway_secret = gateway_secret
        self._followers = followers or {}

    async def send(self, channels: Collection[Kind]) -> int:
        """Send what is due there; answers how many were tried."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            due = await uow.contact_messages.lease(channels, now, now + LEASE, AT_ONCE)
            methods = await uow.contact_messages.to({one.id for one in due})
            people = await uow.accounts.named({one.person for one in due})
            sendable = [one for one in due if _may_go(one, methods[one.id], people[one.person])]
            for one in due:
                if one not in sendable:
                    await uow.contact_messages.cancel_for(one.method, one.kind)
        await asyncio.gather(
            *(self._try(one, methods[one.id], people[one.person].locale) for one in sendable)
        )
        return len(due)

    async def purge(self) -> int:
        """Forget what ended long ago."""
        async with self._database.transaction() as uow:
            return await uow.contact_messages.purge(self._clock.now() - KEPT)

    async def report(self, headers: Mapping[str, str], body: bytes) -> None:
        """The gateway tells what became of a message. Raises Unauthenticated, Invalid.

        What is unknown, forgotten or was told before changes nothing.
        """
        now = self._clock.now()
        if self._gateway_secret is None or not is_genuine(self._gateway_secret, headers, body, now):
            raise Unauthenticated("This is not signed with the gateway's secret.")
        message_id, state = _parsed(body)
        async with self._database.transaction() as uow:
            message = await uow.contact_messages.find(message_id)
            if message is None:
                return
            told = message.report(state, now)
            if await uow.contact_messages.report(told):
                await self._followed(uow, told, now)

    async def _try(self, message: Message, method: ContactMethod, locale: str) -> None:
        letter = self._letter(message, method, locale)
        outcome = await self._carriers[message.channel].carry(letter)
        now = self._clock.now()
        following = message.after(outcome, now)
        async with self._database.transaction() as uow:
            if await uow.contact_messages.record(following):
                await self._followed(uow, following, now)
            elif outcome.is_success:
                await uow.contact_methods.took(method.id, now)

    async def _followed(self, uow: UnitOfWork, message: Message, now: datetime) -> None:
        if message.error is not None:
            await uow.contact_methods.failed(message.method, message.error)
        else:
            await uow.contact_methods.took(message.method, now)
        tell_changed(uow, TOPIC, message.method, [message.person])
        follower = self._followers.get(message.kind)
        if follower is not None and message.state is not MessageState.QUEUED:
            await follower(uow, message, now)

    def _letter(self, message: Message, method: ContactMethod, locale: str) -> Letter:
        code = self._box.open(message.sealed, method.id).decode() if message.sealed else ""
        link = self._people_url + message.place
        words = words_of(message, locale, link, code)
        return Letter(
            message.id,
            message.channel,
            method.value,
            words.subject,
            words.text,
            link,
            locale,
            self._clock.now(),
            is_urgent=message.rank == 0,
        )


def _may_go(message: Message, method: ContactMethod, user: User) -> bool:
    """Nothing but a code goes to what is unproved or off, nothing at all to who was suspended."""
    return user.status is Status.ACTIVE and (method.is_used or message.kind == CODE)


def _parsed(body: bytes) -> tuple[str, MessageState]:
    """`{"type": "message.delivered" | "message.failed", "data": {"message": id}}`."""
    states = {
        "message.delivered": MessageState.DELIVERED,
        "message.failed": MessageState.FAILED,
    }
    try:
        told = json.loads(body)
        message, state = told["data"]["message"], states[told["type"]]
    except (ValueError, RecursionError, TypeError, KeyError) as error:
        raise Invalid("This is no report of the gateway.") from error
    if not isinstance(message, str) or not is_storable(message):
        raise Invalid("This is no message.", path="data.message")
    return message, state
