"""Each event × each wrong credential: only the right one passes."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
import socketio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server.domain.access import Ability, Actor, Grants, RoomRole
from server.domain.sessions import ROOM_LIFETIME
from signaling.payloads import COMMANDS
from tests.smoke.signalling.network import KEY, Node, Person

STRANGERS_ROOM = "01a00000-0000-7000-8000-000000000000"

ROOM_EVENTS: dict[str, dict[str, Any]] = {
    "message.send": {"client_id": "c", "text": "hello"},
    "message.edit": {"message": 3, "text": "hello"},
    "message.delete": {"message": 3},
    "receipt": {"read": 1},
    "typing": {"typing": True},
    "hand": {"raised": True},
    "call.join": {},
    "call.leave": {},
    "publish.offer": {"sdp": "v=0", "sources": {"0": "camera"}},
    "subscribe.answer": {"negotiation": 1, "sdp": "v=0"},
    "subscribe.restart": {},
    "ice": {},
    "view": {"tiles": [{"peer": "x", "source": "camera", "width": 320, "height": 180}]},
    "keys.send": {"envelopes": {"x": "sealed"}},
    "mute": {"source": "camera", "muted": True},
    "quality.tell": {"path": "udp"},
    "moderate.mute": {"peer": "x", "source": "camera"},
    "moderate.remove": {"person": "x"},
    "moderate.lock": {"locked": True},
    "lobby.admit": {"person": "x"},
    "lobby.refuse": {"person": "x"},
}
WITH_TOKENS = {"token", "join", "room.token"}
IDEMPOTENT = {"leave"}
OF_THE_SOCKET = {"trial.begin", "trial.offer", "trial.answer", "trial.end"}
"""Of no room: whose trial it is stands in `test_trials.py`."""

NEEDS: dict[str, Ability | str] = {
    "message.send": Ability.CHAT,
    "message.edit": Ability.CHAT,
    "message.delete": Ability.CHAT,
    "typing": Ability.CHAT,
    "publish.offer": "publish",
    "subscribe.answer": Ability.SUBSCRIBE,
    "subscribe.restart": Ability.SUBSCRIBE,
    "view": Ability.SUBSCRIBE,
    "moderate.mute": Ability.MODERATE,
    "moderate.remove": Ability.MODERATE,
    "moderate.lock": Ability.MODERATE,
    "lobby.admit": Ability.MODERATE,
    "lobby.refuse": Ability.MODERATE,
}


def test_the_matrix_is_complete() -> None:
    assert set(COMMANDS) == set(ROOM_EVENTS) | WITH_TOKENS | IDEMPOTENT | OF_THE_SOCKET


def altered(token: str) -> str:
    """The same token saying something else."""
    head, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["name"] = "Somebody else"
    changed = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"{head}.{changed}.{signature}"


def unsigned(token: str) -> str:
    """The same claims under `alg: none`."""
    return jwt.encode(_claims(token), "", "none", headers={"kid": KEY.kid})


def of_another_key(token: str) -> str:
    """The same claims, signed by somebody else under our key's name."""
    key = Ed25519PrivateKey.generate()
    return jwt.encode(_claims(token), key, "EdDSA", headers={"kid": KEY.kid})


def expired(token: str) -> str:
    """A real signature over a lifetime that is over."""
    claims = _claims(token)
    for name in ("iat", "nbf", "exp"):
        claims[name] -= 86_400
    key = Ed25519PrivateKey.from_private_bytes(KEY.private)
    return jwt.encode(claims, key, "EdDSA", headers={"kid": KEY.kid})


def absent(_token: str) -> str:
    """No token."""
    return ""


