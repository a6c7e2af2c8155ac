"""The gateway on a real HTTP server: signed as Standard Webhooks say, and nothing of a patient."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from standardwebhooks import Webhook, WebhookVerificationError

from server.adapters.courier import HttpCourier
from server.adapters.gateway import GatewayCarrier
from server.domain.contact_methods import Kind
from server.domain.webhooks import Outcome
from server.services.ports.contacts import Letter
from server.services.webhook_signatures import is_genuine, signed
from tests.services.contact_cast import SECRET


@dataclass
class Gateway:
    """What a gateway verifies and keeps."""

    url: str = ""
    status: int = 202
    got: list[dict[str, Any]] = field(default_factory=list)

    async def hear(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            self.got.append(Webhook(SECRET).verify(body, dict(request.headers)))
        except WebhookVerificationError:
            return web.Response(status=401)
        return web.Response(status=self.status)


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    kept = Gateway()
    app = web.Application()
    app.router.add_post("/messages", kept.hear)
    async with TestServer(app) as server:
        kept.url = str(server.make_url("/messages"))
        yield kept


def letter() -> Letter:
    now = datetime.now(UTC)
    text, link = "Guard request: EMERGENCY, CT. Open Guardline: https://h/1", "https://h/1"
    return Letter("m1", Kind.SMS, "+393335550101", "Guard", text, link, "en", now, is_urgent=True)


async def test_the_gateway_can_tell_that_it_is_us(gateway: Gateway) -> None:
    carrier = GatewayCarrier(HttpCourier(plain=True), gateway.url, SECRET)
    sent = letter()
    assert await carrier.carry(sent) == Outcome(202)
    [got] = gateway.got
    assert got["type"] == "message.sms"
    assert got["data"] == {
        "message": "m1",
        "to": sent.to,
        "text": sent.text,
        "locale": "en",
        "urgent": True,
    }


async def test_with_another_secret_it_refuses(gateway: Gateway) -> None:
    other = GatewayCarrier(HttpCourier(plain=True), gateway.url, SECRET.replace("c2V", "c2W"))
    assert await other.carry(letter()) == Outcome(401)
    assert gateway.got == []


async def test_a_refusal_is_an_outcome(gateway: Gateway) -> None:
    gateway.status = 422
    carrier = GatewayCarrier(HttpCourier(plain=True), gateway.url, SECRET)
    assert await carrier.carry(letter()) == Outcome(422)


def test_its_reports_are_checked_as_the_library_signs_them() -> None:
    now = datetime.now(UTC)
    body = json.dumps({"type": "message.delivered", "data": {"message": "m1"}})
    headers = {
        "webhook-id": "r1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": f"v1,AAAA {Webhook(SECRET).sign('r1', now, body)}",
    }
    assert is_genuine(SECRET, headers, body.encode(), now)
    assert Webhook(SECRET).verify(body, signed(SECRET, "r1", body, now))
    assert not is_genuine(SECRET, headers, body.encode() + b" ", now)
