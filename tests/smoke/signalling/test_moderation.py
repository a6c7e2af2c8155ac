"""The lobby, muting, removing, locking, closing: what those who run a room may do."""

from server.domain.access import RoomRole
from server.domain.memberships import waiting
from tests.smoke.signalling.network import Node
from tests.waiting import until


async def test_the_lobby(node: Node) -> None:
    ada, bo, eve = [await node.add_user(name) for name in ("Ada", "Bo", "Eve")]
    room = await node.room(ada)
    now = node.clock.now()
    async with node.database.transaction() as uow:
        for actor in (bo, eve):
            someone = waiting(room, actor.person, actor.name, RoomRole.GUEST, now)
            await uow.memberships.save(someone)
    host, patient, other = [await node.connect(actor) for actor in (ada, bo, eve)]
    await host.joins(room)

    answer = await patient.does("join", token=await node.room_token(bo, room))
    assert answer["state"] == "waiting"
    assert answer["room"]["id"] == room
    assert await patient.is_refused("message.send", room=room, client_id="c", text="?") == (
        "not-found"
    )

    await host.does("lobby.admit", room=room, person=bo.person)
    assert await patient.hears("lobby.admitted") == {"room": room}
    await patient.joins(room)
    await host.sees("presence.joined", 2)

    await host.does("lobby.refuse", room=room, person=eve.person)
    assert await other.hears("lobby.refused") == {"room": room}
    token = await node.room_token(eve, room)
    assert await other.is_refused("join", token=token) == "forbidden"


async def test_a_removed_person_loses_socket_seat_and_media(node: Node) -> None:
    ada, bo = await node.add_user("Ada"), await node.add_user("Bo")
    room = await node.room(ada, bo)
    host, member = await node.connect(ada), await node.connect(bo)
    await host.joins(room)
    await member.joins(room)
    await member.does("call.join", room=room)
    assert node.media.peers(room) == {member.peers[room]}

    await host.does("moderate.remove", room=room, person=bo.person)
    assert await member.hears("revoked", seconds=5) == {"room": room, "code": "removed"}
    await until(lambda: not node.media.peers(room), 5)
    left = await host.sees("presence.left")
    assert left["data"] == {
        "peer": member.peers[room],
        "person": bo.person,
        "reason": "removed",
    }
    assert await member.is_refused("message.send", room=room, client_id="c", text="?") == (
        "not-found"
    )
    assert member.socket.connected


async def test_muting_somebody_is_enforced_and_told(node: Node) -> None:
    ada, bo = await node.add_user("Ada"), await node.add_user("Bo")
    room = await node.room(ada, bo)
    host, member = await node.connect(ada), await node.connect(bo)
    await host.joins(room)
    await member.joins(room)
    await member.does("call.join", room=room)
    peer = member.peers[room]

    code = await member.is_refused("moderate.mute", room=room, peer=peer, source="microphone")
    assert code == "forbidden"
    await host.does("moderate.mute", room=room, peer=peer, source="microphone")
    assert (peer, "microphone") in node.media.muted
    told = {"room": room, "source": "microphone", "by": ada.person}
    assert await member.hears("muted") == told
    shown = await host.hears("presence")
    assert shown["muted"] == ["microphone"]
    assert host.all("muted") == []


async def test_a_locked_room_lets_nobody_new_in(node: Node) -> None:
    ada, bo = await node.add_user("Ada"), await node.add_user("Bo")
    room = await node.room(ada, bo)
    host, member = await node.connect(ada), await node.connect(bo)
    await host.joins(room)
    await host.does("moderate.lock", room=room, locked=True)
    assert (await host.sees("room.changed"))["data"]["locked"] is True
    token = await node.room_token(bo, room)
    assert await member.is_refused("join", token=token) == "room-locked"
    await host.does("moderate.lock", room=room, locked=False)
    await member.joins(room)


async def test_closing_a_room_ends_everybody(node: Node) -> None:
    ada, bo = await node.add_user("Ada"), await node.add_user("Bo")
    room = await node.room(ada, bo)
    host, member = await node.connect(ada), await node.connect(bo)
    await host.joins(room)
    await member.joins(room)
    await member.does("call.join", room=room)
    await node.services.rooms.close(ada, room)
    for person in (host, member):
        assert await person.hears("revoked") == {"room": room, "code": "room-closed"}
    await until(lambda: not node.media.peers(room), 5)
    assert await member.is_refused("typing", room=room, typing=True) == "not-found"


async def test_hands_typing_and_the_quiet_of_home(node: Node) -> None:
    ada, bo, carl = [await node.add_user(name) for name in ("Ada", "Bo", "Carl")]
    room = await node.room(ada, bo, carl)
    host, member, at_home = [await node.connect(actor) for actor in (ada, bo, carl)]
    await host.joins(room)
    await member.joins(room)
    await member.does("hand", room=room, raised=True)
    shown = await host.hears("presence")
    assert shown["hand"] is True
    assert shown["peer"] == member.peers[room]
    await member.does("typing", room=room, typing=True)
    assert await host.hears("typing") == {"room": room, "person": bo.person, "typing": True}
    await at_home.hears("room.updated")
    assert member.all("typing") == []
    assert host.all("room.updated") == []
    assert at_home.all("event") == []
