"""Datagrams from strangers and from a validated but hostile address."""

import random
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

import pytest
from aioice import stun
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from media.protocol import DropReason, Join, MediaError, Publish
from media.worker.checks import CHECKS_AT_ONCE
from media.worker.peer import _offered
from media.worker.transport import HANDSHAKE_DATAGRAMS_MAX
from tests.media.worker.offers import CHROMIUM
from tests.media.worker.support import Plane, plane, until

DATAGRAMS = 10_000


class Stranger:
    """A raw socket that knows the worker's port."""

    def __init__(self, media: Plane) -> None:
        (self.to,) = media.worker.hub.candidates
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)

    def send(self, datagram: bytes) -> None:
        self.socket.sendto(datagram, self.to)

    def answer(self) -> bytes | None:
        try:
            return self.socket.recv(2048)
        except BlockingIOError:
            return None

    def check(self, ufrag: str, password: str, *, is_controlling: bool = True) -> None:
        role = "ICE-CONTROLLING" if is_controlling else "ICE-CONTROLLED"
        message = stun.Message(
            stun.Method.BINDING,
            stun.Class.REQUEST,
            attributes={"USERNAME": f"{ufrag}:them", "PRIORITY": 1, role: 7},
        )
        message.add_message_integrity(password.encode())
        self.send(bytes(message))


@asynccontextmanager
async def published() -> AsyncIterator[tuple[Plane, Stranger, str, str]]:
    """A worker with one publisher, and that publisher's credentials in hostile hands."""
    async with plane() as media:
        media.request(Join("room", "anna", frozenset({"camera", "microphone"}), True))
        sources = {"0": "microphone", "1": "camera"}
        answer = media.request(Publish("room", "anna", CHROMIUM, sources))["sdp"]
        fields = dict(line[2:].split(":", 1) for line in answer.splitlines() if ":" in line)
        stranger = Stranger(media)
        try:
            yield media, stranger, fields["ice-ufrag"], fields["ice-pwd"]
        finally:
            stranger.socket.close()


def noise(seed: int) -> bytes:
    """Random bytes that begin like each protocol in turn."""
    generator = random.Random(seed)
    first = generator.choice([0, 1, 3, 22, 40, 63, 80, 128, 144, 150, 191, 255])
    second = generator.choice([0, 1, 96, 111, 200, 201, 205, 206])
    return bytes([first, second]) + generator.randbytes(generator.randrange(200))


def _has_read(media: Plane, count: int) -> bool:
    return media.worker.hub.packets_in >= count


async def shower(media: Plane, stranger: Stranger) -> None:
    before = media.worker.hub.packets_in
    for seed in range(DATAGRAMS):
        stranger.send(noise(seed))
        if seed % 50 == 49:
            sent = before + seed + 1
            await until(partial(_has_read, media, sent), "all are read")


async def test_strangers_are_dropped_and_counted() -> None:
    async with published() as (media, stranger, ufrag, password):
        await shower(media, stranger)
        hub = media.worker.hub
        assert sum(hub.drops.values()) == DATAGRAMS
        assert hub.drops[DropReason.UNKNOWN_ADDRESS] > DATAGRAMS / 2
        assert not hub.handshaking
        assert stranger.answer() is None
        stranger.check(ufrag, password)
        await until(stranger.answer, "the worker lives")


async def test_a_validated_but_hostile_address_stays_bounded() -> None:
    async with published() as (media, stranger, ufrag, password):
        stranger.check(ufrag, password)
        await until(stranger.answer, "the check is answered")
        await shower(media, stranger)
        hub = media.worker.hub
        transport = hub.transports[ufrag]
        assert transport._datagrams > HANDSHAKE_DATAGRAMS_MAX or transport._is_over
        assert not transport.is_secure
        stranger.check(ufrag, password)
        await until(stranger.answer, "the worker lives")


async def test_a_wrong_password_validates_nothing() -> None:
    async with published() as (media, stranger, ufrag, _):
        stranger.check(ufrag, "wrong" * 5)
        stranger.check("nobody", "wrong" * 5)
        drops = media.worker.hub.drops
        await until(lambda: drops[DropReason.STUN_UNAUTHENTICATED] == 2, "both are counted")
        stranger.send(struct.pack("!B", 22) + bytes(40))
        await until(lambda: drops[DropReason.UNKNOWN_ADDRESS] == 1, "and open no door")


