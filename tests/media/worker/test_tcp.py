"""ICE-TCP from strangers, from a slow or hostile peer, and when a connection ends."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from aioice import stun

from media.protocol import DropReason, Join, Publish
from media.worker import stream, tcp_port
from media.worker.sdp import tcp_candidates, udp_candidates
from media.worker.service import Worker
from media.worker.stream import UNSENT_BYTES_MAX, UNSENT_VIDEO_BYTES_MAX, Connection
from media.worker.transport import Transport
from tests.media.worker.offers import CHROMIUM
from tests.media.worker.support import Plane, plane, until

VIDEO, AUDIO = 96, 111


def check(ufrag: str, password: str, *, priority: int = 1) -> bytes:
    message = stun.Message(
        stun.Method.BINDING,
        stun.Class.REQUEST,
        attributes={
            "USERNAME": f"{ufrag}:them",
            "PRIORITY": priority,
            "ICE-CONTROLLING": 7,
            "USE-CANDIDATE": None,
        },
    )
    message.add_message_integrity(password.encode())
    return bytes(message)


def framed(datagram: bytes) -> bytes:
    return len(datagram).to_bytes(2, "big") + datagram


class Caller:
    """A raw TCP connection to the worker."""

    def __init__(self, media: Plane) -> None:
        family = socket.AF_INET6 if ":" in media.worker.hub.tcp_candidates[0][0] else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.connect(media.worker.hub.tcp_candidates[0])
        self.socket.setblocking(False)

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> bytes | None:
        try:
            return self.socket.recv(4096)[2:] or None
        except OSError:
            return None

    def is_over(self) -> bool:
        try:
            return self.socket.recv(4096) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def close(self) -> None:
        self.socket.close()


class Party(SimpleNamespace):
    """A worker with one publisher, and that publisher's credentials in our hands."""

    media: Plane
    worker: Worker
    port: tcp_port.TcpPort
    transport: Transport
    ufrag: str
    password: str
    callers: list[Caller]

    @property
    def is_streamed(self) -> bool:
        path = self.transport.path
        return path is not None and path.is_stream

    @property
    def has_path(self) -> bool:
        return self.transport.path is not None

    def caller(self) -> Caller:
        """Closed with the party."""
        self.callers.append(Caller(self.media))
        return self.callers[-1]

    def check(self, *, priority: int = 1) -> bytes:
        return framed(check(self.ufrag, self.password, priority=priority))

    @property
    def drops(self) -> dict[DropReason, int]:
        return self.worker.hub.drops

    async def connected(self) -> tuple[Caller, Connection]:
        """A validated connection, at both ends."""
        before = set(self.port.connections)
        caller = self.caller()
        caller.send(self.check())
        await until(caller.answer, "the check is answered")
        (connection,) = self.port.connections - before
        return caller, connection


@asynccontextmanager
async def party(address: str = "127.0.0.1") -> AsyncIterator[Party]:
    async with plane(address) as media:
        media.request(Join("room", "anna", frozenset({"camera", "microphone"}), True))
        sources = {"0": "microphone", "1": "camera"}
        answer = media.request(Publish("room", "anna", CHROMIUM, sources))["sdp"]
        fields = dict(line[2:].split(":", 1) for line in answer.splitlines() if ":" in line)
        it = Party(
            media=media,
            worker=media.worker,
            port=media.worker._tcp_ports[0],
            transport=media.worker.hub.transports[fields["ice-ufrag"]],
            ufrag=fields["ice-ufrag"],
            password=fields["ice-pwd"],
            callers=[],
        )
        try:
            yield it
        finally:
            for caller in it.callers:
                caller.close()


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_a_check_over_tcp_makes_a_path(address: str) -> None:
    async with party(address) as it:
        caller = it.caller()
        for byte in it.check():  # in as many segments as there can be
            caller.send(bytes([byte]))
            await asyncio.sleep(0)
        answer = stun.parse_message(await until(caller.answer, "an answer"))
        mirrored = answer.attributes["XOR-MAPPED-ADDRESS"]
        assert mirrored == caller.socket.getsockname()[:2]
        assert it.is_streamed
        assert not it.port.strangers
        caller.close()
        await until(lambda: not it.has_path, "a closed connection is no path")
        assert not it.port.connections


