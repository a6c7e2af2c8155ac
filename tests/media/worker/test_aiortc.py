"""Another implementation's ends: aiortc publishes and subscribes over real ICE, DTLS and SRTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aioice.ice
import aiortc.rtcdtlstransport as dtls
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamTrack, VideoStreamTrack
from aiortc.rtcconfiguration import RTCBundlePolicy

from media.protocol import Answer, DropReason, Join, MediaError, Publish
from tests.media.worker.support import Plane, plane, until

SOURCES = frozenset({"camera", "microphone"})
PROFILES = {
    "gcm-128": dtls.SRTP_AEAD_AES_128_GCM,
    "gcm-256": dtls.SRTP_AEAD_AES_256_GCM,
    "cm-sha1": dtls.SRTP_AES128_CM_SHA1_80,
}


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """aioice leaves the loopback address out of its candidates."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda **_: ["127.0.0.1"])


def connection() -> RTCPeerConnection:
    return RTCPeerConnection(
        RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
    )


async def publish(media: Plane, pc: RTCPeerConnection, peer: str) -> None:
    pc.addTransceiver(AudioStreamTrack(), direction="sendonly")
    pc.addTransceiver(VideoStreamTrack(), direction="sendonly")
    await pc.setLocalDescription(await pc.createOffer())
    mids = {
        str(transceiver.mid): "microphone" if transceiver.kind == "audio" else "camera"
        for transceiver in pc.getTransceivers()
    }
    answer = media.request(Publish("room", peer, pc.localDescription.sdp, mids))["sdp"]
    await pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))


async def subscribe(media: Plane, pc: RTCPeerConnection, peer: str) -> list[MediaStreamTrack]:
    tracks: list[MediaStreamTrack] = []
    pc.on("track", tracks.append)
    offer = (await until(lambda: media.offers(peer), "an offer"))[-1]
    await pc.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
    await pc.setLocalDescription(await pc.createAnswer())
    media.request(Answer("room", peer, offer.negotiation, pc.localDescription.sdp))
    return tracks


@asynccontextmanager
async def call() -> AsyncIterator[tuple[Plane, RTCPeerConnection, RTCPeerConnection]]:
    async with plane() as media:
        up, down = connection(), connection()
        try:
            media.request(Join("room", "anna", SOURCES, False))
            media.request(Join("room", "bruno", frozenset(), True))
            await publish(media, up, "anna")
            yield media, up, down
        finally:
            await up.close()
            await down.close()


@pytest.mark.parametrize("profile", PROFILES)
async def test_media_flows_with_every_accepted_profile(
    profile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dtls, "SRTP_PROFILES", [PROFILES[profile]])
    async with call() as (media, _, down):
        tracks = await subscribe(media, down, "bruno")
        kinds = {track.kind for track in tracks}
        assert kinds == {"audio", "video"}
        for track in tracks:
            for _ in range(5):
                await asyncio.wait_for(track.recv(), 20)
        assert media.worker.hub.packets_out > 0


async def test_another_certificate_than_signalled_gets_nothing() -> None:
    async with call() as (media, _, down):
        offer = media.offers("bruno")[-1]
        await down.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
        await down.setLocalDescription(await down.createAnswer())
        lines = down.localDescription.sdp.splitlines()
        forged = [
            line[:-2] + ("00" if line[-2:] != "00" else "11")
            if line.startswith("a=fingerprint:")
            else line
            for line in lines
        ]
        media.request(Answer("room", "bruno", offer.negotiation, "\r\n".join(forged) + "\r\n"))
        lost = await until(lambda: [e for e in media.events if e.type == "peer_lost"], "a refusal")
        assert lost[-1].reason == "dtls-failed"
        assert media.worker.hub.packets_out == 0


async def test_a_live_loss_of_the_grant_stops_the_media() -> None:
    async with call() as (media, _, down):
        tracks = await subscribe(media, down, "bruno")
        for track in tracks:
            await asyncio.wait_for(track.recv(), 20)
        media.request(Join("room", "anna", frozenset({"microphone"}), False))
        (_, offer) = media.offers("bruno")
        assert list(offer.tracks.values()) == [("anna", "microphone")]
        await until(
            lambda: media.worker.hub.drops[DropReason.UNKNOWN_STREAM] > 10, "camera packets drop"
        )


async def test_a_stale_answer_is_refused() -> None:
    async with call() as (media, _, down):
        await subscribe(media, down, "bruno")
        with pytest.raises(MediaError, match="negotiation-stale"):
            media.request(Answer("room", "bruno", 1, down.localDescription.sdp))
