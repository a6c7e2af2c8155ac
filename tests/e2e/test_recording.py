"""A consult of three is recorded: asked, shown, in step, played, and nothing without asking."""

from __future__ import annotations

import io
import statistics
import urllib.request
from pathlib import Path
from typing import Any

import av
import pytest

from tests.e2e.conftest import OpenChromium
from tests.e2e.looking import look
from tests.e2e.product import Product
from tests.e2e.seat import ChromiumSeat

pytestmark = [pytest.mark.browser, pytest.mark.calls, pytest.mark.slow]

PEOPLE = ("oncologist@demo.example", "surgeon@demo.example", "radiologist@demo.example")
SKEW_MAX_S = 0.100
RECORDED_MS = 8000

CLAPPER = """
    (() => {
        let stage;
        const make = () => {
            const context = new AudioContext();
            const out = context.createMediaStreamDestination();
            const gain = context.createGain();
            const tone = context.createOscillator();
            tone.frequency.value = 600;
            gain.gain.value = 0;
            tone.connect(gain).connect(out);
            tone.start();
            const canvas = document.createElement('canvas');
            Object.assign(canvas, { width: 160, height: 120 });
            const paint = canvas.getContext('2d');
            let was = null;
            setInterval(() => {
                const is_on = performance.now() % 1600 < 500;
                if (is_on !== was) gain.gain.setValueAtTime(is_on ? 0.5 : 0, context.currentTime);
                was = is_on;
                paint.fillStyle = is_on ? '#fff' : '#000';
                paint.fillRect(0, 0, 160, 120);
                paint.fillStyle = '#888';
                paint.fillRect(performance.now() / 20 % 150, 0, 5, 5);
            }, 20);
            addEventListener('click', () => context.resume());
            return { context, sound: out.stream, picture: canvas.captureStream(20) };
        };
        navigator.mediaDevices.getUserMedia = async asked => {
            stage ??= make();
            stage.context.resume();
            return new MediaStream([
                ...(asked.audio ? stage.sound.getAudioTracks().map(one => one.clone()) : []),
                ...(asked.video ? stage.picture.getVideoTracks().map(one => one.clone()) : []),
            ]);
        };
    })()
"""
"""A picture that turns white when a tone begins: what a clapperboard is for."""


def kept(product: Product) -> set[Path]:
    """Files that are no part of the database, and grow."""
    data = product.home / "data"
    return {path for path in data.rglob("*") if path.is_file() and "sqlite" not in path.name}


def fetched(product: Product, token: str, base: str, file: str) -> bytes:
    """A file as a player gets it."""
    asked = urllib.request.Request(f"{product.url}{base}/playback", b"", method="POST")
    asked.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(asked, timeout=30) as answer:
        cookie = str(answer.headers["Set-Cookie"]).partition(";")[0]
    asked = urllib.request.Request(f"{product.url}{base}/files/{file}/content")
    asked.add_header("Cookie", cookie)
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return bytes(answer.read())


def flashes(data: bytes) -> list[float]:
    """When the picture turned white, in seconds of the file."""
    container: Any = av.open(io.BytesIO(data))
    found, was = [], True
    with container:
        for frame in container.decode(video=0):
            plane = bytes(frame.planes[0])
            is_white = plane[frame.planes[0].line_size * (frame.height - 8) + 8] > 128
            if is_white and not was:
                found.append(float(frame.time))
            was = is_white
    return found


def beeps(data: bytes) -> list[float]:
    """When the tone began, to 5 ms."""
    container: Any = av.open(io.BytesIO(data))
    even = av.AudioResampler("s16", "mono", 48_000)
    found, quiet_s = [], 0.0
    with container:
        for decoded in container.decode(audio=0):
            for frame in even.resample(decoded):
                samples = memoryview(bytes(frame.planes[0])[: frame.samples * 2]).cast("h")
                for start in range(0, len(samples), 240):
                    if max(samples[start : start + 240]) < 1500:
                        quiet_s += 0.005
                        continue
                    if quiet_s > 0.3:
                        found.append(float(decoded.time) + start / 48_000)
                    quiet_s = 0.0
    return found


