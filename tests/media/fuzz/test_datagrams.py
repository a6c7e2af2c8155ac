"""Ten thousand malformed datagrams of each kind: the worker lives, the other room hears all."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.bench.media_sides import EVERYTHING
from tests.media.fuzz import malformed
from tests.media.fuzz.intruder import Intruder, flood, stranger
from tests.media.fuzz.kinds import DATAGRAMS, KEYED, datagrams
from tests.media.fuzz.witness import Witness

COUNT = 10_000
GROWTH_MIB = 24.0
ROOM, PEER = "attacked", "intruder"

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", DATAGRAMS)
async def test_strangers_change_nothing(beside: Witness, kind: str) -> None:
    before = beside.health()
    async with beside.counting():
        end = stranger(beside.port)
        sent = await asyncio.to_thread(flood, end, datagrams(kind, "ufrag", "password", [1]), COUNT)
        end.close()
    after = beside.health()
    assert sent == COUNT
    assert after.pid == before.pid
    assert after.rss_mib - before.rss_mib < GROWTH_MIB


@pytest.fixture
async def intruder(beside: Witness) -> AsyncIterator[Intruder]:
    """A connected peer of another room, with a publish connection."""
    peer = Intruder()
    publisher = peer.publisher
    await beside.pool.join(ROOM, PEER, EVERYTHING, False)
    answer = await beside.pool.publish(ROOM, PEER, publisher.offer(), publisher.sources())
    publisher.answered(answer)
    await asyncio.to_thread(peer.connect)
    yield peer
    peer.close()


@pytest.mark.parametrize("kind", DATAGRAMS)
async def test_a_peer_of_another_room_changes_nothing(
    beside: Witness, intruder: Intruder, kind: str
) -> None:
    transport = intruder.publisher.transport
    assert transport.remote is not None
    assert intruder.publisher.video is not None
    ssrcs = [intruder.publisher.audio.ssrc, intruder.publisher.video.ssrc]
    before = beside.health()
    async with beside.counting():
        bad = datagrams(kind, transport.remote.ufrag, transport.remote.password, ssrcs)
        sent = await asyncio.to_thread(flood, transport, bad, COUNT)
    after = beside.health()
    assert sent == COUNT
    assert after.pid == before.pid
    assert after.rss_mib - before.rss_mib < GROWTH_MIB


@pytest.mark.parametrize("kind", KEYED)
async def test_nonsense_under_a_peers_own_keys_changes_nothing(
    beside: Witness, intruder: Intruder, kind: str
) -> None:
    secure = intruder.publisher.transport.secure
    assert secure is not None
    assert intruder.publisher.video is not None
    ssrcs = [intruder.publisher.audio.ssrc, intruder.publisher.video.ssrc]
    protect = secure.protect if kind == "rtp" else secure.protect_rtcp
    authentic = malformed.protected(protect, datagrams(kind, "", "", ssrcs))
    before = beside.health()
    async with beside.counting():
        transport = intruder.publisher.transport
        sent = await asyncio.to_thread(flood, transport, authentic, COUNT)
    after = beside.health()
    assert sent == COUNT
    assert after.pid == before.pid
    assert after.rss_mib - before.rss_mib < GROWTH_MIB
