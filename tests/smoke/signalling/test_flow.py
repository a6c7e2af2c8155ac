"""Order, limits and an orderly end."""

from __future__ import annotations

import asyncio
from pathlib import Path

from server.domain.relays import Relay
from tests.smoke.signalling.network import Node
from tests.waiting import until


async def test_events_of_one_socket_do_not_overtake_each_other(node: Node) -> None:
    ada, bo = await node.add_user("Ada"), await node.add_user("Bo")
    room = await node.room(ada, bo)
    host, member = await node.connect(ada), await node.connect(bo)
    await host.joins(room)
    await member.joins(room)
    asked = [
        host.does("message.send", room=room, client_id=f"c{n}", text=str(n)) for n in range(50)
    ]
    answers = await asyncio.gather(*asked)
    seqs = [answer["event"]["seq"] for answer in answers]
    assert seqs == sorted(seqs)
    await member.sees("message.posted", 50)
    texts = [event["data"]["text"] for event in member.events("message.posted")]
    assert texts == [str(n) for n in range(50)]


async def test_too_many_at_once_are_told_when_to_come_back(node: Node) -> None:
    ada = await node.add_user("Ada")
    room = await node.room(ada)
    host = await node.connect(ada)
    await host.joins(room)
    answers = await asyncio.gather(*(host.ask("subscribe.restart", room=room) for _ in range(200)))
    refused = [answer["error"] for answer in answers if answer["error"]["code"] == "rate-limited"]
    assert len(refused) >= 100
    assert all(refusal["retry_after"] > 0 for refusal in refused)
    await host.does("message.send", room=room, client_id="c", text="chat is another matter")


async def test_an_unknown_event_and_an_unknown_field(node: Node) -> None:
    ada = await node.add_user("Ada")
    room = await node.room(ada)
    host = await node.connect(ada)
    await host.joins(room)
    assert await host.is_refused("room.explode", room=room) == "not-found"
    answer = await host.ask("hand", room=room, raised="yes", colour="red")
    assert answer["error"]["code"] == "invalid"
    assert {problem["path"] for problem in answer["error"]["errors"]} == {"raised", "colour"}


async def test_rooms_per_socket_are_bounded(node: Node) -> None:
    ada = await node.add_user("Ada")
    host = await node.connect(ada)
    for _ in range(20):
        await host.joins(await node.room(ada))
    answer = await host.ask("join", token=await node.room_token(ada, await node.room(ada)))
    assert answer["error"]["code"] == "limit-exceeded"
    assert answer["error"]["limit"] == "rooms"


async def test_a_shutdown_acknowledges_what_is_under_way(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'node.db'}"
    node = await Node.start(url)
    ada = await node.add_user("Ada")
    room = await node.room(ada)
    host = await node.connect(ada)
    await host.joins(room)
    await host.does("call.join", room=room)
    asked = [
        asyncio.create_task(host.ask("message.send", room=room, client_id=f"c{n}", text="bye"))
        for n in range(20)
    ]
    await until(lambda: host.events("message.posted"))
    await node.signaling.close()
    await node.signaling.close()
    answers = await asyncio.gather(*asked)
    await host.is_cut_off(5)
    stored = [answer["event"]["seq"] for answer in answers if answer.get("ok")]
    assert stored
    assert all("error" in answer or answer["ok"] for answer in answers)
    async with node.database.reading() as uow:
        kept = {event.seq for event in await uow.events.after(room, 0, 500)}
        assert await uow.presences.of_room(room) == []
    assert set(stored) <= kept
    assert node.media.is_closed
    await node.close()


async def test_without_a_relay_there_are_no_credentials(node: Node) -> None:
    ada = await node.add_user("Ada")
    room = await node.room(ada)
    host = await node.connect(ada)
    await host.joins(room)
    assert (await host.does("ice", room=room))["ice_servers"] == []
    assert await host.is_refused("ice", room="another") == "not-found"


async def test_each_join_gets_credentials_of_its_own(tmp_path: Path) -> None:
    relay = Relay(("turns:relay.example:443",), "north-south-east-west")
    node = await Node.start(f"sqlite+aiosqlite:///{tmp_path / 'relay.db'}", relay=relay)
    try:
        ada = await node.add_user("Ada")
        room = await node.room(ada)
        host = await node.connect(ada)
        joined = await host.does("join", token=await node.room_token(ada, room))
        (server,) = joined["ice_servers"]
        expiry, _, peer = server["username"].partition(":")
        assert peer == joined["peer"]
        assert server["urls"] == ["turns:relay.example:443"]
        (renewed,) = (await host.does("ice", room=room))["ice_servers"]
        assert int(renewed["username"].partition(":")[0]) >= int(expiry)
    finally:
        await node.close()