def skew_s(files: list[tuple[dict[str, Any], bytes]]) -> float:
    """How much later than the picture the sound of one person is: the median over its beeps."""
    times = {
        one["source"]: [
            one["offset_ms"] / 1000 + at
            for at in (flashes(data) if one["source"] == "camera" else beeps(data))
        ]
        for one, data in files
    }
    pairs = [
        min((beep - flash for beep in times["microphone"]), key=abs) for flash in times["camera"]
    ]
    assert len(pairs) >= 3, times
    return float(statistics.median(pairs))


async def test_a_call_of_three_is_recorded_and_played(
    product: Product, open_chromium: OpenChromium
) -> None:
    logins = product.logins()
    token = product.sign_in(PEOPLE[0])
    members = [
        {"user": product.ask("GET", "/api/v1/me", token=product.sign_in(who))[1]["id"],
         "role": "member"}
        for who in PEOPLE[1:]
    ]  # fmt: skip
    room = {"title": "Consult", "lobby": False, "members": members}
    _, made = product.ask("POST", "/api/v1/rooms", room, token)
    place = f"/api/v1/rooms/{made['id']}"
    product.ask("PATCH", place, {"recordable": True}, token)
    seats: list[ChromiumSeat] = []
    before = kept(product)
    for who in PEOPLE:
        seat = await open_chromium(who, phone=who == PEOPLE[-1])
        await seat.page.add_init_script(CLAPPER)
        await seat.sign_in(product.url, who, logins[who])
        await seat.join_from_home(made["id"])
        seats.append(seat)
    for seat in seats:
        await seat.sees(2, "video", 40)
    assert kept(product) <= before | {product.home / "data" / "audit" / "checkpoints.jsonl"}
    assert not (product.home / "data" / "recordings").exists()

    host, *others = seats
    await host.click("[data-testid=record-toggle]")
    await host.click("dialog[open] [data-testid=confirm]")
    for seat in others:
        await seat.wait_for("[data-testid=recording-agree]")
        await look(seat, "recording-asked")
        await seat.click("[data-testid=recording-agree]")
    for seat in seats:
        await seat.wait_for("[data-testid=recording-mine]")
    await host.page.wait_for_timeout(RECORDED_MS)
    await host.click("[data-testid=record-toggle]")
    for seat in seats:
        await seat.wait_without("[data-testid=recording-live]")

    await host.click("[data-testid=recordings-tab]")
    await host.wait_for("[data-testid=recording][data-state=ready]", 40)
    (recording,) = product.ask("GET", f"{place}/recordings", token=token)[1]["items"]
    assert len(recording["files"]) == 6
    base = f"{place}/recordings/{recording['id']}"
    by_person: dict[str, list[tuple[dict[str, Any], bytes]]] = {}
    for one in recording["files"]:
        data = fetched(product, token, base, one["id"])
        assert len(data) == one["bytes"]
        container: Any = av.open(io.BytesIO(data))
        with container:
            assert container.duration / 1000 == pytest.approx(one["duration_ms"], abs=1)
        assert one["duration_ms"] > RECORDED_MS * 0.7
        by_person.setdefault(one["person"], []).append((one, data))
    assert len(by_person) == 3
    skews = [skew_s(files) for files in by_person.values()]
    print("sound after picture, ms:", [round(1000 * one) for one in skews])
    assert all(abs(one) <= SKEW_MAX_S for one in skews), skews

    camera = next(one["id"] for one in recording["files"] if one["source"] == "camera")
    await host.click(f"[data-testid=recording-play-{camera}]")

    async def plays() -> bool:
        shown = "document.querySelector('[data-testid=recording-player]')"
        return bool(await host.evaluate(f"const one = {shown}; return one?.currentTime > 1"))

    await host.until(plays, "the player's time to go on", 30)
    await look(host, "recordings")
