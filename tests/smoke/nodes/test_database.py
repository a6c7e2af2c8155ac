"""The database goes away under a server and comes back: nothing pretends, nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import socketio

from tests.e2e.product import Product
from tests.servers.absence import not_run
from tests.servers.postgres import Cluster, binaries
from tests.smoke.crash.people import Meeting
from tests.smoke.crash.test_guard import QUESTION, RADIOLOGISTS
from tests.smoke.nodes.nodes import Json, Visitor
from tests.waiting import until

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

TOLD_SECONDS = 3.0
BACK_SECONDS = 25.0

OUTAGES: list[tuple[Callable[[Cluster], None], Callable[[Cluster], None]]] = [
    (Cluster.crash, Cluster.start),
    (Cluster.freeze, Cluster.thaw),
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL of this module's own."""
    programs = binaries()
    if programs is None:
        not_run("PostgreSQL")
    own = Cluster(programs)
    try:
        own.start()
        yield own
    finally:
        own.remove()


@pytest.fixture(scope="module")
def product(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One server on it."""
    settings = {"DATABASE_URL": cluster.url, "MEDIA_WORKERS": "1"}
    product = Product(tmp_path_factory.mktemp("database"), settings)
    try:
        product.start()
        yield product
    finally:
        product.stop()


class Ward:
    """A nurse who asks over REST, and radiologists who listen on `/alerts`."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.nurse = product.sign_in("nurse@demo.example")
        self.readers = {one: product.sign_in(f"{one}@demo.example") for one in RADIOLOGISTS}
        self.service = product.ask("GET", "/api/v1/guard/services", token=self.nurse)[1]["items"][0]
        self.heard: list[tuple[str, Json]] = []

    async def listen(self, stack: AsyncExitStack) -> None:
        """Every radiologist opens a page."""
        for login, token in self.readers.items():
            socket = socketio.AsyncClient(reconnection=False)
            socket.on("*", self._hear, namespace="/alerts")
            auth = {"token": token, "device": login}
            await socket.connect(
                self.product.url,
                auth=auth,
                namespaces=["/alerts"],
                transports=["websocket"],
                wait_timeout=10,
            )
            stack.push_async_callback(socket.disconnect)
            await socket.call("ready", {"sound": True}, namespace="/alerts", timeout=10)

    async def ask(self, name: str) -> tuple[int, Json]:
        """File a request, or repeat it."""
        key = f"{name} {id(self)} {self.nurse[-20:]}"
        body, headers = QUESTION | {"service": self.service["id"]}, {"Idempotency-Key": key}
        path = "/api/v1/guard/requests"
        return await asyncio.to_thread(self.product.ask, "POST", path, body, self.nurse, headers)

    async def mine(self) -> list[str]:
        """Every request of the nurse."""
        path = "/api/v1/guard/requests?mine=true"
        status, found = await asyncio.to_thread(self.product.ask, "GET", path, token=self.nurse)
        assert status == 200, found
        return [one["id"] for one in found["items"]]

    def count(self, name: str, **data: str) -> int:
        """How often something was told."""
        return sum(one == name and data.items() <= told.items() for one, told in self.heard)

    def _hear(self, name: str, payload: Json) -> None:
        self.heard.append((name, payload))


@pytest.mark.parametrize(("goes", "comes_back"), OUTAGES, ids=["crashed", "frozen"])
async def test_hazard_21_what_is_not_stored_is_not_sent_and_all_recovers(
    cluster: Cluster,
    product: Product,
    goes: Callable[[Cluster], None],
    comes_back: Callable[[Cluster], None],
) -> None:
    meeting = await asyncio.to_thread(Meeting, product, 2)
    ward = await asyncio.to_thread(Ward, product)
    async with AsyncExitStack() as stack:
        host = await stack.enter_async_context(Visitor(meeting, 0, product))
        member = await stack.enter_async_context(Visitor(meeting, 1, product))
        await ward.listen(stack)
        before = set(await ward.mine())
        assert (await host.say("before"))["ok"]
        status, rings = await ward.ask("before")
        assert status == 201, rings
        await asyncio.to_thread(goes, cluster)
        try:
            async with asyncio.timeout(TOLD_SECONDS):  # under way while it is lost
                said, filed = await asyncio.gather(host.say("during"), ward.ask("during"))
            assert said["error"]["code"] == "unavailable", said
            assert (filed[0], filed[1]["code"]) == (503, "unavailable")
            assert await _readiness(product) == (503, "failing")
            async with asyncio.timeout(TOLD_SECONDS):  # and once that is known
                assert (await host.say("during"))["error"]["code"] == "unavailable"
        finally:
            await asyncio.to_thread(comes_back, cluster)
        await _until(product, (200, "ok"))
        assert (await host.say("during"))["ok"], "as the outbox of a client does"
        status, repeated = await ward.ask("during")
        assert status == 201, repeated
        assert set(await ward.mine()) - before == {rings["id"], repeated["id"]}
        assert (await ward.ask("during"))[1]["id"] == repeated["id"]
        await until(lambda: ward.count("guard.alert", request=repeated["id"]) > 0, BACK_SECONDS)
        told = ward.count("guard.repeat")
        await until(lambda: ward.count("guard.repeat") > told, BACK_SECONDS)
        assert host.is_connected
        assert member.is_connected
        await member.catch_up()
        assert member.said() == ["before", "during"]


async def _readiness(product: Product) -> tuple[int, str]:
    status, body = await asyncio.to_thread(product.ask, "GET", "/health/ready")
    return status, str(body["parts"]["database"])


async def _until(product: Product, expected: tuple[int, str]) -> None:
    seen: Any = None
    try:
        async with asyncio.timeout(BACK_SECONDS):
            while seen != expected:
                seen = await _readiness(product)
    except TimeoutError:
        pytest.fail(f"{seen} instead of {expected}")
