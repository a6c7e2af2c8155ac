"""Negotiation between sockets and the media plane, and what the plane tells."""

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


async def test_publishing_reaches_the_other_as_an_offer(
    node: Node, pair: tuple[Person, Person, str]
) -> None:
    host, member, room = pair
    await member.sees("call.joined", 1)
    sources = {"0": "microphone", "1": "camera"}
    answer = await host.does("publish.offer", room=room, sdp="v=0", sources=sources)
    assert answer["sdp"] == "answer to v=0"
    offer = await member.hears("subscribe.offer")
    assert offer == {
        "room": room,
        "negotiation": 1,
        "sdp": f"offer to {member.peers[room]}",
        "tracks": {
            "0": {"peer": host.peers[room], "source": "microphone"},
            "1": {"peer": host.peers[room], "source": "camera"},
        },
    }
    await member.does("subscribe.answer", room=room, negotiation=1, sdp="v=0")
    assert node.media.answers == [(member.peers[room], 1, "v=0")]
    shown = await member.hears("presence")
    assert shown["publishing"] == ["camera", "microphone"]
    assert host.all("subscribe.offer") == []


async def test_refusals_of_the_media_plane_keep_their_codes(
    node: Node, pair: tuple[Person, Person, str]
) -> None:
    host, _, room = pair
    offer = {"room": room, "sources": {"0": "camera"}}
    assert await host.is_refused("publish.offer", sdp="nonsense", **offer) == "sdp-invalid"
    stale = {"room": room, "negotiation": 7, "sdp": "v=0"}
    assert await host.is_refused("subscribe.answer", **stale) == "negotiation-stale"
    node.media.refuse = "media-unavailable"
    assert await host.is_refused("publish.offer", sdp="v=0", **offer) == "media-unavailable"
    node.media.refuse = None


async def test_mute_is_enforced_and_shown(node: Node, pair: tuple[Person, Person, str]) -> None:
    host, member, room = pair
    await host.does("mute", room=room, source="microphone", muted=True)
    assert node.media.muted == {(host.peers[room], "microphone")}
    assert (await member.hears("presence"))["muted"] == ["microphone"]
    await host.does("mute", room=room, source="microphone", muted=False)
    assert node.media.muted == set()


async def test_what_is_in_view_is_told_to_the_media_plane(
    node: Node, pair: tuple[Person, Person, str]
) -> None:
    host, member, room = pair
    tile = {"peer": host.peers[room], "source": "camera", "width": 320, "height": 180}
    await member.does("view", room=room, tiles=[tile])
    assert node.media.views == {member.peers[room]: ((host.peers[room], "camera", 320, 180),)}
    for tiles in ([{**tile, "width": 0}], [{**tile, "source": "roof"}], [tile] * 129, "all"):
        assert await member.is_refused("view", room=room, tiles=tiles) == "invalid"
    await member.does("view", room=room, tiles=[])
    assert node.media.views == {member.peers[room]: ()}


async def test_a_publisher_hears_which_encodings_are_wanted(
    node: Node, pair: tuple[Person, Person, str]
) -> None:
    host, member, room = pair
    assert node.media.listener is not None
    node.media.listener.encodings_wanted(room, host.peers[room], "camera", 1)
    told = await host.hears("encodings")
    assert told == {"room": room, "source": "camera", "count": 1}
    assert member.all("encodings") == []


async def test_who_looks_hears_which_pictures_stand_still(
    node: Node, pair: tuple[Person, Person, str]
) -> None:
    host, member, room = pair
    assert node.media.listener is not None
    pictures = [(member.peers[room], "camera", "link")]
    node.media.listener.pictures_paused(room, host.peers[room], pictures)
    told = await host.hears("paused")
    assert told == {"room": room, "pictures": [[member.peers[room], "camera", "link"]]}
    assert member.all("paused") == []


