"""`/alerts`: who may listen, what is heard there, and how soon it ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
import socketio
from socketio.exceptions import ConnectionError

from server.domain.sessions import ACCESS_LIFETIME
from server.services.changes import tell_changed, tell_everyone
from server.services.ports.bus import Notice
from tests.smoke.signalling.network import Node, Person

SOON = 5.0


async def listener(node: Node, name: str = "Ada") -> Person:
    return await node.connect(await node.add_user(name), namespace="/alerts")


async def end_session(node: Node, person: Person) -> None:
    async with node.database.transaction() as uow:
        assert person.actor.session is not None
        await uow.sessions.end(person.actor.session, node.clock.now())


async def test_a_change_is_heard_by_every_device_of_its_person_alone(node: Node) -> None:
    ada, bo = await node.add_user("Ada"), await node.add_user("Bo")
    devices = [await node.connect(ada, namespace="/alerts") for _ in range(2)]
    other, in_room = await node.connect(bo, namespace="/alerts"), await node.connect(ada)
    async with node.database.transaction() as uow:
        tell_changed(uow, "tasks", "t1", [ada.person])
        tell_changed(uow, "guard", "g1", [bo.person])
    assert await other.hears("changed") == {"topic": "guard", "subject": "g1"}
    for device in devices:
        assert await device.hears("changed") == {"topic": "tasks", "subject": "t1"}
    assert len(other.all("changed")) == 1
    assert not in_room.all("changed")


async def test_who_is_on_call_is_heard_by_everybody_in_the_application(node: Node) -> None:
    people = [await listener(node, name) for name in ("Ada", "Bo")]
    in_room = await node.connect(people[0].actor)
    told = {"rota": "r1", "person": {"id": "p1", "name": "Rita"}}
    async with node.database.transaction() as uow:
        uow.publish(Notice("rota.on_call", told, everyone=True))
        tell_everyone(uow, "services", "s1")
    for one in people:
        assert await one.hears("rota.on_call") == told
        assert await one.hears("changed") == {"topic": "services", "subject": "s1"}
    assert not in_room.all("rota.on_call")


async def test_a_revoked_session_is_told_and_cut_off_even_when_the_notice_is_lost(
    node: Node,
) -> None:
    person, bystander = await listener(node), await listener(node, "Bo")
    await end_session(node, person)
    assert await person.hears("revoked", seconds=SOON) == {"code": "unauthenticated"}
    await person.is_cut_off(SOON)
    assert bystander.socket.connected


async def test_an_expired_token_ends_it_unless_a_fresh_one_came(node: Node) -> None:
    person, forgetful = await listener(node), await listener(node, "Bo")
    node.clock.shift = ACCESS_LIFETIME + timedelta(seconds=30)
    await person.does("token", token=node.access_token(person.actor))
    await forgetful.is_cut_off(SOON)
    assert person.socket.connected


async def test_both_namespaces_of_one_connection_hear_of_the_end(node: Node) -> None:
    ada = await node.add_user("Ada")
    heard: list[str] = []
    socket = socketio.AsyncClient(reconnection=False)
    for namespace in ("/room", "/alerts"):
        socket.on("revoked", lambda _, name=namespace: heard.append(name), namespace=namespace)
    auth = {"token": node.access_token(ada), "device": "tab"}
    await socket.connect(
        node.url,
        auth=auth,
        namespaces=["/room", "/alerts"],
        transports=["websocket"],
        wait_timeout=10,
    )
    person = Person(node, ada, "tab")
    person.socket = socket
    await end_session(node, person)
    await person.is_cut_off(SOON)
    assert sorted(heard) == ["/alerts", "/room"]


async def test_room_tokens_and_other_peoples_tokens_are_refused(node: Node) -> None:
    ada, bo = await node.add_user("Ada"), await node.add_user("Bo")
    room = await node.room(ada)
    person = Person(node, ada, "tab", "/alerts")
    with pytest.raises(ConnectionError):
        await person.connect(await node.room_token(ada, room))
    await person.socket.disconnect()
    live = await node.connect(ada, namespace="/alerts")
    assert await live.is_refused("token", token=node.access_token(bo)) == "forbidden"
    assert await live.is_refused("token", token=await node.room_token(ada, room)) == "forbidden"
    assert await live.is_refused("join", token="x") == "not-found"
