"""The two servers under test, each loaded by a generator of its own."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import structlog

from media.pool import MediaPool
from tests.bench.rtc.aiortc_server import AiortcProcess
from tests.bench.rtc.client import GeneratorProcess

ROOM = "bench"
EVERYTHING = frozenset({"camera", "microphone"})
CONNECT_S = 30.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """Who sends to whom, and how much."""

    name: str
    publishers: int
    subscribers: int  # 0: the publishers watch each other
    multiplier: float = 1.0
    paced: bool = False

    @property
    def senders(self) -> list[str]:
        """Names of the publishers."""
        return [f"publisher-{i}" for i in range(self.publishers)]

    @property
    def receivers(self) -> list[str]:
        """Names of the subscribers."""
        return [f"subscriber-{i}" for i in range(self.subscribers)] or self.senders

    def watched(self, receiver: str) -> list[int]:
        """Numbers of the publishers a subscriber sees."""
        return [i for i, name in enumerate(self.senders) if name != receiver]


class Side(Protocol):
    """A server with its call set up."""

    generator: GeneratorProcess

    @property
    def pid(self) -> int:
        """The server process, whose CPU is counted."""

    async def set_up(self, scenario: Scenario) -> None:
        """Connect everybody."""

    async def close(self) -> None:
        """End every process."""


def cpu_s(pid: int) -> float:
    """CPU time of all threads of a process, from the scheduler's nanosecond account."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def pin(pid: int, core: int) -> None:
    """Keep a process on one core when there are several."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        for task in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), {cores[core % len(cores)]})


async def measure(side: Side, scenario: Scenario, seconds: float) -> dict[str, Any]:
    """One round: the generator's counts and the server's CPU per forwarded packet in µs."""
    expect = {name: scenario.watched(name) for name in scenario.receivers}
    load = {"multiplier": scenario.multiplier, "paced": scenario.paced}
    await side.generator.ask("start", **load)
    await side.generator.ask("wait", seconds=1.0)
    await side.generator.ask("count")
    before = cpu_s(side.pid)
    await side.generator.ask("wait", seconds=seconds)
    spent = cpu_s(side.pid) - before
    counted = await side.generator.ask("counted", expect=expect)
    await side.generator.ask("stop")
    received = counted["received"]
    # The drain after the count moves almost nothing: packets of the window only.
    counted["cpu_us"] = spent / received * 1e6 if received else None
    return counted


class OurSide:
    """MediaPool with one worker."""

    def __init__(self, pool: MediaPool, generator: GeneratorProcess, listener: "Offers") -> None:
        self.pool = pool
        self.generator = generator
        self.listener = listener

    @classmethod
    async def start(cls) -> Self:
        """Spawn the worker and the generator, each on its core."""
        log = structlog.get_logger("media")
        pool, listener = MediaPool([("127.0.0.1", "127.0.0.1")], 1, 0, log), Offers()
        await pool.start(listener)
        generator = await GeneratorProcess.start()
        side = cls(pool, generator, listener)
        pin(side.pid, 0)
        pin(generator.pid, 1)
        return side

    @property
    def pid(self) -> int:
        """The worker."""
        described = self.pool.describe()["processes"]
        assert isinstance(described, list)
        return int(described[0]["pid"])

    async def set_up(self, scenario: Scenario) -> None:
        """Publishers first, then each subscriber's offer answered as it comes."""
        for name in scenario.senders:
            await self.pool.join(ROOM, name, EVERYTHING, not scenario.subscribers)
            await self.publish(ROOM, name)
        for name in scenario.receivers if scenario.subscribers else []:
            await self.pool.join(ROOM, name, frozenset(), True)
        async with asyncio.timeout(CONNECT_S):
            while not await self.is_complete(scenario):
                await self.answer_offer()
        await self.generator.ask("connect", timeout=CONNECT_S)

    async def publish(self, room: str, name: str) -> None:
        """One publisher's negotiation."""
        offer = await self.generator.ask("publish", peer=name)
        answer = await self.pool.publish(room, name, offer["sdp"], offer["sources"])
        await self.generator.ask("published", peer=name, sdp=answer)

    async def answer_offer(self) -> None:
        """Answer the next subscribe offer."""
        room, peer, negotiation, sdp = await self.listener.offers.get()
        answer = await self.generator.ask("subscribe", peer=peer, sdp=sdp)
        await self.pool.answer(room, peer, negotiation, answer["sdp"])

    async def is_complete(self, scenario: Scenario) -> bool:
        """Whether every subscriber has been offered every track it should see."""
        tracks = self.listener.tracks
        return self.listener.offers.empty() and all(
            tracks.get(name, 0) == 2 * len(scenario.watched(name)) for name in scenario.receivers
        )

    async def close(self) -> None:
        """End every process."""
        await self.generator.close()
        await self.pool.close()


class Offers:
    """Keeps the worker's subscribe offers for whoever answers them."""

    def __init__(self) -> None:
        self.offers: asyncio.Queue[tuple[str, str, int, str]] = asyncio.Queue()
        self.tracks: dict[str, int] = {}
        self.resets: list[str] = []

    def subscribe_offer(
        self,
        room: str,
        peer: str,
        negotiation: int,
        sdp: str,
        tracks: Mapping[str, tuple[str, str]],
    ) -> None:
        """Queue it."""
        self.tracks[peer] = len(tracks)
        self.offers.put_nowait((room, peer, negotiation, sdp))

    def speakers(self, room: str, levels: Sequence[tuple[str, int]]) -> None:
        """Not measured."""

    def quality(self, room: str, peer: str, stats: Mapping[str, float]) -> None:
        """Not measured."""

    def encodings_wanted(self, room: str, peer: str, source: str, count: int) -> None:
        """Every layer is wanted."""

    def peer_lost(self, room: str, peer: str, reason: str) -> None:
        """Seen as loss."""

    def room_reset(self, room: str) -> None:
        """Remember it."""
        self.resets.append(room)


class AiortcSide:
    """aiortc's own forwarding."""

    def __init__(self, server: AiortcProcess, generator: GeneratorProcess, bare: bool) -> None:
        self._server = server
        self._bare = bare
        self.generator = generator

    @classmethod
    async def start(cls, bare: bool = False) -> Self:
        """Spawn the server and the generator, each on its core; bare: without feedback."""
        side = cls(await AiortcProcess.start(), await GeneratorProcess.start(), bare)
        pin(side.pid, 0)
        pin(side.generator.pid, 1)
        return side

    @property
    def pid(self) -> int:
        """The server."""
        return self._server.pid

    async def set_up(self, scenario: Scenario) -> None:
        """Publishers first, then subscribers, each offering."""
        for name in scenario.senders:
            offer = await self.generator.ask("publish", peer=name, setup="active")
            answer = await self._server.ask("publish", peer=name, sdp=offer["sdp"], bare=self._bare)
            await self.generator.ask("published", peer=name, sdp=answer["sdp"])
        for name in scenario.receivers:
            kinds = ["audio", "video"] * len(scenario.watched(name))
            offer = await self.generator.ask("subscribe_offer", peer=name, kinds=kinds)
            answer = await self._server.ask("subscribe", peer=name, sdp=offer["sdp"])
            await self.generator.ask("subscribed", peer=name, sdp=answer["sdp"])
        await self.generator.ask("connect", timeout=CONNECT_S)

    async def close(self) -> None:
        """End every process."""
        await self.generator.close()
        await self._server.close()
