"""Each event of each namespace × each wrong credential: only the right one passes."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import socketio
from socketio.exceptions import BadNamespaceError, ConnectionError

from server.domain.sessions import ROOM_LIFETIME
from signaling.alert_payloads import ALERT_COMMANDS
from signaling.documents import EVENTS
from signaling.payloads import COMMANDS
from tests.smoke.api.nouns import guard
from tests.smoke.api.world import PDF, World, altered, of_another_key, unsigned

Json = dict[str, Any]
SOCKETS = {
    "/room": frozenset(COMMANDS),
    "/alerts": frozenset(ALERT_COMMANDS),
    "/documents": frozenset(EVENTS),
}
OF_ACCOUNTS = ("/room", "/alerts")
"""Namespaces that open to access tokens."""


def begin(client_id: str) -> Json:
    """The announcement of PDF."""
    return {"client_id": client_id, "name": "referto.pdf", "bytes": len(PDF), "sha256": "0" * 64}


def payloads(world: World, token: str) -> dict[str, Json]:
    """For each event of `/documents` one that the host may send; the order matters."""
    return {
        "begin": begin("socket"),
        "chunk": {"id": world.ids["upload"], "offset": 0, "data": PDF},
        "commit": {"id": world.ids["upload"]},
        "abort": {"id": world.ids["upload"]},
        "read": {"document": world.ids["document"], "offset": 0, "bytes": 100},
        "token": {"token": token},
    }


class Socket:
    """One connection to one namespace."""

    def __init__(self, world: World, namespace: str) -> None:
        self._world = world
        self._namespace = namespace
        self._socket = socketio.AsyncClient(reconnection=False)
        self._refusals: list[Any] = []
        self._socket.on("connect_error", self._refusals.append, namespace=namespace)

    async def connect(self, token: str | None) -> str | None:
        """Connect; the code of a refusal."""
        auth = {} if token is None else {"token": token}
        if self._namespace in OF_ACCOUNTS:
            auth |= {"device": "tab"}
        try:
            await self._socket.connect(
                self._world.url,
                auth=auth,
                namespaces=[self._namespace],
                transports=["websocket"],
            )
        except ConnectionError:
            return str(self._refusals[0]["data"]["code"])
        return None

    async def code(self, event: str, payload: Json) -> str | None:
        """Ask; the code of a refusal."""
        answer = await self._socket.call(event, payload, namespace=self._namespace, timeout=10)
        return None if answer.get("ok") else str(answer["error"]["code"])

    async def close(self) -> None:
        """Hang up."""
        await self._socket.disconnect()


def forgeries(world: World, namespace: str) -> dict[str, tuple[str | None, str]]:
    """Column → token and the code it is refused with."""
    held = world.tokens if namespace in OF_ACCOUNTS else world.tickets
    right = held["host"]
    none = "unauthenticated"
    columns = {
        "no token": (None, none),
        "nonsense": ("nonsense", none),
        "altered": (altered(right), none),
        "alg=none": (unsigned(right), none),
        "another key": (of_another_key(right), none),
        "revoked session": (held["revoked"], none),
        "suspended": (held["suspended"], none),
    }
    if namespace in OF_ACCOUNTS:
        return columns | {"a member's room token": (world.tickets["host"], "forbidden")}
    return columns | {
        "wrong role": (world.tickets["observer"], "forbidden"),
        "an access token": (world.tokens["host"], "forbidden"),
    }


@pytest.mark.parametrize("namespace", SOCKETS)
async def test_no_wrong_credential_connects_or_has_an_event_answered(
    world: World, namespace: str
) -> None:
    async def expect(column: str, token: str | None, code: str) -> None:
        socket = Socket(world, namespace)
        assert await socket.connect(token) == code, column
        for event in SOCKETS[namespace]:
            with pytest.raises(BadNamespaceError):
                await socket.code(event, {})
        await socket.close()

    for column, (token, code) in forgeries(world, namespace).items():
        await expect(column, token, code)
    world.clock.shift = ROOM_LIFETIME + timedelta(minutes=6)
    held = world.tokens if namespace in OF_ACCOUNTS else world.tickets
    await expect("expired", held["host"], "unauthenticated")
    world.clock.shift = timedelta()
    socket = Socket(world, namespace)
    assert await socket.connect(held["host"]) is None
    await socket.close()


async def test_fresh_tokens_are_checked_as_strictly(world: World) -> None:
    ticket = world.tickets["host"]
    room, documents = Socket(world, "/room"), Socket(world, "/documents")
    assert await room.connect(world.tokens["host"]) is None
    assert await documents.connect(ticket) is None
    for column, (token, _) in forgeries(world, "/documents").items():
        refused = {"unauthenticated", "forbidden"}
        assert await room.code("join", {"token": token or ""}) in refused, column
        assert await documents.code("token", {"token": token or ""}) in refused, column
    for column, (token, _) in forgeries(world, "/room").items():
        code = await room.code("token", {"token": token or ""})
        assert code in {"unauthenticated", "forbidden"}, column
    elsewhere = {"token": world.tickets["elsewhere"]}
    assert await documents.code("token", elsewhere) == "forbidden"
    assert await documents.code("token", {"token": ticket}) is None
    assert await room.code("join", {"token": ticket}) is None
    await room.close()
    await documents.close()


async def test_events_about_a_guard_request_are_for_those_it_concerns(world: World) -> None:
    """Strangers learn nothing, who may look may not accept, a colleague's token is refused."""
    await guard.furnish(world)
    request = {"request": world.ids["guard-accept"]}
    for who, accepting in (("stranger", "not-found"), ("host", "forbidden")):
        socket = Socket(world, "/alerts")
        assert await socket.connect(world.tokens[who]) is None
        assert await socket.code("ready", {"sound": True}) is None
        assert await socket.code("delivered", request) == "not-found"
        assert await socket.code("seen", request) == "not-found"
        assert await socket.code("accept", request) == accepting
        assert await socket.code("drill", {"drill": world.ids["guard-accept"]}) == "not-found"
        assert await socket.code("token", {"token": world.tokens["colleague"]}) == "forbidden"
        assert await socket.code("token", {"token": world.tickets["host"]}) == "forbidden"
        assert await socket.code("token", {"token": world.tokens[who]}) is None
        await socket.close()
    socket = Socket(world, "/alerts")
    assert await socket.connect(world.tokens["colleague"]) is None
    assert await socket.code("accept", request) is None
    await socket.close()


