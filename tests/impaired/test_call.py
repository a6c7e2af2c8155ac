"""A call of the real product outlives what a hospital's network does to it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.e2e.product import Product
from tests.impaired.call import Person, call, settings
from tests.impaired.wire import Impairment

pytestmark = [
    pytest.mark.browser,
    pytest.mark.impaired,
    pytest.mark.slow,
    pytest.mark.usefixtures("chromium"),
]

LOSSY = Impairment(loss=0.1, delay_ms=20, jitter_ms=20, keeps_order=True)


async def test_a_call_outlives_loss_new_addresses_and_a_lost_socket(tmp_path: Path) -> None:
    product = Product(tmp_path, settings())
    product.start()
    try:
        async with call(product, tmp_path) as (anna, bruno):
            made = [await _connections(person) for person in (anna, bruno)]
            await _loss_is_made_good(anna, bruno)
            await bruno.link.move()
            await _hear_and_see(anna, bruno)
            await bruno.evaluate("sockets.forEach(one => one.close())")
            await bruno.until(lambda: _is_connected_again(bruno), "a socket")
            await _hear_and_see(anna, bruno)
            await bruno.link.cut()
            await _hear_and_see(anna, bruno)
            for person, before in zip((anna, bruno), made, strict=True):
                assert await _connections(person) == before, "nothing was built anew"
    finally:
        product.stop()


async def _loss_is_made_good(anna: Person, bruno: Person) -> None:
    await bruno.link.shape(both=LOSSY)
    since = time.time()

    async def is_repaired(person: Person) -> bool:
        arrived = await person.arrived(since)
        resent = sum(one.video.get("resent", 0) for one in arrived)
        redundant = sum(one.audio.get("fec", 0) for one in arrived)
        return resent > 5 and redundant > 5

    for person in (anna, bruno):
        await person.until(lambda person=person: is_repaired(person), "repaired media", 40)
    await bruno.link.shape(both=Impairment())


async def _hear_and_see(*people: Person) -> None:
    since = time.time()
    for person in people:
        await person.hears_again(since)
        await person.sees(1, "video")


async def _connections(person: Person) -> int:
    return int(await person.evaluate("return connections.length"))


async def _is_connected_again(person: Person) -> bool:
    is_open = "return sockets.some(one => one.readyState === WebSocket.OPEN)"
    return bool(await person.evaluate(is_open))
