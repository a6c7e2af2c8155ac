"""Real Chromium pages see and hear each other through the worker."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest

from media.protocol import Leave, Mute, PeerLost, Quality, RestartSubscribe, Speakers
from media.rtp.playout import Repairs
from media.worker.egress import Egress
from media.worker.publication import Publication
from tests.media.worker.person import ChromiumPerson, chromium_people
from tests.media.worker.support import plane, until

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("chromium")]


@asynccontextmanager
async def people(*names: str) -> AsyncIterator[list[ChromiumPerson]]:
    async with plane() as media, chromium_people(media, *names) as persons:
        yield persons


async def test_three_pages_see_and_hear_each_other() -> None:
    async with people("anna", "bruno", "carla") as persons:
        for person in persons:
            await person.publish()
        for person in persons:
            await until(partial(person.plays_all, 2), f"{person.name} plays both", 40)
        before = await persons[0].frames()
        await until(lambda: persons[0].has_more_than(before + 30), "frames keep coming")


async def selected(person: ChromiumPerson, which: str) -> dict[str, Any]:
    """The remote candidate in use, and the local one's protocol."""
    stats = {s["id"]: s for s in await person.evaluate("which => call.stats(which)", which)}
    transport = next(s for s in stats.values() if s["type"] == "transport")
    pair = stats[transport["selectedCandidatePairId"]]
    remote, local = stats[pair["remoteCandidateId"]], stats[pair["localCandidateId"]]
    return {**remote, "local_protocol": local["protocol"]}


async def test_a_call_goes_over_tcp_where_every_datagram_is_lost() -> None:
    async with people("anna", "bruno") as (anna, bruno):
        (port,) = anna.media.worker._ports
        # As behind a firewall that drops UDP in silence: it is announced, and never answers.
        asyncio.get_running_loop().remove_reader(port.socket.fileno())
        await anna.publish()
        await until(bruno.plays, "bruno plays anna", 40)
        for person, which in ((anna, "up"), (bruno, "down")):
            used = await selected(person, which)
            assert (used["protocol"], used["local_protocol"]) == ("tcp", "tcp")
            assert used["port"] == anna.media.worker.hub.tcp_candidates[0][1]
        assert not port.paths


async def test_the_uplink_ramps_up_and_loses_nothing() -> None:
    async with people("anna", "bruno") as (anna, bruno):
        await anna.publish()
        await until(bruno.plays, "bruno plays anna")

        async def grown() -> bool:
            stats = await anna.evaluate("() => call.stats('up')")
            rates = [s.get("availableOutgoingBitrate", 0) for s in stats]
            return bool(max(rates) > 600_000)

        await until(grown, "feedback lets the estimate grow")


async def test_pictures_wait_for_repairs_as_they_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Repairs, "least_s", lambda *_: 0.3)
    async with people("anna", "bruno") as (anna, bruno):
        await anna.publish()
        await until(bruno.plays, "bruno plays anna")

        async def waits() -> bool:
            (stats,) = await bruno.received("video")
            shown = stats["jitterBufferEmittedCount"]
            return bool(shown and stats["jitterBufferDelay"] / shown > 0.2)

        await until(waits, "the picture waits", 30)


async def test_mute_is_enforced_and_undone() -> None:
    async with people("anna", "bruno") as (anna, bruno):
        await anna.publish()
        await until(bruno.frames, "bruno sees anna")
        anna.media.request(Mute("room", "anna", "camera", True))
        await until(bruno.stalls, "a muted camera shows nothing new")
        before = await bruno.frames()
        anna.media.request(Mute("room", "anna", "camera", False))
        await until(lambda: bruno.has_more_than(before + 10), "frames come again")
        (video,) = await bruno.received("video")
        assert video["packetsLost"] <= 0, "what was muted is no loss"


async def test_a_leaver_disappears_and_the_line_is_reused() -> None:
    async with people("anna", "bruno", "carla") as (anna, bruno, carla):
        await anna.publish()
        await until(bruno.plays, "bruno plays anna")
        anna.media.request(Leave("room", "anna"))
        await until(bruno.stalls, "a leaver's media stops")
        await until(lambda: bruno.media.offers("bruno")[-1].tracks == {}, "an offer without anna")
        await until(lambda: bruno.is_idle, "bruno answered")
        await carla.publish()
        await until(bruno.plays, "bruno plays carla")
        last = bruno.media.offers("bruno")[-1]
        assert last.sdp.count("m=") == 2
        assert set(last.tracks.values()) == {("carla", "camera"), ("carla", "microphone")}


