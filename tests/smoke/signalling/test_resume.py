"""A call outlives its socket for a few seconds, and only for whom it was."""

import pytest

from tests.smoke.signalling.network import Node, Person
from tests.waiting import until


@pytest.fixture
async def pair(node: Node) -> tuple[Person, Person, str]:
    """Two people in one call."""
    ada, bo = await node.add_user("Ada"), await node.add_user("Bo")
    room = await node.room(ada, bo)
    host, member = await node.connect(ada), await node.connect(bo)
    for person in (host, member):
        await person.joins(room)
        await person.does("call.join", room=room)
    return host, member, room


async def test_the_same_peer_goes_on_after_its_socket_broke(
    node: Node, pair: tuple[Person, Person, str]
) -> None:
    host, member, room = pair
    peer = host.peers[room]
    again = await node.connect(host.actor, device=host.device)
    await host.breaks()
    await again.joins(room, peer=peer)
    assert again.peers[room] == peer
    assert node.media.peers(room) == {peer, member.peers[room]}
    await again.does("call.join", room=room)
    await again.does("publish.offer", room=room, sdp="v=0", sources={"0": "microphone"})
    assert member.events("presence.left") == []


async def test_a_socket_that_never_comes_back_leaves_no_ghost(
    node: Node, pair: tuple[Person, Person, str]
) -> None:
    host, member, room = pair
    node.signaling.attendance.hold_seconds = 0.3
    await host.breaks()
    await member.sees("presence.left", 1)
    assert node.media.peers(room) == {member.peers[room]}


async def test_another_device_or_person_takes_nobodys_place(
    node: Node, pair: tuple[Person, Person, str]
) -> None:
    host, member, room = pair
    other = await node.connect(host.actor)
    await other.joins(room, peer=host.peers[room])
    assert other.peers[room] != host.peers[room]
    stranger = await node.connect(member.actor, device=host.device)
    await stranger.joins(room, peer=host.peers[room])
    assert stranger.peers[room] != host.peers[room]


async def test_what_was_reset_meanwhile_is_told_on_return(
    node: Node, pair: tuple[Person, Person, str]
) -> None:
    host, _, room = pair
    peer = host.peers[room]
    await host.breaks()
    node.media.kill_worker(room)
    await until(lambda: peer in node.media.peers(room))
    again = await node.connect(host.actor, device=host.device)
    await again.joins(room, peer=peer)
    assert await again.hears("media.reset") == {"room": room}
