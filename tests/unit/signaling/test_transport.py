"""The door to the socket library: what is let in, and that the library still is as known."""

from __future__ import annotations

import inspect

import engineio
import pytest
import socketio
from engineio.async_drivers.aiohttp import WebSocket
from engineio.async_socket import AsyncSocket

from signaling.transport import (
    OUTGOING_BYTES,
    TEXT_CHARS,
    Malformed,
    Outgoing,
    Packet,
    _is_frame,
    _Origins,
)


def test_well_formed_packets() -> None:
    packet = Packet(encoded_packet='42/room,7["join",{"token":"t"}]'[1:])
    assert (packet.namespace, packet.id, packet.data) == ("/room", 7, ["join", {"token": "t"}])
    assert Packet(encoded_packet='0/room,{"token":"t"}').data == {"token": "t"}
    assert Packet(encoded_packet="1/room,").namespace == "/room"
    part = Packet(encoded_packet='51-/documents,["chunk",{"_placeholder":true,"num":0}]')
    assert part.attachment_count == 1


@pytest.mark.parametrize(
    "encoded",
    [
        "2/room,",
        "2/room,{}",
        "2/room,[]",
        "2/room,[1]",
        '2/room,["a",1,2]',
        '2/room,["disconnect"]',
        '2/room,["connect",{}]',
        '2/room,["' + "a" * 65 + '"]',
        "0/room,[]",
        "3/room,7{}",
        "4/room,{}",
        '52-/documents,["chunk"]',
        '59999999999-/documents,["chunk"]',
        '2/room,["a","' + "x" * TEXT_CHARS + '"]',
        b"\x00",
    ],
)
def test_malformed_packets(encoded: str | bytes) -> None:
    with pytest.raises(Malformed):
        Packet(encoded_packet=encoded)


@pytest.mark.parametrize("frame", ["3", '42["a"]', "40/room,", "451-x"])
def test_frames_let_in(frame: str) -> None:
    assert _is_frame(frame)


@pytest.mark.parametrize("frame", ["", "1", "2probe", "4", "4[", "4x", "5", "b//", "3x", "4²"])
def test_frames_that_end_the_connection(frame: str) -> None:
    assert not _is_frame(frame)


async def test_outgoing_bytes_are_counted() -> None:
    queue = Outgoing()
    packet = engineio.packet.Packet(engineio.packet.MESSAGE, "x" * OUTGOING_BYTES)
    queue.put_nowait(packet)
    queue.put_nowait(None)
    was_full = queue.is_full
    assert queue.get_nowait() is packet
    assert (was_full, queue.is_full, queue.bytes) == (True, False, 0)


@pytest.mark.parametrize(
    ("origin", "host", "is_welcome"),
    [
        ("http://localhost:8080", "localhost:8080", True),
        ("https://consult.example", "consult.example", True),
        ("https://consult.example:443", "consult.example", True),
        ("https://CONSULT.example", "consult.example", True),
        ("https://public.example", "10.0.0.7:8443", True),
        ("http://public.example", "10.0.0.7:8443", False),
        ("https://[2001:db8::1]:8443", "[2001:db8::1]:8443", True),
        ("https://evil.example", "consult.example", False),
        ("https://consult.example.evil.example", "consult.example", False),
        ("https://consult.example:99999", "consult.example", False),
        ("null", "consult.example", False),
        ("file://", "", False),
    ],
)
def test_origins(origin: str, host: str, *, is_welcome: bool) -> None:
    origins = _Origins("https://public.example")
    assert origins(origin, {"HTTP_HOST": host}) is is_welcome


def test_the_library_still_has_what_the_door_uses() -> None:
    server = socketio.AsyncServer(async_mode="aiohttp")
    assert {"_send_packet", "_send_eio_packet", "_handle_eio_message"} <= set(dir(server))
    assert "_handle_eio_disconnect" in dir(server)
    assert server._binary_packet == {}
    assert server.eio._async["websocket"] is WebSocket
    assert server.eio.sockets == {}
    assert server.eio.service_task_handle is None
    assert list(inspect.signature(AsyncSocket.close).parameters)[1:] == ["wait", "abort", "reason"]
    assert "self.server.create_queue()" in inspect.getsource(AsyncSocket.__mro__[1].__init__)
    assert "pkt is None" in inspect.getsource(AsyncSocket.poll)
    emit = inspect.signature(socketio.AsyncManager.emit).parameters
    assert {"event", "data", "namespace", "room", "skip_sid", "callback", "to"} <= set(emit)
