"""Ten thousand malformed events: the server lives, stays small, and others notice nothing."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import resource
from collections.abc import Callable, Iterator
from typing import Any

import aiohttp
import pytest

from signaling.payloads import COMMANDS
from tests.smoke.signalling.network import Node
from tests.waiting import until

EVENTS = 10_000
MIB_MAX = 64
SCALARS: list[Any] = [
    *(None, True, False, 0, -1, 2**31, 2**63, 10**90, 1e308, "", "x", "\x00", "è", "\ud800"),
    *("a" * 81, "a" * 5000, [], {}, [[]], {"": None}, "__proto__", "../..", "' OR 1=1 --"),
]


class Attacker:
    """A raw WebSocket with a real token, opened anew whenever the server cuts it."""

    def __init__(self, node: Node, token: str, http: aiohttp.ClientSession) -> None:
        self._url = f"{node.url}/socket.io/?EIO=4&transport=websocket"
        self._token = token
        self._http = http
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._drain: asyncio.Task[None] | None = None
        self._answered = asyncio.Event()
        self.connections = 0

    async def send(self, frame: str | bytes, *, is_awaited: bool) -> None:
        """Send a frame, and perhaps wait until the server dealt with it."""
        if self._socket is None or self._socket.closed:
            await self._connect()
        assert self._socket is not None
        self._answered.clear()
        try:
            if isinstance(frame, bytes):
                await self._socket.send_bytes(frame)
            else:
                await self._socket.send_str(frame)
            if is_awaited:
                await self._socket.send_str('42/room,7["typing",{}]')
                await asyncio.wait_for(self._answered.wait(), 10)
        except (ConnectionError, aiohttp.ClientError):
            await self.close()

    async def close(self) -> None:
        if self._drain is not None:
            self._drain.cancel()
        if self._socket is not None:
            await self._socket.close()
        self._socket = None

    async def _connect(self) -> None:
        await self.close()
        self._socket = await self._http.ws_connect(self._url)
        self.connections += 1
        await self._socket.receive()
        auth = json.dumps({"token": self._token, "device": "fuzz"})
        await self._socket.send_str(f"40/room,{auth}")
        await self._socket.receive()
        self._drain = asyncio.create_task(self._read(self._socket))

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.data == "2":
                await socket.send_str("3")
            elif str(message.data).startswith("43/room,7["):
                self._answered.set()
        self._answered.set()


def malformed(chance: random.Random, room: str) -> Iterator[str | bytes]:
    """Frames: most well-formed packets with senseless payloads, some broken below that."""
    for n in range(EVENTS):
        if chance.random() < 0.05:
            yield chance.choice(_RAW)(chance)
        else:
            name = chance.choice([*COMMANDS, "connect", "message", "*", "call"])
            arguments = [name, _payload(chance, room)][: chance.choice([1, 2, 2, 2, 2])]
            yield f"42/room,{n + 10}{json.dumps(arguments)}"


def _payload(chance: random.Random, room: str) -> Any:
    if chance.random() < 0.2:
        return chance.choice(SCALARS)
    names = sorted({name for command in COMMANDS.values() for name in command.model_fields})
    chosen = {name: chance.choice(SCALARS) for name in chance.sample(names, chance.randint(0, 6))}
    return chosen | ({"room": room} if chance.random() < 0.5 else {})


_RAW: list[Callable[[random.Random], str | bytes]] = [
    lambda chance: "",
    lambda chance: "4",
    lambda chance: "42/room,",
    lambda chance: "42/room,{",
    lambda chance: '42/room,{"a":1}',
    lambda chance: '42/room,["disconnect"]',
    lambda chance: '42/room,["connect",{}]',
    lambda chance: "42/room," + "[" * 50_000,
    lambda chance: "4" + "[" * 50_000,
    lambda chance: "42" + "9" * 200 + "[]",
    lambda chance: "459999999999-/room,[]",
    lambda chance: '451-/room,["join",{"_placeholder":true,"num":-7}]',
    lambda chance: '451-/room,["join",{"_placeholder":true,"num":0}]',
    lambda chance: chance.randbytes(chance.randint(0, 2000)),
    lambda chance: "43/room,7[]",
    lambda chance: "44/room,{}",
    lambda chance: "40/room,[]",
    lambda chance: "40/other,{}",
    lambda chance: "1",
    lambda chance: "5",
    lambda chance: "b////",
    lambda chance: "42/room," + json.dumps(["message.send", {"text": "x" * 140_000}]),
    lambda chance: "".join(chr(chance.randint(1, 0xD7FF)) for _ in range(50)),
]


@pytest.mark.slow
async def test_ten_thousand_malformed_events(node: Node, caplog: pytest.LogCaptureFixture) -> None:
    ada, bo, eve = [await node.add_user(name) for name in ("Ada", "Bo", "Eve")]
    quiet_room, noisy_room = await node.room(ada, bo), await node.room(eve)
    host, member = await node.connect(ada), await node.connect(bo)
    await host.joins(quiet_room)
    await member.joins(quiet_room)
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    caplog.set_level(logging.ERROR)

    async with aiohttp.ClientSession() as http:
        attacker = Attacker(node, node.access_token(eve), http)
        for n, frame in enumerate(malformed(random.Random(7), noisy_room)):
            is_packet = str(frame).startswith(f"42/room,{n + 10}[")
            await attacker.send(frame, is_awaited=not is_packet or n % 20 == 0)
            if n % 500 == 0:
                client_id = f"c{n}"
                await host.does(
                    "message.send", room=quiet_room, client_id=client_id, text="still here"
                )
        await attacker.close()
    messages = len(range(0, EVENTS, 500))
    await member.sees("message.posted", messages)
    await until(lambda: len(node.signaling.sessions.all()) == 2)

    seqs = [event["seq"] for event in member.all("event")]
    assert seqs == sorted(set(seqs))
    grown_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib) / 1024
    assert grown_mib < MIB_MAX
    assert attacker.connections > 50
    assert [record.message for record in caplog.records] == []
    assert host.socket.connected
    assert member.socket.connected
    async with node.database.reading() as uow:
        untouched = await uow.rooms.find(noisy_room)
    assert untouched is not None
    assert untouched.title == "TAC cranio"


async def test_a_reader_that_is_too_slow_is_cut_off(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signaling.transport.OUTGOING_BYTES", 1024 * 1024)
    ada, eve = await node.add_user("Ada"), await node.add_user("Eve")
    room = await node.room(ada, eve)
    token = await node.room_token(eve, room)
    host = await node.connect(ada)
    await host.joins(room)
    async with aiohttp.ClientSession() as http:
        url = f"{node.url}/socket.io/?EIO=4&transport=websocket"
        socket = await http.ws_connect(url)
        await socket.receive()
        auth = json.dumps({"token": node.access_token(eve), "device": "slow"})
        await socket.send_str(f"40/room,{auth}")
        await socket.receive()
        await socket.send_str(f'42/room,1["join",{json.dumps({"token": token})}]')
        await until(lambda: len(node.signaling.sessions.in_room(room)) == 2)
        assert socket._response.connection is not None
        socket._response.connection.transport.pause_reading()  # type: ignore[union-attr]
        big = {"room": room, "levels": [["x" * 1000, 1]] * 100}
        assert node.media.listener is not None
        for n in range(120):
            node.signaling.server.tell("/room", f"room:{room}", "speakers", big)
            await host.hears("speakers", n + 1)
        await until(lambda: len(node.signaling.sessions.in_room(room)) == 1)
        socket._response.connection.transport.abort()  # type: ignore[union-attr]
    assert host.socket.connected
    assert (await host.sees("presence.left"))["data"]["reason"] == "lost"


async def test_an_idle_connection_without_a_namespace_is_cut_off(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signaling.transport.IDLE_SECONDS", 0.0)
    async with aiohttp.ClientSession() as http:
        socket = await http.ws_connect(f"{node.url}/socket.io/?EIO=4&transport=websocket")
        await socket.receive()
        await node.signaling.server.sweep()
        await node.signaling.server.sweep()
        async with asyncio.timeout(5):
            while (await socket.receive()).type is not aiohttp.WSMsgType.CLOSED:
                pass
