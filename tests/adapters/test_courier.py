"""Posting to real servers: whatever happens is an outcome, and nobody is led elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from server.adapters.courier import HttpCourier
from server.domain.webhooks import Outcome
from tests.servers.process import free_port

Got = list[tuple[str, bytes]]


@pytest.fixture
def got() -> Got:
    return []


@pytest.fixture
async def outside(got: Got) -> AsyncIterator[str]:
    """A server of somebody else's."""

    async def hear(request: web.Request) -> web.Response:
        got.append((request.path, await request.read()))
        return web.Response(status=204)

    async def lead_away(_request: web.Request) -> web.Response:
        raise web.HTTPTemporaryRedirect("/hook")

    app = web.Application()
    app.add_routes([web.post("/hook", hear), web.post("/away", lead_away)])
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


async def test_what_arrives(outside: str, got: Got) -> None:
    courier = HttpCourier(plain=True)
    assert await courier.post(f"{outside}/hook", {"x": "y"}, b"body") == Outcome(204)
    assert got == [("/hook", b"body")]


async def test_a_redirect_is_not_followed(outside: str, got: Got) -> None:
    assert await HttpCourier(plain=True).post(f"{outside}/away", {}, b"") == Outcome(307)
    assert got == []


async def test_nobody_there_is_an_outcome() -> None:
    outcome = await HttpCourier(plain=True).post(f"http://127.0.0.1:{free_port()}/", {}, b"")
    assert outcome.status is None
    assert outcome.error


async def test_a_public_server_posts_nothing_without_tls(outside: str, got: Got) -> None:
    courier = HttpCourier(plain=False)
    assert await courier.post(f"{outside}/hook", {}, b"") == Outcome(None, "not-https")
    assert got == []
