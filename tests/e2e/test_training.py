"""The training area: one click in, plainly not the real thing, and one click to begin anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import OpenChromium
from tests.e2e.looking import look
from tests.e2e.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EMAIL = "nurse@demo.example"


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product with its sandbox beside it."""
    home: Path = tmp_path_factory.mktemp("school")
    settings = {"TRAINING": "true", "TRAINING_HTTP_PORT": "0", "TRAINING_HTTPS_PORT": "0"}
    running = Product(home, settings)
    running.start()
    try:
        yield running
    finally:
        running.stop()


@pytest.mark.parametrize(("phone", "locale"), [(True, "it"), (False, "en")])
async def test_practice_in_one_click_and_anew_in_another(
    school: Product, open_chromium: OpenChromium, phone: bool, locale: str
) -> None:
    token = school.sign_in(EMAIL)
    school.ask("PATCH", "/api/v1/me", {"locale": locale}, token)
    rooms = school.ask("GET", "/api/v1/rooms", token=token)
    nina = await open_chromium("Nina", locale=locale, phone=phone)
    await nina.sign_in(school.url, EMAIL, school.logins()[EMAIL])
    await nina.open(f"{school.url}/training")
    await nina.wait_for("[data-testid=practise]")
    await look(nina, "training-choose")
    await nina.click("[data-testid=practise]")
    await nina.wait_for("[data-testid=training-banner]")
    assert "#" not in nina.page.url
    assert not nina.page.url.startswith(school.url)
    await nina.wait_for("main h1")
    await look(nina, "training-home")
    room = await nina.evaluate(
        """const token = (await (await fetch('/api/v1/auth/refresh', {method: 'POST'})).json())
            .access_token;
        const ask = async (method, path, body) => (await fetch('/api/v1/' + path, {
            method, body: body && JSON.stringify(body),
            headers: {Authorization: 'Bearer ' + token},
        })).json();
        const [rita] = (await ask('GET', 'people?q=Rita')).items;
        const members = [{user: rita.id, role: 'member'}];
        return (await ask('POST', 'rooms', {title: 'Prova', members})).id;"""
    )
    await nina.reload()
    await nina.click(f'a[href="/rooms/{room}"]')
    await nina.wait_for("[data-testid=join-chat]")
    await nina.click("[data-testid=join-chat]")
    await nina.wait_for("[data-testid=chat-input]")
    await nina.say("Rita?")

    async def answered() -> bool:
        return len(await nina.texts("[data-testid=chat-message]")) == 2

    await nina.until(answered, "the scripted colleague's answer", 60)
    await look(nina, "training-room")
    await nina.open(nina.page.url.partition("/rooms")[0])
    await nina.click("[data-testid=reset-training]")
    await nina.click("dialog[open] [data-testid=confirm]")
    await nina.wait_without(f'a[href="/rooms/{room}"]')
    assert school.ask("GET", "/api/v1/rooms", token=token) == rooms