async def test_ice_restart_keeps_the_keys() -> None:
    """While an answer is under way Chromium's new socket pairs with the former generation."""
    async with people("anna", "bruno") as (anna, bruno):
        await anna.publish()
        await until(bruno.plays, "bruno plays anna")
        publication = anna.media.worker.rooms["room"].peers["anna"].publication
        assert publication is not None
        transport = publication.transport

        async def restart(is_slow: bool) -> None:
            path = transport.path
            await anna.negotiate(restart=True, is_slow=is_slow)
            await until(lambda: transport.path is not path, "a new socket")
            before = await bruno.frames()
            await until(lambda: bruno.has_more_than(before + 30), "frames go on")

        await restart(is_slow=False)
        await restart(is_slow=True)
        assert publication is anna.media.worker.rooms["room"].peers["anna"].publication
        assert anna.media.worker.hub.transports[transport.local.ufrag] is transport


async def test_a_reloaded_page_is_seen_and_sees_again() -> None:
    async with people("anna", "bruno") as (anna, bruno):
        await anna.publish()
        await bruno.publish()
        await until(anna.plays, "anna plays bruno")
        await anna.open()
        anna.media.request(RestartSubscribe("room", "anna"))
        await anna.publish()
        await until(anna.plays, "anna plays bruno again")
        await until(bruno.plays, "bruno plays the new anna")


async def test_turning_the_camera_off_takes_the_track_away() -> None:
    async with people("anna", "bruno") as (anna, bruno):
        await anna.publish()
        await until(bruno.plays, "bruno plays anna")
        await anna.evaluate("() => { call.up.getTransceivers()[1].direction = 'inactive' }")
        await anna.negotiate()
        offer = bruno.media.offers("bruno")[-1]
        assert list(offer.tracks.values()) == [("anna", "microphone")]
        await anna.evaluate("() => { call.up.getTransceivers()[1].direction = 'sendonly' }")
        await anna.negotiate()
        before = await bruno.frames()
        await until(lambda: bruno.has_more_than(before + 30), "the camera is seen again")


async def test_levels_and_quality_are_told() -> None:
    async with people("anna", "bruno") as (anna, _):
        await anna.publish()
        events = anna.media.events
        await until(lambda: [e for e in events if isinstance(e, Speakers) and e.levels], "speakers")
        good = await until(
            lambda: [
                e
                for e in events
                if isinstance(e, Quality) and e.peer == "bruno" and e.stats["kbps_down"] > 50
            ],
            "quality",
        )
        assert 0 < good[-1].stats["rtt_ms"] < 500
        assert good[-1].stats["score"] > 3


async def test_a_vanished_page_is_lost() -> None:
    async with people("anna", "bruno") as (anna, bruno):
        await anna.publish()
        await until(bruno.frames, "bruno sees anna")
        await anna.page.close()
        await until(
            lambda: [e for e in anna.media.events if isinstance(e, PeerLost) and e.peer == "anna"],
            "anna is lost",
        )


def _lossy(monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> None:
    """One call in twelve does nothing."""
    original = getattr(owner, name)
    dice = random.Random(7)

    def perhaps(*arguments: object) -> None:
        if dice.random() > 1 / 12:
            original(*arguments)

    monkeypatch.setattr(owner, name, perhaps)


async def test_loss_both_ways_is_repaired(monkeypatch: pytest.MonkeyPatch) -> None:
    async with people("anna", "bruno") as (anna, bruno):
        await anna.publish()
        await until(bruno.plays, "bruno plays anna")
        _lossy(monkeypatch, Publication, "receive_rtp")
        _lossy(monkeypatch, Egress, "_send")

        async def is_repaired() -> bool:
            (down,) = await bruno.received("video")
            up = [s for s in await anna.evaluate("() => call.stats('up')") if "nackCount" in s]
            resent = sum(s["retransmittedPacketsSent"] for s in up)
            return bool(resent > 20 and down["retransmittedPacketsReceived"] > 20)

        await until(is_repaired, "retransmissions on both legs", 40)
        before = await bruno.frames()
        await until(lambda: bruno.has_more_than(before + 60), "frames still come")