async def test_documents_of_another_room_or_person_are_hidden(world: World) -> None:
    """A ticket of another room of the same person, and another member of the same room."""
    role = {"role": "member"}
    path = f"rooms/{world.ids['room']}/members/{world.users['observer']}"
    await world.does("host", "PATCH", path, role)
    token = await world.does("observer", "POST", f"rooms/{world.ids['room']}/tokens")
    for column, ticket in (
        ("wrong room", world.tickets["elsewhere"]),
        ("another member", token["room_token"]),
    ):
        socket = Socket(world, "/documents")
        assert await socket.connect(ticket) is None
        for event, payload in payloads(world, ticket).items():
            is_own = event in {"begin", "token"} or (event, column) == ("read", "another member")
            code = await socket.code(event, payload)
            assert code == (None if is_own else "not-found"), (column, event)
        await socket.close()


async def test_each_event_passes_with_the_right_ticket(world: World) -> None:
    sent = payloads(world, world.tickets["host"])
    assert set(sent) == SOCKETS["/documents"]
    socket = Socket(world, "/documents")
    assert await socket.connect(world.tickets["host"]) is None
    for event, payload in sent.items():
        code = await socket.code(event, payload)
        assert code == ("conflict" if event == "abort" else None), (event, code)
    await socket.close()


@pytest.mark.parametrize("how", ["removed", "signed out", "suspended", "role narrowed"])
async def test_a_live_document_socket_is_refused_soon_after_access_ends(
    world: World, how: str
) -> None:
    path = f"rooms/{world.ids['room']}"
    user = world.users["colleague"]
    await world.does("host", "POST", f"{path}/members", {"user": user})
    ticket = (await world.does("colleague", "POST", f"{path}/tokens"))["room_token"]
    socket = Socket(world, "/documents")
    assert await socket.connect(ticket) is None
    assert await socket.code("begin", begin("mine")) is None
    match how:
        case "removed":
            await world.does("host", "DELETE", f"{path}/members/{user}")
        case "signed out":
            await world.does("colleague", "POST", "auth/logout")
        case "suspended":
            await world.does("admin", "POST", f"users/{user}/suspend", {"reason": "left"})
        case "role narrowed":
            await world.does("host", "PATCH", f"{path}/members/{user}", {"role": "observer"})
    async with asyncio.timeout(5):
        while await socket.code("begin", begin("mine")) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    for event, payload in payloads(world, ticket).items():
        code = await socket.code(event, payload)
        is_renewal = event == "token" and how in {"removed", "role narrowed"}
        assert code in {"unauthenticated", "forbidden", "not-found"} or is_renewal, (event, code)
    await socket.close()
