"""Whoever carries messages in tests, and people who proved a contact."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from server.adapters.fresh import SystemFresh
from server.adapters.secret_box import AesSecretBox
from server.domain.access import Actor
from server.domain.contact_methods import BY_GATEWAY, ContactMethod, Kind
from server.domain.webhooks import Outcome
from server.services.contact_messages import ContactMessages, Follower
from server.services.contact_methods import ContactMethods
from server.services.ports.clock import Clock
from server.services.ports.contacts import Letter
from server.services.ports.rate_limits import RateLimits
from server.services.ports.unit_of_work import Database

PEOPLE_URL = "https://hub.example"
SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSB0ZXN0cyBnYXRld2F5ISEh"
VALUES = {
    Kind.EMAIL: "rita@hospital.example",
    Kind.SMS: "+39 333 555 0101",
    Kind.VOICE: "+39 02 555 0101",
}


class Post:
    """Stands for the mail server and the gateway: keeps what is carried, answers as told."""

    def __init__(self) -> None:
        self.answers: list[Outcome] = []
        self.carried: list[Letter] = []

    async def carry(self, letter: Letter) -> Outcome:
        self.carried.append(letter)
        return self.answers.pop(0) if self.answers else Outcome(202)

    def texts(self, to: str) -> list[str]:
        return [letter.text for letter in self.carried if letter.to == to]


@dataclass
class Contacting:
    """The use cases and the engine's step, on one database."""

    database: Database
    clock: Clock
    limits: RateLimits
    followers: Mapping[str, Follower] = field(default_factory=dict)
    post: Post = field(default_factory=Post)
    kinds: tuple[Kind, ...] = tuple(Kind)
    methods: ContactMethods = field(init=False)
    messages: ContactMessages = field(init=False)

    def __post_init__(self) -> None:
        fresh, box = SystemFresh(), AesSecretBox(b"master")
        self.methods = ContactMethods(
            self.database, self.clock, fresh, box, self.limits, self.kinds
        )
        self.messages = ContactMessages(
            self.database,
            self.clock,
            box,
            dict.fromkeys(self.kinds, self.post),
            PEOPLE_URL,
            SECRET,
            self.followers,
        )

    async def send(self) -> int:
        """Both engines' steps."""
        return await self.messages.send({Kind.EMAIL}) + await self.messages.send(BY_GATEWAY)

    async def code(self, person: Actor, method: str) -> str:
        """Let a code be sent, and read it where it arrives."""
        await self.methods.send_code(person, method)
        await self.send()
        [code] = re.findall(r"\d(?: ?\d){5}", self.post.carried[-1].text)
        return str(code)

    async def proved(
        self, person: Actor, kind: Kind = Kind.SMS, after_s: int = 0, value: str | None = None
    ) -> ContactMethod:
        """A contact of somebody's that works; what it took is forgotten."""
        made = await self.methods.add(person, kind, value or VALUES[kind], after_s)
        method = await self.methods.prove(person, made.id, await self.code(person, made.id))
        self.post.carried.clear()
        return method
