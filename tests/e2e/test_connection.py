"""Somebody tests a connection before the first call: which paths work, and how well."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import OpenChromium
from tests.e2e.looking import look
from tests.e2e.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EMAIL = "surgeon@demo.example"


async def test_the_page_tells_which_path_works(
    network: Product, open_chromium: OpenChromium
) -> None:
    carlo = await open_chromium("Carlo", phone=True)
    await carlo.sign_in(network.url, EMAIL, network.logins()[EMAIL])
    await carlo.open(f"{network.url}/connection")
    await carlo.click("[data-testid=connection-start]")
    await carlo.wait_for("[data-testid=connection-verdict]", 60)
    states = {
        path: await carlo.page.get_attribute(f"[data-testid=path-{path}]", "data-state")
        for path in ("udp", "tcp", "turn-udp", "turn-tls")
    }
    assert states == {"udp": "works", "tcp": "works", "turn-udp": "absent", "turn-tls": "absent"}
    (direct,) = await carlo.texts("[data-testid=path-udp] dl")
    (stream,) = await carlo.texts("[data-testid=path-tcp] dl")
    assert "UDP" in direct
    assert "TCP" in stream
    await look(carlo, "connection")
    await carlo.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await carlo.page.locator("main .buttons button").nth(1).click()
    report = await carlo.evaluate("return navigator.clipboard.readText()")
    assert report.count("kbit/s") == 4
    assert EMAIL not in report
    assert "Carlo" not in report
