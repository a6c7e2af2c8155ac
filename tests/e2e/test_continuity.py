"""A call outlives the process that carries its media."""

from __future__ import annotations

import json
import os
import re
import signal
import urllib.request

import pytest

from tests.e2e.conftest import OpenChromium
from tests.e2e.product import Product
from tests.e2e.seat import ChromiumSeat

pytestmark = [pytest.mark.browser, pytest.mark.calls, pytest.mark.slow]

PEOPLE = ("oncologist@demo.example", "surgeon@demo.example")


async def consult(product: Product, open_chromium: OpenChromium) -> list[ChromiumSeat]:
    """Two people see and hear each other."""
    token = product.sign_in(PEOPLE[0])
    colleague = product.ask("GET", "/api/v1/me", token=product.sign_in(PEOPLE[1]))[1]["id"]
    members = [{"user": colleague, "role": "member"}]
    room = {"title": "Consult", "lobby": False, "members": members}
    _, made = product.ask("POST", "/api/v1/rooms", room, token)
    seats = []
    for email in PEOPLE:
        seat = await open_chromium(email)
        await seat.sign_in(product.url, email, product.logins()[email])
        await seat.join_from_home(made["id"])
        seats.append(seat)
    for seat in seats:
        await seat.sees(1, "video")
    return seats


def media_workers(product: Product) -> list[int]:
    """Ids of the server's worker processes."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat") as stat, open(f"/proc/{entry}/cmdline") as line:
                parent = int(stat.read().rpartition(")")[2].split()[1])
                is_worker = "media.worker" in line.read()
        except OSError:
            continue
        if is_worker and parent == product.pid:
            found.append(int(entry))
    return found


async def test_everyone_has_video_again_after_a_worker_is_killed(
    product: Product, open_chromium: OpenChromium
) -> None:
    seats = await consult(product, open_chromium)
    workers = media_workers(product)
    assert workers
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    for seat in seats:
        assert await seat.sees(1, "video", seconds=30) <= 5
        await seat.sees(1, "audio")


async def test_a_restarted_server_finds_everyone_back(
    product: Product, open_chromium: OpenChromium
) -> None:
    seats = await consult(product, open_chromium)
    await seats[0].say("before")
    product.kill()
    for seat in seats:  # hazard 25: in the middle of a call, too
        await seat.wait_for("[data-testid=guard-phones] [data-testid=guard-phone]", 10)
    kept = await seats[0].evaluate(
        """const age = document.querySelector('[data-testid=guard-phones-age]');
           return {said: age.textContent, ms: Date.now() - Number(age.dataset.at),
                   calls: document.querySelector('[data-testid=guard-phone]').href,
                   all: localStorage.getItem('settings.guard.phones')}"""
    )
    assert kept["said"].strip()
    assert 0 <= kept["ms"] < 600_000
    assert kept["calls"].startswith("tel:+")
    assert set(json.loads(kept["all"])["items"][0]) == {"name", "phone"}, "of services only"
    product.start()
    for seat in seats:
        await seat.wait_without("[data-testid=guard-phones]", 30)
    for seat in seats:
        await seat.sees(1, "video", seconds=40)
    await seats[1].say("after")
    for seat in seats:
        await seat.until(lambda seat=seat: _has_said(seat, ["before", "after"]), "both messages")


async def test_a_stopped_server_drains_and_leaves_no_process(
    product: Product, open_chromium: OpenChromium
) -> None:
    await consult(product, open_chromium)
    assert _metric(product, "media_peers") == 2
    workers = media_workers(product)
    assert product.stop() == 0
    assert [worker for worker in workers if _is_alive(worker)] == []


async def _has_said(seat: ChromiumSeat, texts: list[str]) -> bool:
    shown = await seat.texts("[data-testid=chat-message]")
    return len(shown) == len(texts) and all(map(str.__contains__, shown, texts))


def _metric(product: Product, name: str) -> float:
    with urllib.request.urlopen(f"{product.url}/metrics", timeout=10) as response:
        text = response.read().decode()
    found = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
    assert found, text
    return float(found[1])


def _is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
