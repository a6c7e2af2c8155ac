"""Sealed keys pass from device to device of one call, and the server looks into none."""

from tests.smoke.signalling.network import Node, Person


async def _call(node: Node) -> tuple[Person, Person, Person, str]:
    """Two in the call of a room, and one who only reads its chat."""
    actors = [await node.add_user(name) for name in ("Ada", "Bo", "Cy")]
    room = await node.room(*actors, encrypted=True)
    people = [await node.connect(actor) for actor in actors]
    for person in people:
        await person.joins(room)
    for person in people[:2]:
        await person.does("call.join", room=room)
    host, member, reader = people
    return host, member, reader, room


async def test_an_envelope_reaches_the_named_device_alone(node: Node) -> None:
    host, member, reader, room = await _call(node)
    mine, yours, third = (one.peers[room] for one in (host, member, reader))
    envelopes = {yours: "a.b-c_d", third: "x", mine: "x", "nobody": "x"}
    answer = await host.does("keys.send", room=room, envelopes=envelopes)
    assert answer["missing"] == [third, mine, "nobody"]
    assert await member.hears("keys") == {"room": room, "peer": mine, "envelope": "a.b-c_d"}
    await member.does("call.leave", room=room)
    answer = await host.does("keys.send", room=room, envelopes={yours: "x"})
    assert answer["missing"] == [yours]
    for person in (host, reader):
        assert person.all("keys") == []


async def test_outside_the_call_or_the_option_nothing_passes(node: Node) -> None:
    host, member, reader, room = await _call(node)
    to = {member.peers[room]: "x"}
    assert await reader.is_refused("keys.send", room=room, envelopes=to) == "conflict"
    plain = await node.room(host.actor, member.actor)
    for person in (host, member):
        await person.joins(plain)
        await person.does("call.join", room=plain)
    envelopes = {member.peers[plain]: "x"}
    assert await host.is_refused("keys.send", room=plain, envelopes=envelopes) == "conflict"
    await host.does("call.leave", room=room)
    assert await host.is_refused("keys.send", room=room, envelopes=to) == "conflict"


async def test_envelopes_are_small_and_few(node: Node) -> None:
    host, member, _, room = await _call(node)
    to = member.peers[room]
    for envelopes in (
        {},
        {to: ""},
        {to: "x" * 1025},
        {to: "not text of ours"},
        {f"p{number}": "x" for number in range(65)},
        {to: {"key": "x"}},
    ):
        assert await host.is_refused("keys.send", room=room, envelopes=envelopes) == "invalid"
    for _ in range(200):
        answer = await host.ask("keys.send", room=room, envelopes={to: "x"})
        if "error" in answer:
            break
    assert answer["error"]["code"] == "rate-limited"