def _claims(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


FORGERIES = [absent, expired, altered, unsigned, of_another_key]


async def refused(node: Node, actor: Actor, token: str) -> str:
    """The code by which a connection is refused."""
    person = Person(node, actor, "tab")
    refusals: list[Any] = []
    person.socket.on("connect_error", refusals.append, namespace="/room")
    with pytest.raises(socketio.exceptions.ConnectionError):
        await person.connect(token)
    await person.disconnect()
    return str(refusals[0]["data"]["code"])


@pytest.mark.parametrize("forge", FORGERIES)
async def test_forged_tokens_neither_connect_nor_join_nor_refresh(
    node: Node, forge: Callable[[str], str]
) -> None:
    ada = await node.add_user("Ada")
    room = await node.room(ada)
    access, ticket = node.access_token(ada), await node.room_token(ada, room)
    assert await refused(node, ada, forge(access)) == "unauthenticated"
    host = await node.connect(ada)
    assert await host.is_refused("join", token=forge(ticket)) == "unauthenticated"
    assert await host.is_refused("token", token=forge(access)) == "unauthenticated"
    await host.joins(room)
    code = await host.is_refused("room.token", room=room, token=forge(ticket))
    assert code == "unauthenticated"


async def test_an_access_token_is_no_room_token_nor_the_reverse(node: Node) -> None:
    ada = await node.add_user("Ada")
    room = await node.room(ada)
    host = await node.connect(ada)
    assert await host.is_refused("join", token=node.access_token(ada)) == "unauthenticated"
    ticket = await node.room_token(ada, room)
    assert await refused(node, ada, ticket) == "forbidden"
    assert await host.is_refused("token", token=ticket) == "forbidden"


async def test_tokens_of_others_are_refused(node: Node) -> None:
    ada, bo = await node.add_user("Ada"), await node.add_user("Bo")
    room, other = await node.room(ada, bo), await node.room(ada)
    host = await node.connect(ada)
    assert await host.is_refused("join", token=await node.room_token(bo, room)) == "forbidden"
    assert await host.is_refused("token", token=node.access_token(bo)) == "forbidden"
    await host.joins(room)
    ticket = await node.room_token(ada, other)
    assert await host.is_refused("room.token", room=room, token=ticket) == "forbidden"


async def test_a_stranger_with_a_signed_ticket_finds_no_room(node: Node) -> None:
    ada, eve = await node.add_user("Ada"), await node.add_user("Eve")
    room = await node.room(ada)
    spy = await node.connect(eve)
    for where in (room, STRANGERS_ROOM):
        token = await node.room_token(eve, where)
        assert await spy.is_refused("join", token=token) == "not-found"


@pytest.mark.parametrize("forge", FORGERIES)
async def test_without_a_connection_no_event_is_answered(
    node: Node, forge: Callable[[str], str]
) -> None:
    ada = await node.add_user("Ada")
    room = await node.room(ada)
    person = Person(node, ada, "tab")
    with pytest.raises(socketio.exceptions.ConnectionError):
        await person.connect(forge(node.access_token(ada)))
    for event, payload in ROOM_EVENTS.items():
        with pytest.raises(socketio.exceptions.BadNamespaceError):
            await person.ask(event, room=room, **payload)
    await person.disconnect()


async def test_events_of_a_room_that_was_not_joined(node: Node) -> None:
    ada, eve = await node.add_user("Ada"), await node.add_user("Eve")
    room = await node.room(ada)
    host, spy = await node.connect(ada), await node.connect(eve)
    await host.joins(room)
    await host.does("call.join", room=room)
    for where in (room, STRANGERS_ROOM):
        for event, payload in ROOM_EVENTS.items():
            assert await spy.is_refused(event, room=where, **payload) == "not-found", event
    async with node.database.reading() as uow:
        found = await uow.rooms.find(room)
    assert found is not None
    assert not found.locked
    assert host.events("message.posted") == []


@pytest.mark.parametrize(("event", "need"), NEEDS.items())
async def test_a_role_without_the_grant_is_refused(
    node: Node, event: str, need: Ability | str
) -> None:
    ada, bo = await node.add_user("Ada"), await node.add_user("Bo")
    room = await node.room(ada, bo)
    full = Grants.of(["camera"], [a.value for a in Ability if a is not need])
    lacking = Grants.of([], [a.value for a in Ability]) if need == "publish" else full
    await node.services.members.change(ada, room, bo.person, RoomRole.MEMBER, lacking)
    member = await node.connect(bo)
    await member.joins(room)
    await member.does("call.join", room=room)
    code = await member.is_refused(event, room=room, **ROOM_EVENTS[event])
    assert code in {"forbidden", "not-permitted"}


@pytest.mark.parametrize("event", sorted(ROOM_EVENTS))
async def test_a_revoked_member_is_refused_before_any_notice(node: Node, event: str) -> None:
    ada, bo = await node.add_user("Ada"), await node.add_user("Bo")
    room = await node.room(ada, bo)
    member = await node.connect(bo)
    await member.joins(room)
    await member.does("call.join", room=room)
    async with node.database.transaction() as uow:
        membership = await uow.memberships.find(room, bo.person)
        assert membership is not None
        await uow.memberships.save(membership.remove())
    assert await member.is_refused(event, room=room, **ROOM_EVENTS[event]) == "not-found"


async def test_the_right_credentials_pass(node: Node) -> None:
    ada, bo = await node.add_user("Ada"), await node.add_user("Bo")
    room = await node.room(ada, bo, encrypted=True)
    host, member = await node.connect(ada), await node.connect(bo)
    await host.joins(room)
    await member.joins(room)
    await member.does("call.join", room=room)
    sent = await host.does("message.send", room=room, client_id="c", text="hello")
    seq = sent["event"]["seq"]
    payloads = ROOM_EVENTS | {
        "message.edit": {"message": seq, "text": "hello!"},
        "message.delete": {"message": seq},
        "moderate.mute": {"peer": member.peers[room], "source": "camera"},
        "moderate.lock": {"locked": False},
        "moderate.remove": {"person": bo.person},
    }
    order = [event for event in payloads if not event.startswith(("lobby", "call.leave"))]
    for event in order:
        await host.does(event, room=room, **payloads[event])
    await host.does("token", token=node.access_token(ada))
    await host.does("room.token", room=room, token=await node.room_token(ada, room))
    await host.does("call.leave", room=room)
    await host.does("leave", room=room)


async def test_a_ticket_limits_its_member(node: Node) -> None:
    ada = await node.add_user("Ada")
    room = await node.room(ada)
    host = await node.connect(ada)
    listen_only = Grants.of([], ["subscribe"])
    await host.does("join", token=await node.room_token(ada, room, grants=listen_only))
    code = await host.is_refused("message.send", room=room, client_id="c", text="?")
    assert code == "forbidden"
    await host.does("room.token", room=room, token=await node.room_token(ada, room))
    await host.does("message.send", room=room, client_id="c", text="now")


async def test_an_expired_seat_of_a_live_socket_is_refused_to_join_again(node: Node) -> None:
    ada = await node.add_user("Ada")
    room = await node.room(ada)
    ticket = await node.room_token(ada, room)
    host = await node.connect(ada)
    node.clock.shift = ROOM_LIFETIME + timedelta(seconds=1)
    assert await host.is_refused("join", token=ticket) == "unauthenticated"


@pytest.mark.parametrize(
    ("origin", "is_welcome"),
    [
        (None, True),
        ("http://{host}", True),
        ("https://evil.example", False),
        ("null", False),
        ("https://{host}.evil.example", False),
        ("file://", False),
    ],
)
async def test_pages_of_other_sites_may_not_connect(
    node: Node, origin: str | None, is_welcome: bool
) -> None:
    ada = await node.add_user("Ada")
    person = Person(node, ada, "tab")
    host = node.url.removeprefix("http://")
    headers = {} if origin is None else {"Origin": origin.format(host=host)}
    arguments: dict[str, Any] = {
        "auth": {"token": node.access_token(ada), "device": "tab"},
        "headers": headers,
        "namespaces": ["/room"],
        "transports": ["websocket"],
    }
    if is_welcome:
        await person.socket.connect(node.url, **arguments)
    else:
        with pytest.raises(socketio.exceptions.ConnectionError):
            await person.socket.connect(node.url, **arguments)
    await person.disconnect()
