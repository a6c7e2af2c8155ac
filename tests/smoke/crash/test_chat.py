"""A power cut in the middle of a conversation loses nothing that was acknowledged."""

from __future__ import annotations

import asyncio

import pytest

from tests.e2e.product import Product
from tests.smoke.crash.people import Client, Json, Meeting
from tests.waiting import until

CLIENTS = 5
MESSAGES_EACH = 200
KILLED_AFTER = 300


def said(timeline: list[Json]) -> list[Json]:
    """The messages of a timeline."""
    return [event for event in timeline if event["type"] == "message.posted"]


@pytest.mark.slow
async def test_each_acknowledged_message_is_there_once_in_order_for_everybody(
    product: Product,
) -> None:
    meeting = await asyncio.to_thread(Meeting, product, CLIENTS)
    clients = [Client(meeting, number) for number in range(CLIENTS)]

    async def talk(client: Client) -> None:
        for n in range(MESSAGES_EACH):
            await client.say(f"c{client.number}-{n}", f"message {n} of {client.number}")

    async def cut_the_power() -> None:
        await until(lambda: sum(len(c.acknowledged) for c in clients) >= KILLED_AFTER, 120)
        product.kill()
        await asyncio.to_thread(product.start)

    async with asyncio.TaskGroup() as together:
        for client in clients:
            await client.connect()
        for client in clients:
            together.create_task(talk(client))
        together.create_task(cut_the_power())

    assert any(client.retries for client in clients), "nobody noticed the power cut"
    for client in clients:
        await client.catch_up()
    timelines = [await asyncio.to_thread(meeting.events, n) for n in range(CLIENTS)]
    for client in clients:
        await client.disconnect()
    # Those whom the power cut took are seen to leave meanwhile, asked for or heard last.
    truth = max([*timelines, *(client.timeline for client in clients)], key=len)
    assert [event["seq"] for event in truth] == list(range(1, len(truth) + 1))
    assert all(timeline == truth[: len(timeline)] for timeline in timelines)
    for client in clients:
        heard = len(client.timeline)
        assert client.timeline == truth[:heard]
        assert len(said(client.timeline)) == CLIENTS * MESSAGES_EACH
    messages = {event["client_id"]: event for event in said(truth)}
    assert len(messages) == len(said(truth)) == CLIENTS * MESSAGES_EACH
    for client in clients:
        assert len(client.acknowledged) == MESSAGES_EACH
        assert all(messages[key] == event for key, event in client.acknowledged.items())
        mine = [
            event["client_id"] for event in said(truth) if event["client_id"] in client.acknowledged
        ]
        assert mine == [f"c{client.number}-{n}" for n in range(MESSAGES_EACH)]
