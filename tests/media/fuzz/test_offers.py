"""Ten thousand mutated browser offers: each answered or refused, and nobody else notices."""

import asyncio
import itertools
import random

import pytest

from media.protocol import ErrorCode, MediaError
from tests.media.fuzz import browser_offers
from tests.media.fuzz.witness import Witness

COUNT, PER_PEER, ANSWERS = 10_000, 50, 1000
SEED = 20_261_122
GROWTH_MIB = 48.0
ROOM = "attacked"
PERMITTED = frozenset({"camera", "microphone", "screen", "screen_audio"})
REFUSALS = {ErrorCode.SDP_INVALID, ErrorCode.NOT_PERMITTED, ErrorCode.MEDIA_FULL}


@pytest.mark.parametrize("offer", browser_offers.real())
async def test_the_unchanged_offers_are_answered(beside: Witness, offer: str) -> None:
    await beside.pool.join(ROOM, "browser", PERMITTED, False)
    mids = [line[6:] for line in offer.splitlines() if line.startswith("a=mid:")]
    names = ("microphone", "camera", "screen", "screen_audio")
    answer = await beside.pool.publish(ROOM, "browser", offer, dict(zip(mids, names, strict=False)))
    assert answer.startswith("v=0")
    assert answer.count("\r\nm=") == offer.count("\r\nm=")


@pytest.mark.slow
async def test_mutated_offers_are_answered_or_refused(beside: Witness) -> None:
    offers = browser_offers.mutated(SEED)
    answered = 0
    refused: dict[str, int] = {}
    before = beside.health()
    async with beside.counting():
        for number in range(COUNT // PER_PEER):
            peer = f"peer-{number}"
            await beside.pool.join(ROOM, peer, PERMITTED, False)
            for offer, sources in itertools.islice(offers, PER_PEER):
                try:
                    answer = await beside.pool.publish(ROOM, peer, offer, sources)
                except MediaError as error:
                    refused[error.code] = refused.get(error.code, 0) + 1
                else:
                    assert answer.startswith("v=0")
                    answered += 1
            await beside.pool.leave(ROOM, peer)
    after = beside.health()
    assert set(refused) <= REFUSALS, refused
    assert answered + sum(refused.values()) == COUNT
    assert answered > COUNT // 20
    assert refused[ErrorCode.SDP_INVALID] > COUNT // 20
    assert after.pid == before.pid
    assert after.rss_mib - before.rss_mib < GROWTH_MIB


async def test_mutated_answers_are_taken_or_refused(beside: Witness) -> None:
    side = beside.side
    await side.join(ROOM, "source", subscribes=False)
    await side.pool.join(ROOM, "watcher", frozenset(), True)
    chance = random.Random(SEED)
    before = beside.health()
    codes: set[str] = set()
    async with asyncio.timeout(60):
        _, _, negotiation, offer = await side.listener.offers.get()
        answer = (await side.generator.ask("subscribe", peer="watcher", sdp=offer))["sdp"]
        for _ in range(ANSWERS):
            broken = browser_offers.broken(answer, chance)
            try:
                await side.pool.answer(ROOM, "watcher", negotiation, broken)
            except MediaError as error:
                codes.add(error.code)
                continue
            await side.pool.restart_subscribe(ROOM, "watcher")
            _, _, negotiation, offer = await side.listener.offers.get()
    assert codes <= {*REFUSALS, ErrorCode.NEGOTIATION_STALE}
    assert ErrorCode.SDP_INVALID in codes
    after = beside.health()
    assert after.pid == before.pid
    assert after.rss_mib - before.rss_mib < GROWTH_MIB