async def test_the_number_is_that_of_udp_when_it_is_free() -> None:
    async with plane() as media:
        taken = tcp_port.TcpPort.bind_beside(
            media.worker.hub, "127.0.0.1", media.worker._ports[0].number
        )
        try:
            assert taken.number != media.worker._tcp_ports[0].number
        finally:
            taken.socket.close()
        assert media.worker.hub.candidates == media.worker.hub.tcp_candidates


async def test_udp_is_preferred_and_tcp_takes_over_when_it_is_all_there_is() -> None:
    async with party() as it:
        caller, _ = await it.connected()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind(("127.0.0.1", 0))
            udp.sendto(check(it.ufrag, it.password, priority=100), it.worker.hub.candidates[0])
            await until(lambda: not it.is_streamed, "UDP is nominated")
            caller.send(it.check())
            await until(caller.answer, "the spare path is kept")
            assert not it.is_streamed
        caller.close()
        await until(lambda: not it.port.connections, "a spare path ends")
        assert it.has_path
        assert not it.is_streamed


async def test_whoever_begins_with_anything_else_is_hung_up_on() -> None:
    async with party() as it:
        for data in (
            framed(bytes([22]) + bytes(40)),
            framed(bytes([128]) + bytes(40)),
            b"GET / HTTP/1.1\r\n\r\n",
            b"\xff\xff",
        ):
            caller = it.caller()
            caller.send(data)
            await until(caller.is_over, f"closed after {data[:4]!r}")
        assert not it.port.connections
        assert it.drops[DropReason.UNKNOWN_ADDRESS] == 2
        assert it.drops[DropReason.OVERSIZED] == 2


async def test_guessing_is_bounded() -> None:
    async with party() as it:
        caller = it.caller()
        caller.send(framed(check(it.ufrag, "wrong" * 5)) * 100)
        await until(caller.is_over, "closed")
        assert it.drops[DropReason.STUN_UNAUTHENTICATED] == stream.STRANGE_CHECKS_MAX


async def test_a_slow_stranger_is_timed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async with party() as it:
        honest, _ = await it.connected()
        monkeypatch.setattr(tcp_port, "CHECK_SECONDS", 0.05)
        caller = it.caller()
        caller.send(it.check()[:-1])
        await until(caller.is_over, "the stranger is closed")
        assert it.drops[DropReason.CONNECTION_SILENT] == 1
        honest.send(it.check())
        await until(honest.answer, "the peer is not")


async def test_an_idle_peer_is_timed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async with party() as it:
        caller, _ = await it.connected()
        monkeypatch.setattr(tcp_port, "IDLE_SECONDS", 0.05)
        caller.send(framed(bytes([200]) * 20) * 3)  # bytes alone prove nobody
        await until(caller.is_over, "closed")


async def test_a_thousand_connections_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp_port, "STRANGERS_PER_ADDRESS", 40)
    async with party() as it:
        honest, _ = await it.connected()
        callers = []
        for _ in range(1000):
            callers.append(it.caller())
            if len(callers) % 50 == 0:
                await until(
                    lambda: (
                        len(it.port.strangers) + it.drops[DropReason.CONNECTION_LIMITED]
                        == len(callers)
                    ),
                    "all are accepted or refused",
                )
                assert len(it.port.strangers) <= 40
        honest.send(it.check())
        await until(honest.answer, "the peer is served")
        for caller in callers:
            caller.close()
        await until(lambda: len(it.port.connections) == 1, "strangers leave nothing behind")
        assert not it.port._strange
        assert sum(it.port._held.values()) == 1


