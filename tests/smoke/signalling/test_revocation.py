"""Access that ended ends on the wire within five seconds, whether or not anybody was told."""

from datetime import timedelta

from server.domain.access import Ability, Grants, Source
from server.domain.sessions import ROOM_LIFETIME
from server.services.ports.bus import Notice
from tests.smoke.signalling.network import Node, Person
from tests.waiting import until

SOON = 5.0


async def in_call(node: Node) -> tuple[Person, Person, str]:
    ada, bo = await node.add_user("Ada"), await node.add_user("Bo")
    room = await node.room(ada, bo)
    host, member = await node.connect(ada), await node.connect(bo)
    await host.joins(room)
    await member.joins(room)
    await member.does("call.join", room=room)
    return host, member, room


async def test_a_revoked_session_is_told_and_cut_off(node: Node) -> None:
    host, member, room = await in_call(node)
    async with node.database.transaction() as uow:
        assert member.actor.session is not None
        await uow.sessions.end(member.actor.session, node.clock.now())
        notice = Notice("revoked", {"code": "unauthenticated"}, session=member.actor.session)
        await uow.publish_surely(notice)
    assert await member.hears("revoked", seconds=SOON) == {"code": "unauthenticated"}
    await member.is_cut_off(SOON)
    await until(lambda: not node.media.peers(room), SOON)
    assert (await host.sees("presence.left"))["data"]["reason"] == "removed"


async def test_a_lost_notice_of_a_revoked_session_is_made_up_for(node: Node) -> None:
    _host, member, room = await in_call(node)
    async with node.database.transaction() as uow:
        assert member.actor.session is not None
        await uow.sessions.end(member.actor.session, node.clock.now())
    await member.is_cut_off(SOON)
    assert member.all("revoked") == [{"code": "unauthenticated"}]
    assert not node.media.peers(room)


async def test_a_lost_notice_of_a_removal_is_made_up_for(node: Node) -> None:
    _host, member, room = await in_call(node)
    async with node.database.transaction() as uow:
        membership = await uow.memberships.find(room, member.actor.person)
        assert membership is not None
        await uow.memberships.save(membership.remove())
    told = await member.hears("revoked", seconds=SOON)
    assert told == {"room": room, "code": "not-found"}
    assert not node.media.peers(room)
    assert member.socket.connected


async def test_a_lost_notice_of_other_grants_is_made_up_for(node: Node) -> None:
    _host, member, room = await in_call(node)
    peer = member.peers[room]
    await member.does("publish.offer", room=room, sdp="v=0", sources={"0": "camera"})
    only_sound = Grants(frozenset({Source.MICROPHONE}), frozenset({Ability.SUBSCRIBE}))
    async with node.database.transaction() as uow:
        membership = await uow.memberships.find(room, member.actor.person)
        assert membership is not None
        await uow.memberships.save(membership.change(None, only_sound))
    await until(lambda: node.media.rooms[room][peer] == (frozenset({"microphone"}), True), SOON)
    await until(lambda: member.all("presence")[-1]["publishing"] == [], SOON)


async def test_changed_grants_apply_at_once(node: Node) -> None:
    host, member, room = await in_call(node)
    listen_only = Grants(frozenset(), frozenset({Ability.CHAT}))
    await node.services.members.change(host.actor, room, member.actor.person, None, listen_only)
    peer = member.peers[room]
    await until(lambda: node.media.rooms[room][peer] == (frozenset(), False))
    sources = {"0": "camera"}
    code = await member.is_refused("publish.offer", room=room, sdp="v=0", sources=sources)
    assert code == "not-permitted"


async def test_tokens_that_ran_out_end_and_fresh_ones_go_on(node: Node) -> None:
    host, member, room = await in_call(node)
    node.clock.shift = ROOM_LIFETIME + timedelta(seconds=30)
    await host.does("token", token=node.access_token(host.actor))
    await host.does("room.token", room=room, token=await node.room_token(host.actor, room))
    await member.does("token", token=node.access_token(member.actor))
    told = await member.hears("revoked", seconds=SOON)
    assert told == {"room": room, "code": "unauthenticated"}
    await node.signaling.upkeep.review()
    assert host.all("revoked") == []
    await host.does("message.send", room=room, client_id="c", text="still here")
