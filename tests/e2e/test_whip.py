"""Devices that are not ours: what they send by WHIP a Chromium decodes, and by WHEP the reverse."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from fractions import Fraction
from pathlib import Path

import pytest
from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
    VideoStreamTrack,
)
from av import AudioFrame, VideoFrame

from deploy import addresses
from tests.e2e.conftest import OpenChromium
from tests.e2e.product import Product
from tests.e2e.seat import ChromiumSeat

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HOST = "oncologist@demo.example"
GST = Path(__file__).with_name("gst_peer.py")
FRAGMENT = "application/trickle-ice-sdpfrag"


class Picture(VideoStreamTrack):
    """A small moving picture, 15 times a second."""

    count = 0

    async def recv(self) -> VideoFrame:
        """The next frame."""
        await asyncio.sleep(1 / 15)
        self.count += 1
        frame = VideoFrame(160, 120, "rgb24")
        frame.planes[0].update(bytes([self.count * 8 % 256]) * frame.planes[0].buffer_size)
        frame.pts, frame.time_base = self.count * 6000, Fraction(1, 90_000)
        return frame


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Served at an address of the network: other stacks offer no loopback candidate."""
    here = [one for one in addresses.local_addresses() if one.version == 4]
    home = tmp_path_factory.mktemp("whip")
    running = Product(home, settings={"MEDIA_ADDRESS": str(here[0])})
    try:
        running.start()
        yield running
    finally:
        running.stop()


def ask(
    product: Product, method: str, path: str, token: str, body: str, **headers: str
) -> tuple[int, str, Mapping[str, str]]:
    """A request in words of SDP."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    sent["Authorization"] = f"Bearer {token}"
    url = product.url + path
    request = urllib.request.Request(url, body.encode() or None, sent, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, response.read().decode(), dict(response.headers)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode(), dict(refused.headers)


def scanner(product: Product) -> tuple[str, str]:
    """A room, and the room token of a device that was invited to it."""
    token = product.sign_in(HOST)
    _, room = product.ask("POST", "/api/v1/rooms", {"title": "Echo", "lobby": False}, token)
    invitation = {"name": "Ultrasound scanner", "lobby": False}
    path = f"/api/v1/rooms/{room['id']}/invitations"
    _, made = product.ask("POST", path, invitation, token)
    code = {"code": made["link"].partition("#")[2]}
    status, arrival = product.ask("POST", "/api/v1/invitations/redeem", code)
    assert status == 200, arrival
    return room["id"], arrival["room_token"]


async def hosted(product: Product, open_chromium: OpenChromium, room: str) -> ChromiumSeat:
    """The host, in the call."""
    seat = await open_chromium("host")
    await seat.sign_in(product.url, HOST, product.logins()[HOST])
    await seat.join_from_home(room)
    return seat


@asynccontextmanager
async def sender() -> AsyncIterator[RTCPeerConnection]:
    """An aiortc that sends a picture."""
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
    pc.addTransceiver(Picture(), direction="sendonly")
    try:
        yield pc
    finally:
        await pc.close()


async def test_aiortc_sends_by_whip(product: Product, open_chromium: OpenChromium) -> None:
    room, token = scanner(product)
    host = await hosted(product, open_chromium, room)
    path = f"/api/v1/rooms/{room}/whip"
    async with sender() as pc:
        await pc.setLocalDescription(await pc.createOffer())
        offer = pc.localDescription.sdp
        status, answer, headers = await asyncio.to_thread(
            ask, product, "POST", path, token, offer, Content_Type="application/sdp"
        )
        assert (status, headers["Content-Type"].partition(";")[0]) == (201, "application/sdp")
        await pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        await host.sees(1, "video")
        session, etag = headers["Location"], headers["ETag"]

        def patch(ufrag: str, **given: str) -> tuple[int, str, Mapping[str, str]]:
            body = f"a=ice-ufrag:{ufrag}\r\na=ice-pwd:0123456789012345678901\r\n"
            return ask(product, "PATCH", session, token, body, Content_Type=FRAGMENT, **given)

        current = next(x for x in offer.splitlines() if x.startswith("a=ice-ufrag:"))
        assert patch(current.partition(":")[2], If_Match=etag)[0] == 204
        assert patch("abcd")[0] == 428
        assert patch("abcd", If_Match='"0"')[0] == 412
        status, fragment, restarted = patch("abcd", If_Match="*")
        assert status == 200
        assert "a=ice-ufrag:" in fragment
        assert restarted["ETag"] != etag
        assert ask(product, "DELETE", session, token, "")[0] == 200
        await host.sees(0, "video")
        assert ask(product, "DELETE", session, token, "")[0] == 404


@asynccontextmanager
async def gst_peer(
    python: str, mode: str, url: str, token: str
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """GStreamer's webrtcbin, told to end when its stdin closes."""
    client = await asyncio.create_subprocess_exec(
        python, str(GST), mode, url,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
    )  # fmt: skip
    assert client.stdin is not None
    assert client.stdout is not None
    try:
        client.stdin.write(f"{token}\n".encode())
        yield client.stdout, client.stdin
    finally:
        if client.returncode is None:
            client.kill()
        await client.wait()


async def test_gstreamer_sends_by_whip(
    product: Product, open_chromium: OpenChromium, gstreamer: str
) -> None:
    room, token = scanner(product)
    host = await hosted(product, open_chromium, room)
    url = f"{product.url}/api/v1/rooms/{room}/whip"
    async with gst_peer(gstreamer, "send", url, token) as (_, commands):
        await host.sees(1, "video")
        await host.sees(1, "audio")
        commands.close()  # it says DELETE
        await host.sees(0, "video")


async def decoded(words: asyncio.StreamReader, wanted: Mapping[str, int]) -> None:
    """Until a client has said each word so often."""
    left = dict(wanted)
    async with asyncio.timeout(30):
        while any(count > 0 for count in left.values()):
            word = (await words.readline()).decode().strip()
            assert word, f"it ended before {left}"
            left[word] = left.get(word, 0) - 1


async def test_what_a_browser_sends_is_watched_by_whep(
    product: Product, open_chromium: OpenChromium, gstreamer: str
) -> None:
    room, token = scanner(product)
    await hosted(product, open_chromium, room)
    path = f"/api/v1/rooms/{room}/whep"
    person = product.ask("GET", "/api/v1/me", token=product.sign_in(HOST))[1]["id"]
    async with watcher() as pc:
        tracks: list[MediaStreamTrack] = []
        pc.on("track", tracks.append)
        await pc.setLocalDescription(await pc.createOffer())
        status, answer, headers = await asyncio.to_thread(
            ask, product, "POST", f"{path}?person={person}", token, pc.localDescription.sdp,
            Content_Type="application/sdp",
        )  # fmt: skip
        assert status == 201, answer
        await pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        async with asyncio.timeout(30):
            for track in tracks:
                frames = [await track.recv() for _ in range(10)]
                assert {type(frame) for frame in frames} <= {AudioFrame, VideoFrame}
        assert sorted(track.kind for track in tracks) == ["audio", "video"]
        assert ask(product, "DELETE", headers["Location"], token, "")[0] == 200
    async with gst_peer(gstreamer, "play", product.url + path, token) as (words, _):
        await decoded(words, {"video": 10, "audio": 10})


@asynccontextmanager
async def watcher() -> AsyncIterator[RTCPeerConnection]:
    """An aiortc that receives."""
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
    for kind in ("audio", "video"):
        pc.addTransceiver(kind, direction="recvonly")
    try:
        yield pc
    finally:
        await pc.close()