async def test_the_oldest_stranger_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp_port, "STRANGERS_MAX", 2)
    async with party() as it:
        first, second = it.caller(), it.caller()
        await until(lambda: len(it.port.strangers) == 2, "two strangers")
        third, _ = await it.connected()
        await until(first.is_over, "the oldest is closed")
        assert not second.is_over()
        assert not third.is_over()


async def test_no_descriptors_left_is_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp_port, "SWEEP_SECONDS", 0.05)
    async with party() as it:
        real = it.port.socket

        def accept() -> None:
            it.port.socket = real
            raise OSError(24, "too many open files")

        monkeypatch.setattr(it.port, "socket", SimpleNamespace(accept=accept, fileno=real.fileno))
        _, connection = await it.connected()
        assert connection in it.port.connections
        assert it.drops[DropReason.CONNECTION_LIMITED] == 1


async def test_connections_of_one_peer_are_bounded() -> None:
    async with party() as it:
        for _ in range(20):
            await it.connected()
        await until(lambda: len(it.port.connections) == 8, "the oldest are closed")
        assert it.has_path


def packet(payload_type: int, size: int, mark: int) -> bytes:
    return bytes([128, payload_type, mark >> 8, mark & 255]) + bytes(size - 4)


async def test_a_reader_that_stalls_loses_video_first_and_no_frame_is_torn() -> None:
    async with party() as it:
        caller, connection = await it.connected()
        path = connection.path
        assert path is not None
        sent: list[bytes] = []
        dropped_video = 0
        for mark in range(2000):
            video = packet(VIDEO, 1100, mark)
            if path.send_batch(memoryview(video), (len(video),), {AUDIO}) == (1, 1100):
                sent.append(video)
            else:
                dropped_video += 1
        assert dropped_video
        assert len(connection._unsent) <= UNSENT_VIDEO_BYTES_MAX
        audio = packet(AUDIO, 100, 7)
        assert path.send_batch(memoryview(audio), (100,), {AUDIO}) == (1, 100)
        sent.append(audio)
        for mark in range(1000):
            path.send(packet(VIDEO, 100, mark))
        assert len(connection._unsent) <= UNSENT_BYTES_MAX
        assert it.drops[DropReason.SEND_BLOCKED] > dropped_video

        received = bytearray()

        def drains() -> bool:
            try:
                while True:
                    received.extend(caller.socket.recv(1 << 20))
            except BlockingIOError:
                return not connection._unsent

        await until(drains, "all is read")
        frames = []
        while received:
            size = int.from_bytes(received[:2], "big")
            frames.append(bytes(received[2 : 2 + size]))
            del received[: 2 + size]
        assert frames[: len(sent)] == sent


async def test_a_peer_whose_only_connection_ended_is_still_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with party() as it:
        caller, _ = await it.connected()
        caller.close()
        await until(lambda: not it.has_path, "the path is gone")
        lost: list[object] = []
        monkeypatch.setattr(it.transport._handler, "lost", lost.append)
        it.transport.expire(it.worker.hub.clock() + 9)
        assert lost


def test_candidates_take_turns_by_family_and_tcp_comes_last() -> None:
    announced = (
        ("127.0.0.1", 1), ("10.0.0.1", 1), ("10.0.0.2", 1), ("2001:db8::1", 1), ("::1", 1),
    )  # fmt: skip
    over_udp = [line.split() for line in udp_candidates(announced)]
    over_tcp = [line.split() for line in tcp_candidates(announced)]
    order = ["2001:db8::1", "10.0.0.1", "10.0.0.2", "::1", "127.0.0.1"]
    assert [fields[4] for fields in over_udp] == order
    assert [fields[4] for fields in over_tcp] == order
    priorities = [int(fields[3]) for fields in (*over_udp, *over_tcp)]
    assert priorities == sorted(set(priorities), reverse=True)
    assert {fields[0] for fields in over_udp}.isdisjoint(fields[0] for fields in over_tcp)
    assert all(fields[-2:] == ["tcptype", "passive"] for fields in over_tcp)
