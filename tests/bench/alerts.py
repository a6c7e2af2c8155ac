"""How long an emergency takes from the ward's click to the radiologist's alert.

`python3 run.py bench alerts`: a server process and 340 people connected to `/alerts`, 14 of them
radiologists on guard with their sound on. First requests come one by one and then all at once over
REST, as hospitals' own systems file them, and their arrival on sockets is measured. Then a nurse
fills the form in Chromium, and the alert must come into sight on a phone-sized page of a fifteenth
radiologist, whose other devices are rung too.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from typing import Any

from aiohttp import ClientSession

from tests.bench.alert_crowd import DEVICES, Crowd, furnish
from tests.bench.alert_screens import screens
from tests.bench.alert_sockets import Arrivals, Pages
from tests.bench.report import row, table, tell
from tests.e2e.product import Product

PEOPLE, RADIOLOGISTS, PROCESSES = 340, 14, 4
TARGET_MS = 1000.0
NURSE, READER = "nurse@demo.example", "radiologist@demo.example"
PATIENT = {"name": "Nina Ipsilon", "birth_date": "1950-02-01", "identifier": "NPSNNI50B41F205X"}


@dataclass
class Measured:
    """Milliseconds from filing, one of each alert."""

    steady: list[float] = field(default_factory=list)
    rushed: list[float] = field(default_factory=list)
    sight: list[float] = field(default_factory=list)
    question: list[float] = field(default_factory=list)
    devices: list[float] = field(default_factory=list)


def run(
    seconds: float = 10.0, *, people: int = PEOPLE, repeats: int = 25, pace: float = 2.0
) -> dict[str, Any]:
    """File `pace` requests a second for so long, then one for each radiologist at once, then
    `repeats` from the nurse's page."""
    program = which("chromium") or which("chromium-browser")
    if program is None:
        raise RuntimeError("Chromium is absent")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        crowd = asyncio.run(furnish(Path(folder), people, RADIOLOGISTS, READER))
        product = Product(Path(folder), {"MEDIA_WORKERS": "1"})
        pages: list[Pages] = []
        try:
            product.start()
            tell("the server is ready")
            pages += (Pages(product.url, crowd.sockets[at::PROCESSES]) for at in range(PROCESSES))
            for one in pages:
                one.wait()
            tell(f"{len(crowd.sockets)} people are connected")
            load = os.getloadavg()[0]
            found = asyncio.run(_measure(product, crowd, pages, program, seconds, repeats, pace))
        finally:
            for one in pages:
                one.close()
            product.stop()
    report: dict[str, Any] = {
        "people": len(crowd.sockets) + 2,
        "radiologists": RADIOLOGISTS + 1,
        "load": [round(load, 1), round(os.getloadavg()[0], 1)],
        "results": [
            *rows("nurse's click → alert in sight on a phone", found.sight),
            *rows("nurse's click → question in sight on a phone", found.question),
            *rows(f"nurse's click → alert on {DEVICES} other devices", found.devices),
            *rows("filed over REST → alert on a socket", found.steady),
            *rows(f"the same, {RADIOLOGISTS} at once", found.rushed),
        ],
    }
    table(report["results"])
    return report


def rows(name: str, values: Sequence[float]) -> list[Any]:
    """Median and 95th percentile by the nearest rank; a target for the latter."""
    ordered = sorted(values)
    p95 = ordered[math.ceil(len(ordered) * 0.95) - 1]
    return [
        row(f"{name}, median", "ms", statistics.median(ordered)),
        row(f"{name}, p95 of {len(ordered)}", "ms", p95, "target", TARGET_MS),
    ]


async def _measure(
    product: Product,
    crowd: Crowd,
    pages: Sequence[Pages],
    program: str,
    seconds: float,
    repeats: int,
    pace: float,
) -> Measured:
    found, arrivals = Measured(), Arrivals()
    arrivals.read(pages)
    async with ClientSession() as http:
        system = Rest(http, product.url, crowd.nurse)
        await _one_by_one(system, crowd, arrivals, found, seconds, pace)
        tell(f"{len(found.steady)} alerts arrived one by one")
        await _all_at_once(system, crowd, arrivals, found)
        tell(f"{len(found.rushed)} alerts arrived at once")
        nurse = Rest(http, product.url, await asyncio.to_thread(product.sign_in, NURSE))
        async with screens(program, product, NURSE, READER) as both:
            for _ in range(repeats):
                await both.prepare(crowd.phone)
                shown = await both.file()
                found.sight.append(shown.sight_ms)
                found.question.append(shown.question_ms)
                others = await arrivals.of(shown.request, DEVICES)
                found.devices += [(at - shown.filed) * 1000 for at in others]
                await nurse.cancel(shown.request)
                await both.close_alert()
        tell(f"{len(found.sight)} alerts were in sight")
    return found


async def _one_by_one(
    system: Rest, crowd: Crowd, arrivals: Arrivals, found: Measured, seconds: float, pace: float
) -> None:
    end = time.monotonic() + seconds
    while (turn := time.monotonic()) < end:
        began = time.time()  # as the sockets' processes tell it
        request = await system.file(crowd.services[len(found.steady) % RADIOLOGISTS])
        found.steady.append(((await arrivals.of(request))[0] - began) * 1000)
        await system.cancel(request)
        await asyncio.sleep(max(0.0, turn + 1 / pace - time.monotonic()))


async def _all_at_once(system: Rest, crowd: Crowd, arrivals: Arrivals, found: Measured) -> None:
    began = time.time()
    requests = await asyncio.gather(*(system.file(service) for service in crowd.services))
    for request in requests:
        found.rushed.append(((await arrivals.of(request))[0] - began) * 1000)
    for request in requests:
        await system.cancel(request)


class Rest:
    """Requests as a hospital's own system files them."""

    def __init__(self, http: ClientSession, url: str, token: str) -> None:
        self._http = http
        self._url = f"{url}/api/v1/guard/requests"
        self._token = {"Authorization": f"Bearer {token}"}

    async def file(self, service: str) -> str:
        """An emergency; answers its id."""
        body = {
            "service": service,
            "priority": "emergency",
            "patient": PATIENT,
            "question": "Bleeding?",
            "call_back": "+44 20 7946 0100",
            "wants_call": False,
        }
        return str((await self._post("", body, {"Idempotency-Key": str(uuid.uuid4())}))["id"])

    async def cancel(self, request: str) -> None:
        """The question is moot, so that nothing of it rings into the next."""
        await self._post(f"/{request}/cancel", {"reason": "measured"}, {})

    async def _post(self, path: str, body: Any, headers: dict[str, str]) -> Any:
        headers = self._token | headers
        async with self._http.post(self._url + path, json=body, headers=headers) as answer:
            found = await answer.json()
            if answer.status >= 300:
                raise RuntimeError(f"{answer.status}: {found}")
            return found


if __name__ == "__main__":
    json.dump(run(), sys.stdout, indent=2, ensure_ascii=False)