async def test_a_flood_of_checks_costs_little_and_shuts_nobody_out() -> None:
    async with published() as (media, stranger, ufrag, password):
        stranger.check(ufrag, password)
        await until(stranger.answer, "the address is known")
        drops, flooder = media.worker.hub.drops, Stranger(media)
        for count in range(2 * CHECKS_AT_ONCE):
            flooder.check(ufrag, "wrong" * 5)
            if count % 50 == 49:
                await until(partial(_has_read, media, count + 2), "all are read")
        assert drops[DropReason.STUN_LIMITED] > CHECKS_AT_ONCE / 2
        media.worker.hub.transports[ufrag].strange_checks._tokens = -100.0  # for two seconds
        stranger.check(ufrag, password)
        await until(stranger.answer, "the known address has a budget of its own", 1)
        flooder.socket.close()


async def test_a_controlled_peer_is_told_of_the_conflict() -> None:
    async with published() as (_, stranger, ufrag, password):
        stranger.check(ufrag, password, is_controlling=False)
        answer = stun.parse_message(await until(stranger.answer, "an answer"))
        assert answer.attributes["ERROR-CODE"][0] == 487


async def test_a_success_mirrors_the_address() -> None:
    async with published() as (_, stranger, ufrag, password):
        stranger.check(ufrag, password)
        answer = stun.parse_message(await until(stranger.answer, "an answer"))
        assert answer.attributes["XOR-MAPPED-ADDRESS"] == stranger.socket.getsockname()
        assert answer.check_message_integrity(password.encode())


async def test_the_generation_in_use_outlives_restarts() -> None:
    async with published() as (media, stranger, ufrag, password):
        stranger.check(ufrag, password)
        await until(stranger.answer, "the check is answered")
        hub = media.worker.hub
        transport = hub.transports[ufrag]
        for _ in range(5):
            transport.renew()
        ufrags = [ufrag for ufrag, known in hub.transports.items() if known is transport]
        assert len(ufrags) == 3, "the one in use and two unused"
        stranger.check(ufrag, password)
        await until(stranger.answer, "consent is still given")
        newest = transport.local
        stranger.check(newest.ufrag, newest.password)
        await until(stranger.answer, "and the newest serves")
        assert [u for u, known in hub.transports.items() if known is transport] == [newest.ufrag]


async def test_addresses_of_one_peer_are_bounded() -> None:
    async with published() as (media, _, ufrag, password):
        others = [Stranger(media) for _ in range(40)]
        for other in others:
            other.check(ufrag, password)
            await until(other.answer, "an answer")
            other.socket.close()
        (port,) = media.worker._ports
        assert len(port.paths) <= 8


LINES = st.lists(st.sampled_from(CHROMIUM.splitlines()), min_size=1, max_size=120)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    text=LINES.map("\r\n".join) | st.text(max_size=300),
    cut=st.integers(0, 60),
)
def test_no_offer_surprises_the_parser(text: str, cut: int) -> None:
    for offer in (text, CHROMIUM[: len(CHROMIUM) - cut]):
        with suppress(MediaError):  # anything else fails
            assert _offered(offer)


@pytest.mark.parametrize(
    "change",
    [
        lambda sdp: "",
        lambda sdp: "x" * 70_000,
        lambda sdp: sdp.replace("a=mid:1", "a=mid:0"),
        lambda sdp: sdp.replace("a=setup:actpass", "a=setup:passive"),
        lambda sdp: "\r\n".join(x for x in sdp.splitlines() if "fingerprint" not in x),
        lambda sdp: "\r\n".join(x for x in sdp.splitlines() if "ice-ufrag" not in x),
    ],
)
async def test_unusable_offers_are_refused(change: object) -> None:
    assert callable(change)
    async with plane() as media:
        media.request(Join("room", "anna", frozenset({"camera", "microphone"}), True))
        sources = {"0": "microphone", "1": "camera"}
        with pytest.raises(MediaError, match="sdp-invalid"):
            media.request(Publish("room", "anna", change(CHROMIUM), sources))
