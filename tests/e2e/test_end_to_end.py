"""A call encrypted end to end: its people see and hear each other, and the server nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.e2e.conftest import OpenChromium
from tests.e2e.product import Product
from tests.e2e.seat import ChromiumSeat
from tests.e2e.tapped import Keys, Tap, decoded, opened

pytestmark = [pytest.mark.browser, pytest.mark.calls, pytest.mark.slow]

PEOPLE = ("oncologist@demo.example", "surgeon@demo.example", "radiologist@demo.example")
WIDTH, HEIGHT = 320, 180

FILM = f"""
    navigator.mediaDevices.getUserMedia = async asked => {{
        const found = new MediaStream();
        if (asked.video) {{
            const canvas = document.createElement('canvas');
            Object.assign(canvas, {{ width: {WIDTH}, height: {HEIGHT} }});
            const paint = canvas.getContext('2d');
            setInterval(() => {{
                paint.fillStyle = '#fff';
                paint.fillRect(0, 0, {WIDTH // 2}, {HEIGHT});
                paint.fillStyle = '#000';
                paint.fillRect({WIDTH // 2}, 0, {WIDTH // 2}, {HEIGHT});
                paint.fillStyle = '#888';
                paint.fillRect(performance.now() / 20 % {WIDTH}, 80, 10, 10);
            }}, 50);
            found.addTrack(canvas.captureStream(20).getVideoTracks()[0]);
        }}
        if (asked.audio) {{
            const context = new AudioContext();
            const out = context.createMediaStreamDestination();
            const tone = context.createOscillator();
            tone.connect(out);
            tone.start();
            context.resume();
            addEventListener('click', () => context.resume());
            found.addTrack(out.stream.getAudioTracks()[0]);
        }}
        return found;
    }};
"""
KEEP_KEYS = """
    (() => {
        window.orders = [];
        const post = Worker.prototype.postMessage;
        Worker.prototype.postMessage = function (order, ...more) {
            if (order?.base) window.orders.push({ ...order, base: [...order.base] });
            return post.call(this, order, ...more);
        };
    })();
"""
"""What a member's own device knows: the keys that its page hands to its worker."""


def is_filmed(rows: Sequence[bytes]) -> bool:
    """White on the left, black on the right, in nearly every line."""
    half = len(rows[0]) // 2
    right = [row for row in rows if min(row[: half - 16]) > 160 and max(row[half + 16 :]) < 95]
    return len(right) > 0.7 * len(rows)


async def keys_of(seat: ChromiumSeat, peer: str | None = None) -> Keys:
    """Base keys that a device holds of a peer, or its own, by KID."""
    orders = await seat.evaluate("return window.orders")
    return {
        one["kid"]: bytes(one["base"])
        for one in orders
        if (one["do"] == "seal" if peer is None else one.get("peer") == peer)
    }


async def code_of(seat: ChromiumSeat) -> str:
    """The safety code that a person reads out."""
    await seat.wait_for("[data-testid=sealing][data-state=on]")
    await seat.click("[data-testid=sealing]")
    (code,) = await seat.texts("[data-testid=safety-code]")
    assert len("".join(code.split())) == 30
    await seat.click("[data-testid=safety-match]")
    await seat.wait_for("[data-testid=sealing][data-state=compared]")
    return code


def in_call(product: Product, room: str, token: str) -> dict[str, str]:
    """Person → peer of everybody in the call."""
    _, snapshot = product.ask("GET", f"/api/v1/rooms/{room}/snapshot", token=token)
    return {one["person"]: one["peer"] for one in snapshot["peers"] if one["in_call"]}


async def test_the_server_sees_nothing_and_a_leaver_no_more(
    tmp_path: Path, open_chromium: OpenChromium
) -> None:
    tap = Tap(tmp_path)
    product = Product(tmp_path, tap.settings())
    product.start()
    try:
        await _play(product, tap, open_chromium)
    finally:
        product.stop()


async def _play(product: Product, tap: Tap, open_chromium: OpenChromium) -> None:
    logins = product.logins()
    tokens = [product.sign_in(who) for who in PEOPLE]
    ids = [product.ask("GET", "/api/v1/me", token=token)[1]["id"] for token in tokens]

    async def sit_down(who: str) -> ChromiumSeat:
        seat = await open_chromium(who)
        await seat.page.add_init_script(FILM)
        await seat.page.add_init_script(KEEP_KEYS)
        await seat.sign_in(product.url, who, logins[who])
        return seat

    seats = await asyncio.gather(*map(sit_down, PEOPLE))
    ada, bo, cy = seats

    def room(**options: object) -> str:
        members = [{"user": one, "role": "member"} for one in ids[1:]]
        body = {"title": "Consult", "lobby": False, "members": members, **options}
        return str(product.ask("POST", "/api/v1/rooms", body, tokens[0])[1]["id"])

    async def enter(seat: ChromiumSeat, room: str) -> None:
        await seat.open(product.url)
        await seat.join_from_home(room)

    # In a room that is not encrypted this very tap reconstructs what was filmed.
    plain = room()
    await asyncio.gather(*(enter(seat, plain) for seat in (ada, bo)))
    await bo.sees(1)
    peer = in_call(product, plain, tokens[0])[ids[0]]
    assert decoded(tap.pictures(peer), is_filmed) > 5

    sealed = room(encrypted=True)
    await asyncio.gather(*(enter(seat, sealed) for seat in seats))
    await asyncio.gather(*(seat.sees(2, kind, 30) for seat in seats for kind in ("video", "audio")))
    codes = [await code_of(seat) for seat in seats]
    assert len(set(codes)) == 1
    peers = in_call(product, sealed, tokens[0])
    frames = tap.pictures(peers[ids[0]])
    assert any(frame.data[0] & 1 == 0 for frame in frames), "the server still finds keyframes"
    assert decoded(frames, is_filmed) == 0
    assert decoded(opened(frames, await keys_of(ada)), is_filmed) > 5, "the tap itself is sound"

    # Who leaves has the keys of before, and none of those that follow.
    before = max(await keys_of(ada))
    await cy.click("[data-testid=leave-call]")
    known = await keys_of(cy, peers[ids[0]])
    assert opened(frames, known), "cy was a member"

    async def is_new() -> bool:
        return max(await keys_of(ada)) > before

    await ada.until(is_new, "a new key after the leave")
    since = len(tap.records())
    await bo.sees(1)
    after = tap.pictures(peers[ids[0]], since)
    assert len(after) > 5
    now = await keys_of(ada)
    for base in known.values():  # under whatever number
        assert opened(after, dict.fromkeys(now, base)) == []
    assert len(opened(after, await keys_of(bo, peers[ids[0]]))) > 5
