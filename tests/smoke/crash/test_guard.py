"""A power cut right after a guard request was stored: the radiologist hears of it all the same."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import socketio

from tests.e2e.product import Product
from tests.smoke.crash.people import Json
from tests.waiting import until

QUESTION = {
    "priority": "emergency",
    "patient": {"name": "Nina Ipsilon", "birth_date": "1950-02-01", "identifier": "NPSNNI50"},
    "question": "Bleeding?",
    "call_back": "+44 20 7946 0100",
    "wants_call": False,
}
RADIOLOGISTS = ("radiologist", "radiologist2", "radiologist3")


def ask(product: Product, method: str, path: str, token: str, body: Json | None = None) -> Any:
    """A REST request that must succeed."""
    status, answer = product.ask(method, f"/api/v1/{path}", body, token)
    assert status < 300, answer
    return answer


@pytest.mark.slow
async def test_a_request_that_was_stored_rings_after_a_power_cut(product: Product) -> None:
    nurse = await asyncio.to_thread(product.sign_in, "nurse@demo.example")
    service = (await asyncio.to_thread(ask, product, "GET", "guard/services", nurse))["items"][0]
    body = QUESTION | {"service": service["id"]}
    made = await asyncio.to_thread(ask, product, "POST", "guard/requests", nurse, body)
    product.kill()
    await asyncio.to_thread(product.start)
    heard: list[Json] = []
    sockets = []
    for login in RADIOLOGISTS:
        token = await asyncio.to_thread(product.sign_in, f"{login}@demo.example")
        socket = socketio.AsyncClient(reconnection=False)
        socket.on("guard.alert", heard.append, namespace="/alerts")
        auth = {"token": token, "device": login}
        await socket.connect(
            product.url,
            auth=auth,
            namespaces=["/alerts"],
            transports=["websocket"],
            wait_timeout=10,
        )
        sockets.append(socket)
    await until(lambda: made["id"] in {alert["request"] for alert in heard}, 10)
    for socket in sockets:
        await socket.disconnect()
    found = await asyncio.to_thread(ask, product, "GET", f"guard/requests/{made['id']}", nurse)
    assert found["state"] in {"alerting", "exhausted"}
