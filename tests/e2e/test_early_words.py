"""Words sent before the room is joined are kept in sight, and leave once it is."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import OpenChromium
from tests.e2e.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EMAIL = "surgeon@demo.example"
SLOW_STORAGE = """
    const open = IDBFactory.prototype.open;
    const released = new Promise(resolve => { window.releaseStorage = resolve; });
    IDBFactory.prototype.open = function (...asked) {
        const request = {};
        released.then(() => {
            const real = open.apply(this, asked);
            Object.defineProperty(request, 'result', { get: () => real.result });
            Object.defineProperty(request, 'error', { get: () => real.error });
            for (const name of ['onupgradeneeded', 'onsuccess', 'onerror'])
                real[name] = event => request[name]?.(event);
        });
        return request;
    };
"""
"""A browser whose storage opens when the test says so: the room is joined only after it."""


async def test_words_sent_before_the_room_is_joined_are_not_lost(
    network: Product, open_chromium: OpenChromium
) -> None:
    token = network.sign_in(EMAIL)
    _, room = network.ask("POST", "/api/v1/rooms", {"title": "Early"}, token)
    carlo = await open_chromium("Carlo")
    await carlo.sign_in(network.url, EMAIL, network.logins()[EMAIL])
    await carlo.page.add_init_script(SLOW_STORAGE)
    await carlo.open(f"{network.url}/rooms/{room['id']}")
    await carlo.click("[data-testid=join-chat]")
    await carlo.say("Bleeding stopped")
    kept = await carlo.page.locator("[data-testid=chat-input]").input_value()
    assert kept == "Bleeding stopped"
    await carlo.evaluate("window.releaseStorage()")
    await carlo.wait_for("[data-testid=chat-message]")

    async def arrived() -> bool:
        _, snapshot = network.ask("GET", f"/api/v1/rooms/{room['id']}/snapshot", token=token)
        return [one["text"] for one in snapshot["messages"]] == ["Bleeding stopped"]

    await carlo.until(arrived, "the message on the server")
    assert await carlo.page.locator("[data-testid=chat-input]").input_value() == ""
