"""Reloads, lost sockets, second devices: nobody is there twice, nobody lingers."""

import asyncio

from server.domain.presence import LeftReason
from server.services.presence import Presence
from tests.smoke.signalling.network import Node
from tests.waiting import until


async def test_the_same_device_replaces_itself(node: Node) -> None:
    ada, bo = await node.add_user("Ada"), await node.add_user("Bo")
    room = await node.room(ada, bo)
    host = await node.connect(ada)
    await host.joins(room)
    first = await node.connect(bo, device="tab")
    await first.joins(room)
    await first.does("call.join", room=room)
    second = await node.connect(bo, device="tab")
    snapshot = await second.joins(room)

    assert [p["person"] for p in snapshot["peers"]] == [ada.person, bo.person]
    left = await host.sees("presence.left")
    assert left["data"]["reason"] == LeftReason.REPLACED
    assert left["data"]["peer"] == first.peers[room]
    await until(lambda: first.peers[room] not in node.media.peers(room))
    assert await first.is_refused("typing", room=room, typing=True) == "not-found"
    await second.does("typing", room=room, typing=True)


async def test_another_device_stands_beside(node: Node) -> None:
    ada = await node.add_user("Ada")
    room = await node.room(ada)
    phone, desk = await node.connect(ada), await node.connect(ada)
    await phone.joins(room)
    snapshot = await desk.joins(room)
    assert len(snapshot["peers"]) == 2
    assert snapshot["room"]["people_present"] == 1


async def test_joining_again_on_the_same_socket_leaves_one_peer(node: Node) -> None:
    ada = await node.add_user("Ada")
    room = await node.room(ada)
    host = await node.connect(ada)
    await host.joins(room)
    await host.does("call.join", room=room)
    former = host.peers[room]
    snapshot = await host.joins(room)
    assert [peer["peer"] for peer in snapshot["peers"]] == [host.peers[room]]
    assert former not in node.media.peers(room)
    await host.does("message.send", room=room, client_id="c", text="hello")
    assert host.all("revoked") == []


async def test_a_lost_socket_leaves_no_ghost(node: Node) -> None:
    ada, bo = await node.add_user("Ada"), await node.add_user("Bo")
    room = await node.room(ada, bo)
    host, member = await node.connect(ada), await node.connect(bo)
    await host.joins(room)
    await member.joins(room)
    await member.does("call.join", room=room)
    websocket = member.socket.eio.ws
    websocket._response.connection.transport.abort()  # as when the network goes
    left = await host.sees("presence.left")
    assert left["data"]["reason"] == LeftReason.LOST
    assert (await host.sees("call.left"))["data"]["person"] == bo.person
    assert not node.media.peers(room)


async def test_a_socket_lost_while_joining_leaves_no_ghost(node: Node) -> None:
    ada = await node.add_user("Ada")
    room = await node.room(ada)
    token = await node.room_token(ada, room)
    for _ in range(5):
        host = await node.connect(ada)
        await host.socket.emit("join", {"token": token}, namespace="/room")
        host.socket.eio.ws._response.connection.transport.abort()
    await until(lambda: not node.signaling.sessions.all())

    async def present() -> int:
        async with node.database.reading() as uow:
            return len(await uow.presences.of_room(room))

    async with asyncio.timeout(5):
        while await present():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_leaving(node: Node) -> None:
    ada, bo = await node.add_user("Ada"), await node.add_user("Bo")
    room = await node.room(ada, bo)
    host, member = await node.connect(ada), await node.connect(bo)
    await host.joins(room)
    await member.joins(room)
    await member.does("leave", room=room)
    await member.does("leave", room=room)
    assert (await host.sees("presence.left"))["data"]["reason"] == LeftReason.LEFT
    await host.does("message.send", room=room, client_id="c", text="private now")
    await host.sees("message.posted")
    assert member.events("message.posted") == []


async def test_peers_of_a_dead_process_are_swept(node: Node) -> None:
    ada, bo = await node.add_user("Ada"), await node.add_user("Bo")
    room = await node.room(ada, bo)
    services = node.services
    dead = Presence(node.database, services.clock, services.fresh, node.bus, "dead-node")
    await dead.renew()
    ticket = await services.tokens.verify_room(await node.room_token(bo, room))
    await dead.join(ticket, room, "tab")
    host = await node.connect(ada)
    await host.joins(room)
    await host.does("message.send", room=room, client_id="c", text="anybody?")
    left = await host.sees("presence.left", seconds=15)
    assert left["data"]["person"] == bo.person
    assert left["data"]["reason"] == LeftReason.LOST


async def test_a_process_that_was_taken_for_dead_puts_its_peers_back(node: Node) -> None:
    ada = await node.add_user("Ada")
    room = await node.room(ada)
    host = await node.connect(ada)
    await host.joins(room)
    async with node.database.transaction() as uow:
        await uow.presences.remove([host.peers[room]])
        for lease in node.signaling.sessions.peers():
            await uow.presences.release(lease.node)
    back = await host.sees("presence.joined", 2)
    assert back["data"]["peer"] == host.peers[room]
    async with node.database.reading() as uow:
        assert [peer.id for peer in await uow.presences.of_room(room)] == [host.peers[room]]
