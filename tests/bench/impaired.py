"""What two people hear and see of each other over a bad link, and how soon a call is back.

`python3 run.py bench impaired [--seconds N]`: two Chromium pages in a call of the real product,
each behind a relay (tests/impaired). Loss and delay strike one person's link in both directions, so
the other end suffers from the uplink and this one from the downlink. Each row lasts `seconds`, at
least ten. The row "clean link" says what browsers and machine do without any impairment: where it
misses a target, the machine is the limit and not the link. Draws docs/impaired.svg.
"""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.bench.impaired_plot import plot
from tests.e2e.product import Product
from tests.e2e.test_continuity import media_workers
from tests.impaired.call import Person, call, settings
from tests.impaired.measure import (
    Sample,
    Summary,
    audio_back_s,
    summarise,
    width_back_s,
    width_within_s,
)
from tests.impaired.wire import Burst, Impairment

PLOT = Path(__file__).resolve().parents[2] / "docs" / "impaired.svg"
SECONDS_MIN = 10.0
SETTLE_S = 4.0
CLEAN = Impairment()
WIDE = Impairment(rate_kbps=3000, delay_ms=20)
NARROW = Impairment(rate_kbps=300, delay_ms=20)
LINKS = (
    ("clean link", CLEAN),
    ("10 % loss, 40 ± 40 ms in order", Impairment(0.1, None, 40, 40, True)),
    ("10 % loss, 40 ± 40 ms overtaking", Impairment(0.1, None, 40, 40)),
    ("bursts of 4 packets, 4 % lost", Impairment(burst=Burst(0.0104, 0.25), delay_ms=40)),
)
Row = dict[str, Any]


def run(seconds: float) -> dict[str, Any]:
    """Measure each row for so many seconds."""
    load = os.getloadavg()[0]
    rows, series = asyncio.run(_run(max(seconds, SECONDS_MIN)))
    PLOT.write_text(plot(series))
    return {
        "results": rows,
        "picture": "320x180 at 25/s; squeeze: 640x360 at 25/s",
        "load": [round(load, 1), round(os.getloadavg()[0], 1)],
    }


async def _run(seconds: float) -> tuple[list[Row], dict[str, list[Sample]]]:
    rows: list[Row] = []
    series: dict[str, list[Sample]] = {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        product = Product(Path(folder), settings())
        await asyncio.to_thread(product.start)
        try:
            async with call(product, Path(folder)) as (anna, bruno):
                for name, link in LINKS:
                    rows += await _quality(name, link, anna, bruno, seconds)
                await bruno.link.shape(both=CLEAN)
                rows += await _continuity(product, anna, bruno)
            async with call(product, Path(folder), width=640, height=360) as (anna, bruno):
                made, series = await _squeeze(anna, bruno, seconds)
                rows += made
        finally:
            await asyncio.to_thread(product.stop)
    return rows, series


def _row(name: str, value: float | None, unit: str, target: str = "") -> Row:
    return {"name": name, "value": None if value is None else round(value, 2), "unit": unit} | (
        {"target": target} if target else {}
    )


async def _quality(
    name: str, link: Impairment, anna: Person, bruno: Person, seconds: float
) -> list[Row]:
    await bruno.link.shape(both=link)
    await asyncio.sleep(SETTLE_S)
    up, down = await asyncio.gather(anna.observe(seconds), bruno.observe(seconds))
    return [
        *_figures(f"{name}, uplink", summarise(up), link),
        *_figures(f"{name}, downlink", summarise(down), link),
    ]


def _figures(name: str, summary: Summary, link: Impairment) -> list[Row]:
    # Four lost packets in a row take more than 60 ms of sound at once: only to be looked at.
    whole, fluent, still = ("≥99", "≥20", "<2") if link.burst is None else ("", "", "")
    return [
        _row(f"{name}: audio without gaps over 60 ms", 100 * summary.whole_audio, "%", whole),
        _row(f"{name}: audio concealed", 100 * summary.concealed, "%"),
        _row(f"{name}: video", summary.fps, "1/s", fluent),
        _row(f"{name}: frozen", 100 * summary.frozen, "%", still),
        _row(f"{name}: video bitrate", summary.kbps, "kbit/s"),
        _row(f"{name}: round trip", summary.rtt_ms, "ms"),
    ]


async def _continuity(product: Product, anna: Person, bruno: Person) -> list[Row]:
    async def killed() -> None:
        for worker in media_workers(product):
            os.kill(worker, signal.SIGKILL)

    async def restarted() -> None:
        await asyncio.to_thread(product.kill)
        await asyncio.to_thread(product.start)

    events: tuple[tuple[str, Callable[[], Awaitable[object]], str], ...] = (
        ("address change seen by the server", bruno.link.move, "≤2"),
        ("sockets of one person dead", bruno.link.cut, "≤2"),
        ("worker killed", killed, "≤3"),
        ("server restarted", restarted, "≤5 of serving"),
    )
    rows = []
    for name, happen, target in events:
        rows += await _back(name, happen, target, (anna, bruno))
    return rows


async def _back(
    name: str, happen: Callable[[], Awaitable[object]], target: str, people: tuple[Person, ...]
) -> list[Row]:
    await asyncio.gather(*(person.hears_again(time.time()) for person in people))
    since = time.time()
    await happen()
    over = time.time()
    backs = await asyncio.gather(*(person.hears_again(since) for person in people))
    rows = [_row(f"{name}: audio back", max(backs), "s", target)]
    if over - since > 0.5:
        rows.append(_row(f"{name}: of these, until the server served again", over - since, "s"))
    return rows


async def _squeeze(
    anna: Person, bruno: Person, seconds: float
) -> tuple[list[Row], dict[str, list[Sample]]]:
    """Bruno's downlink; Anna's picture must give way and come back."""
    begun = time.time()
    await bruno.link.shape(down=WIDE)
    await asyncio.sleep(max(seconds, 15.0))
    wide = max((one.width for one in await bruno.arrived(begun)), default=0)
    squeezed = time.time()
    await bruno.link.shape(down=NARROW)
    await asyncio.sleep(max(seconds, 10.0))
    freed = time.time()
    await bruno.link.shape(down=WIDE)
    await asyncio.sleep(max(seconds, 15.0))
    heard, others = await bruno.arrived(begun), await anna.arrived(begun)
    narrow = [one for one in heard if squeezed < one.at <= freed]
    tight, free = summarise(narrow), summarise([one for one in heard if one.at > freed])
    name = "squeeze 3 Mbit/s → 300 kbit/s → 3 Mbit/s"
    rows = [
        _row(f"{name}: picture before", wide, "pixels wide"),
        _row(f"{name}: layer down", width_within_s(narrow, squeezed, below=wide), "s", "≤2"),
        _row(f"{name}: longest freeze", tight.freeze_max_s, "s", "≤0.5"),
        _row(f"{name}: audio without gaps over 60 ms", 100 * tight.whole_audio, "%", "100"),
        _row(f"{name}: video while squeezed", tight.fps, "1/s"),
        _row(f"{name}: layer back up", width_back_s(heard, freed, least=wide), "s", "≤10"),
        _row(f"{name}: video bitrate after", free.kbps, "kbit/s"),
        _row(f"{name}: sound lost for", audio_back_s(narrow, squeezed), "s", "0"),
        _row(f"{name}: the other end's video", summarise(others).fps, "1/s", "unaffected"),
        _row(f"{name}: the other end's frozen", 100 * summarise(others).frozen, "%", "<2"),
    ]
    return rows, {"squeezed downlink": heard, "the other end": others}
