"""A subscriber that makes the offer itself (WHEP): aiortc, an implementation that is not ours."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aioice.ice
import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack

from media.protocol import Answer, ErrorCode, Join, Leave, MediaError, Play
from media.worker.playback import Playback
from tests.media.worker.support import Plane, plane, until
from tests.media.worker.test_aiortc import SOURCES, connection, publish


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """aioice leaves the loopback address out of its candidates."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda **_: ["127.0.0.1"])


@asynccontextmanager
async def connections(*names: str) -> AsyncIterator[tuple[Plane, list[RTCPeerConnection]]]:
    """A worker, and ends of people who may publish; the first only watches."""
    async with plane() as media:
        ends = [connection() for _ in names]
        for name in names:
            sources = frozenset() if name == names[0] else SOURCES
            media.request(Join("room", name, sources, name == names[0]))
        try:
            yield media, ends
        finally:
            for end in ends:
                await end.close()


async def offer(pc: RTCPeerConnection) -> str:
    """An offer that receives sound and a picture."""
    for kind in ("audio", "video"):
        pc.addTransceiver(kind, direction="recvonly")
    await pc.setLocalDescription(await pc.createOffer())
    return str(pc.localDescription.sdp)


async def play(
    media: Plane, pc: RTCPeerConnection, peer: str, publisher: str = ""
) -> list[MediaStreamTrack]:
    """Negotiate once; the tracks that frames will come on."""
    tracks: list[MediaStreamTrack] = []
    pc.on("track", tracks.append)
    answer = media.request(Play("room", peer, await offer(pc), publisher))["sdp"]
    await pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    return tracks


def playback(media: Plane, peer: str) -> Playback:
    found = media.worker.rooms["room"].peers[peer].subscription
    assert isinstance(found, Playback)
    return found


async def test_who_watches_gets_what_is_sent_and_what_comes_later() -> None:
    async with connections("wall", "anna") as (media, (wall, anna)):
        tracks = await play(media, wall, "wall")
        assert {track.kind for track in tracks} == {"audio", "video"}
        await publish(media, anna, "anna")
        for track in tracks:
            for _ in range(3):
                await asyncio.wait_for(track.recv(), 20)


async def test_one_publisher_is_watched_and_an_ssrc_is_used_once() -> None:
    async with connections("wall", "anna", "carla") as (media, (wall, anna, carla)):
        await publish(media, carla, "carla")
        await publish(media, anna, "anna")
        await play(media, wall, "wall", "anna")
        shown = playback(media, "wall")
        assert {one.producer.peer for one in shown.consumers} == {"anna"}
        await until(lambda: all(one.packets for one in shown.consumers), "packets of both")
        used = {one.ssrc for one in shown.consumers} | {one.rtx_ssrc for one in shown.consumers}
        media.request(Leave("room", "anna"))
        assert shown.consumers == []
        media.request(Join("room", "anna", SOURCES, False))
        again = connection()
        try:
            await publish(media, again, "anna")
            assert len(shown.consumers) == 2
            await until(lambda: all(one.packets for one in shown.consumers), "packets again")
            anew = {one.ssrc for one in shown.consumers} | {one.rtx_ssrc for one in shown.consumers}
            assert used & anew <= {0}
        finally:
            await again.close()


async def test_nonsense_makes_no_connection_and_new_credentials_keep_it() -> None:
    async with connections("wall", "anna") as (media, (wall, anna)):
        await publish(media, anna, "anna")
        text = await offer(wall)

        def ask(sdp: str) -> str:
            return str(media.request(Play("room", "wall", sdp, ""))["sdp"])

        for wrong in (
            "nonsense",
            text.replace("recvonly", "sendonly"),
            text.replace("recvonly", "inactive"),
            text.replace("a=setup:actpass", "a=setup:passive"),
            text.replace("opus", "speex").replace("VP8", "VP7").replace("H264", "H261"),
        ):
            with pytest.raises(MediaError) as refused:
                media.request(Play("room", "wall", wrong, ""))
            assert refused.value.code == ErrorCode.SDP_INVALID
        answer = ask(text)
        shown, ufrag = playback(media, "wall"), playback(media, "wall").transport.local.ufrag
        old = next(x for x in text.splitlines() if x.startswith("a=ice-ufrag:"))
        assert answer != ask(text.replace(old, "a=ice-ufrag:another"))
        assert playback(media, "wall") is shown
        assert shown.transport.local.ufrag != ufrag
        with pytest.raises(MediaError):
            media.request(Answer("room", "wall", 0, text))
