"""Two server processes' worth share PostgreSQL and Redis: one room spans both."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.adapters.bus import RedisBus
from server.adapters.clock import SystemClock
from tests.adapters.databases import empty_database
from tests.smoke.signalling.network import Node
from tests.waiting import until

pytestmark = [pytest.mark.postgres, pytest.mark.redis]

Nodes = tuple[Node, Node]


@pytest.fixture(params=["postgres"])
async def nodes(
    request: pytest.FixtureRequest, tmp_path: Path, redis_url: str
) -> AsyncIterator[Nodes]:
    channel = secrets.token_hex(6)
    async with empty_database(request, tmp_path) as url:
        here = await Node.start(url, RedisBus(redis_url, SystemClock(), channel))
        there = await Node.start(url, RedisBus(redis_url, SystemClock(), channel))
        yield here, there
        await here.close()
        await there.close()


async def test_chat_presence_and_receipts_cross_over(nodes: Nodes) -> None:
    here, there = nodes
    ada, bo = await here.add_user("Ada"), await here.add_user("Bo")
    room = await here.room(ada, bo)
    host, member = await here.connect(ada), await there.connect(bo)
    await host.joins(room)
    snapshot = await member.joins(room)
    assert {peer["person"] for peer in snapshot["peers"]} == {ada.person, bo.person}
    await until(lambda: bo.person in [e["data"]["person"] for e in host.events("presence.joined")])
    await asyncio.gather(
        *(
            person.does("message.send", room=room, client_id=f"c{n}", text=str(n))
            for person in (host, member)
            for n in range(10)
        )
    )
    for person in (host, member):
        await person.sees("message.posted", 20)
        seqs = sorted(event["seq"] for event in person.all("event"))
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
    await member.does("receipt", room=room, read=5)
    assert (await host.hears("receipt"))["person"] == bo.person


async def test_removal_and_mute_reach_the_other_node(nodes: Nodes) -> None:
    here, there = nodes
    ada, bo = await here.add_user("Ada"), await here.add_user("Bo")
    room = await here.room(ada, bo)
    host, member = await here.connect(ada), await there.connect(bo)
    await host.joins(room)
    await member.joins(room)
    await member.does("call.join", room=room)
    peer = member.peers[room]
    await host.does("moderate.mute", room=room, peer=peer, source="camera")
    await until(lambda: (peer, "camera") in there.media.muted)
    await host.does("moderate.remove", room=room, person=bo.person)
    assert await member.hears("revoked", seconds=5) == {"room": room, "code": "removed"}
    await until(lambda: not there.media.peers(room), 5)
    assert (await host.sees("presence.left"))["data"]["reason"] == "removed"


async def test_a_device_that_moves_to_the_other_node_is_replaced(nodes: Nodes) -> None:
    here, there = nodes
    ada = await here.add_user("Ada")
    room = await here.room(ada)
    first = await here.connect(ada, device="tab")
    await first.joins(room)
    await first.does("call.join", room=room)
    second = await there.connect(ada, device="tab")
    snapshot = await second.joins(room)
    assert [peer["peer"] for peer in snapshot["peers"]] == [second.peers[room]]
    await until(lambda: not here.media.peers(room))
    await until(lambda: not here.signaling.sessions.in_room(room))


async def test_the_peers_of_a_node_that_dies_are_swept_by_the_other(nodes: Nodes) -> None:
    here, there = nodes
    ada, bo = await here.add_user("Ada"), await here.add_user("Bo")
    room = await here.room(ada, bo)
    host, member = await here.connect(ada), await there.connect(bo)
    await host.joins(room)
    await member.joins(room)
    loop = there.signaling._loop
    assert loop is not None
    loop.cancel()  # its lease is no longer renewed
    left = await host.sees("presence.left", seconds=20)
    assert left["data"] == {
        "peer": member.peers[room],
        "person": bo.person,
        "reason": "lost",
    }
