"""Contact methods over HTTP, and what the gateway reports of messages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from server.domain.contact_methods import DELAY_LIMIT_S, VALUE_LIMIT, ContactMethod, Kind
from server.web.accounts import Text
from server.web.models import Instant, Nothing, Strict, View
from server.web.routing import Answer, Body, Call, Routes, read_body

routes = Routes("contacts")
PATH = "/api/v1/me/contact-methods"

Delay = Annotated[int, Field(ge=0, le=DELAY_LIMIT_S)]


class AddMethodBody(Strict):
    """An address or a number, and how many seconds after an alert it is used."""

    kind: Kind
    value: Annotated[Text, Field(min_length=3, max_length=VALUE_LIMIT)]
    after_s: Delay = 0


class ChangeMethodBody(Strict):
    """What is given replaces what was."""

    after_s: Delay | None = None
    enabled: bool | None = None


class CodeBody(Strict):
    """The code that arrived."""

    code: Annotated[Text, Field(min_length=1, max_length=20)]


class MethodView(View):
    """*ContactMethod* of docs/protocol.md."""

    id: str
    kind: Kind
    value: str
    after_s: int
    enabled: bool
    ready: bool
    proved_at: Instant | None
    used_at: Instant | None
    error: str | None
    code_until: Instant | None

    @classmethod
    def of(cls, method: ContactMethod, now: datetime) -> MethodView:
        """The view of a method."""
        return cls.model_validate(method.to_wire(now))


class MethodsView(View):
    """My contacts, and the kinds that may be added here."""

    items: list[MethodView]
    kinds: list[Kind]


@routes.get(PATH, answers={200: MethodsView})
async def index(call: Call[Nothing, Nothing]) -> Answer:
    """How I am reached besides an open page."""
    found = await call.services.contact_methods.list(call.actor)
    items = [MethodView.of(one, found.at) for one in found.methods]
    return Answer(200, MethodsView(items=items, kinds=list(found.kinds)))


@routes.post(PATH, body=AddMethodBody, answers={201: MethodView}, creates=True)
async def add(call: Call[AddMethodBody, Nothing]) -> Answer:
    """Add a contact; it is used once it is proved."""
    body = call.body
    made = await call.services.contact_methods.add(call.actor, body.kind, body.value, body.after_s)
    return _answer(call, made, 201)


@routes.patch(PATH + "/{method}", body=ChangeMethodBody, answers={200: MethodView})
async def change(call: Call[ChangeMethodBody, Nothing]) -> Answer:
    """Change when a contact is used, or whether."""
    body = call.body
    changed = await call.services.contact_methods.change(
        call.actor, call.path["method"], body.after_s, body.enabled
    )
    return _answer(call, changed)


@routes.delete(PATH + "/{method}", answers={204: None})
async def remove(call: Call[Nothing, Nothing]) -> Answer:
    """Forget a contact."""
    await call.services.contact_methods.remove(call.actor, call.path["method"])
    return Answer(204)


@routes.post(PATH + "/{method}/code", answers={202: MethodView})
async def send_code(call: Call[Nothing, Nothing]) -> Answer:
    """Send a code to a contact, to prove it."""
    found = await call.services.contact_methods.send_code(call.actor, call.path["method"])
    return _answer(call, found, 202)


@routes.post(PATH + "/{method}/prove", body=CodeBody, answers={200: MethodView})
async def prove(call: Call[CodeBody, Nothing]) -> Answer:
    """Prove a contact with the code that arrived there."""
    proved = await call.services.contact_methods.prove(
        call.actor, call.path["method"], call.body.code
    )
    return _answer(call, proved)


@routes.post(PATH + "/{method}/test", answers={202: None})
async def test(call: Call[Nothing, Nothing]) -> Answer:
    """Send a test message to a contact."""
    await call.services.contact_methods.test(call.actor, call.path["method"])
    return Answer(202)


@routes.post("/api/v1/gateway/reports", answers={204: None}, public=True, streams=True)
async def report(call: Call[Nothing, Nothing]) -> Answer:
    """What the gateway learnt of a message, signed with its secret (Standard Webhooks)."""
    body = await read_body(call.request)
    headers = {name.lower(): value for name, value in call.request.headers.items()}
    await call.services.contact_messages.report(headers, body)
    return Answer(204)


def _answer(call: Call[Body, Nothing], method: ContactMethod, status: int = 200) -> Answer:
    return Answer(status, MethodView.of(method, call.services.clock.now()))