async def test_a_killed_worker_resets_everybody_in_its_room_only(
    node: Node, pair: tuple[Person, Person, str]
) -> None:
    host, member, room = pair
    elsewhere = await node.room(host.actor)
    other = await node.connect(host.actor)
    await other.joins(elsewhere)
    await other.does("call.join", room=elsewhere)
    await host.does("mute", room=room, source="microphone", muted=True)
    node.media.kill_worker(room)
    for person in (host, member):
        assert await person.hears("media.reset") == {"room": room}
    assert node.media.peers(room) == {host.peers[room], member.peers[room]}
    assert other.all("media.reset") == []
    await host.does("publish.offer", room=room, sdp="v=0", sources={"0": "microphone"})
    assert node.media.muted == {(host.peers[room], "microphone")}


async def test_a_peer_whose_media_is_lost_begins_anew(
    node: Node, pair: tuple[Person, Person, str]
) -> None:
    host, member, room = pair
    del node.media.rooms[room][host.peers[room]]
    assert node.media.listener is not None
    node.media.listener.peer_lost(room, host.peers[room], "consent-expired")
    assert await host.hears("media.reset") == {"room": room}
    assert host.peers[room] in node.media.peers(room)
    assert member.all("media.reset") == []


async def test_a_peer_the_plane_forgot_is_admitted_again(
    node: Node, pair: tuple[Person, Person, str]
) -> None:
    host, _, room = pair
    del node.media.rooms[room][host.peers[room]]
    await host.does("publish.offer", room=room, sdp="v=0", sources={"0": "camera"})


async def test_speakers_and_quality_reach_the_room(
    node: Node, pair: tuple[Person, Person, str]
) -> None:
    host, member, room = pair
    assert node.media.listener is not None
    node.media.listener.speakers(room, [(host.peers[room], 31)])
    node.media.listener.quality(room, host.peers[room], {"score": 4.2, "rtt_ms": 12.0})
    assert await member.hears("speakers") == {"room": room, "levels": [[host.peers[room], 31]]}
    quality = await member.hears("quality")
    assert quality["peer"] == host.peers[room]
    assert quality["score"] == 4.2


async def test_what_a_device_tells_of_its_link_is_written_down(
    node: Node, pair: tuple[Person, Person, str]
) -> None:
    host, member, room = pair
    told = {"path": "turn-tls", "height_up": 720, "freezes": 2, "frozen_s": 1}
    await host.does("quality.tell", room=room, **told)
    assert node.media.listener is not None
    node.media.listener.quality(room, host.peers[room], {"score": 4.2, "kbps_up": 300.0})
    for wrong in ({"path": "carrier pigeon"}, {"freezes": -1}, {"peer": member.peers[room]}):
        assert await host.is_refused("quality.tell", room=room, **wrong) == "invalid"
    await member.does("call.leave", room=room)
    assert await member.is_refused("quality.tell", room=room, **told) == "conflict"
    await host.does("leave", room=room)
    await node.services.calls.close()
    async with node.database.reading() as uow:
        (call,) = await uow.call_quality.calls(room, 10)
        (minute,) = await uow.call_quality.of_call(call.call, 10)
    assert (minute.score, minute.path, minute.height_up) == (4.2, "turn-tls", 720)
    assert (minute.freezes, minute.frozen_s) == (2, 1.0)


async def test_leaving_the_call_stays_in_the_room(
    node: Node, pair: tuple[Person, Person, str]
) -> None:
    host, member, room = pair
    await host.does("call.leave", room=room)
    await host.does("call.leave", room=room)
    assert (await member.sees("call.left"))["data"]["peer"] == host.peers[room]
    await until(lambda: node.media.peers(room) == {member.peers[room]})
    code = await host.is_refused("publish.offer", room=room, sdp="v=0", sources={})
    assert code == "conflict"
    await host.does("message.send", room=room, client_id="c", text="still here")
    assert len(member.events("call.left")) == 1
