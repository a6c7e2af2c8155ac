"""An integrator at the screen: a webhook, its secret, what was delivered, what to send again."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from standardwebhooks import Webhook

from tests.e2e.conftest import OpenChromium
from tests.e2e.looking import look
from tests.e2e.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EMAIL = "integrator@demo.example"
Posts = list[tuple[dict[str, str], str]]


@pytest.fixture
def posts() -> Posts:
    return []


@pytest.fixture
async def hook(posts: Posts) -> AsyncIterator[str]:
    """The address of a system that receives events."""

    async def hear(request: web.Request) -> web.Response:
        posts.append((dict(request.headers), await request.text()))
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/hook", hear)
    async with TestServer(app) as server:
        yield str(server.make_url("/hook"))


@pytest.mark.parametrize(("phone", "locale"), [(True, "fr"), (False, "it")])
async def test_from_the_first_webhook_to_a_replay(
    network: Product,
    open_chromium: OpenChromium,
    hook: str,
    posts: Posts,
    phone: bool,
    locale: str,
) -> None:
    token = network.sign_in(EMAIL)
    network.ask("PATCH", "/api/v1/me", {"locale": locale}, token)
    for webhook in network.ask("GET", "/api/v1/webhooks", token=token)[1]["items"]:
        network.ask("DELETE", f"/api/v1/webhooks/{webhook['id']}", token=token)
    ivo = await open_chromium("Ivo", locale=locale, phone=phone)
    await ivo.sign_in(network.url, EMAIL, network.logins()[EMAIL])
    await ivo.click("a[href='/integrations']")
    await ivo.wait_for("[data-testid=new-webhook]")
    await look(ivo, "integrations-empty")
    await ivo.click("[data-testid=new-webhook]")
    await ivo.write("input[name=url]", hook)
    await ivo.write("input[name=description]", "RIS")
    await ivo.click("input[type=checkbox][value='room.created']")
    await look(ivo, "integrations-new")
    await ivo.click("[data-testid=save-webhook]")
    await ivo.wait_for("[data-testid=webhook-secret]")
    [secret] = await ivo.texts("[data-testid=webhook-secret]")
    await look(ivo, "integrations-secret")
    await ivo.click("[data-testid=secret-done]")
    await ivo.wait_for("[data-testid=webhook]")
    assert secret not in "".join(await ivo.texts("main"))
    network.ask("POST", "/api/v1/rooms", {"title": "TAC"}, token)
    await ivo.wait_for("[data-testid=delivery][data-state=delivered]")
    await ivo.click("[data-testid=ping-webhook]")

    async def both_delivered() -> bool:
        return len(await ivo.texts("[data-testid=delivery][data-state=delivered]")) == 2

    await ivo.until(both_delivered, "two deliveries")
    await look(ivo, "integrations")
    await ivo.click("[data-testid=replay]")

    async def three_came() -> bool:
        return len(posts) == 3

    await ivo.until(three_came, "a replay")
    kinds = [Webhook(secret).verify(body, headers)["type"] for headers, body in posts]
    assert kinds == ["room.created", "webhook.ping", "webhook.ping"]
