"""Redis goes away and comes back: nothing said is lost, and nobody is left waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.smoke.crash.people import Meeting
from tests.smoke.nodes.nodes import Nodes, OwnRedis, Visitor
from tests.waiting import until

pytestmark = [pytest.mark.postgres, pytest.mark.redis, pytest.mark.slow]

TOLD_SECONDS = 3.0
BACK_SECONDS = 20.0

OUTAGES: list[tuple[Callable[[OwnRedis], None], Callable[[OwnRedis], None]]] = [
    (OwnRedis.stop, OwnRedis.start),
    (OwnRedis.freeze, OwnRedis.thaw),
]


@pytest.mark.parametrize(("goes", "comes_back"), OUTAGES, ids=["stopped", "frozen"])
async def test_an_outage_loses_nothing_and_heals(
    nodes: Nodes, goes: Callable[[OwnRedis], None], comes_back: Callable[[OwnRedis], None]
) -> None:
    meeting = await asyncio.to_thread(Meeting, nodes.here, 2)
    async with Visitor(meeting, 0, nodes.here) as host, Visitor(meeting, 1, nodes.there) as member:
        assert (await host.say("before"))["ok"]
        await asyncio.to_thread(goes, nodes.redis)
        try:
            await _until_ready(nodes, expected=503)
            answers = [await host.say(f"during-{n}", TOLD_SECONDS) for n in range(3)]
            status, refusal = await asyncio.to_thread(_sign_in, nodes)
            assert (status, refusal["code"]) == (503, "unavailable")
        finally:
            await asyncio.to_thread(comes_back, nodes.redis)
        await _until_ready(nodes, expected=200)
        for n, answer in enumerate(answers):
            code = answer.get("error", {}).get("code")
            assert code in {None, "unavailable"}, answer
            assert (await host.say(f"during-{n}"))["ok"]  # as the outbox of a client does
        assert (await host.say("after"))["ok"]
        await until(lambda: "after" in member.said(), BACK_SECONDS)
        for one in (host, member):
            await one.catch_up()
        assert member.said() == ["before", "during-0", "during-1", "during-2", "after"]
        assert host.timeline == member.timeline


def _sign_in(nodes: Nodes) -> tuple[int, dict[str, str]]:
    email, password = next(iter(nodes.here.logins().items()))
    return nodes.here.ask("POST", "/api/v1/auth/login", {"email": email, "password": password})


async def _until_ready(nodes: Nodes, expected: int) -> None:
    """Until both processes say so, and blame the bus when they are not."""
    async with asyncio.timeout(BACK_SECONDS):
        while True:
            told = await asyncio.to_thread(nodes.are_ready)
            if all(status == expected for status, _ in told):
                break
    if expected == 503:
        assert all(body["parts"]["bus"] == "failing" for _, body in told)
