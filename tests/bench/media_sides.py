"""The servers under test, each loaded by a generator of its own."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol, Self

import structlog

from media.pool import MediaPool
from tests.bench.process import pin
from tests.bench.rtc.aiortc_server import AiortcProcess
from tests.bench.rtc.client import GeneratorProcess
from tests.bench.scenario import Scenario, room_of

EVERYTHING = frozenset({"camera", "microphone"})
CONNECT_S = 30.0


class Side(Protocol):
    """A server with its call set up."""

    generator: GeneratorProcess

    @property
    def pid(self) -> int:
        """The server process, whose CPU is counted."""

    async def publish(self, scenario: Scenario) -> None:
        """Connect the publishers."""

    async def subscribe(self, scenario: Scenario, names: Sequence[str]) -> None:
        """Connect these subscribers to every publisher of their rooms."""

    async def close(self) -> None:
        """End every process."""


async def set_up(side: Side, scenario: Scenario) -> None:
    """Connect everybody: publishers first."""
    await side.publish(scenario)
    await side.subscribe(scenario, scenario.receivers)
    await side.generator.ask("connect", timeout=CONNECT_S)


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

    async def publish(self, scenario: Scenario) -> None:
        """Every publisher's negotiation."""
        for name in scenario.senders:
            await self.join(room_of(name), name, not scenario.subscribers)

    async def join(self, room: str, name: str, subscribes: bool, number: int | None = None) -> None:
        """One publisher's negotiation."""
        await self.pool.join(room, name, EVERYTHING, subscribes)
        offer = await self.generator.ask("publish", peer=name, number=number)
        answer = await self.pool.publish(room, name, offer["sdp"], offer["sources"])
        await self.generator.ask("published", peer=name, sdp=answer)

    async def subscribe(self, scenario: Scenario, names: Sequence[str]) -> None:
        """Each subscriber's offers answered as they come."""
        for name in names if scenario.subscribers else []:
            await self.pool.join(room_of(name), name, frozenset(), True)
        async with asyncio.timeout(CONNECT_S):
            while not self.is_complete(scenario, names):
                await self.answer_offer()

    async def answer_offer(self) -> None:
        """Answer the next subscribe offer."""
        room, peer, negotiation, sdp = await self.listener.offers.get()
        answer = await self.generator.ask("subscribe", peer=peer, sdp=sdp)
        await self.pool.answer(room, peer, negotiation, answer["sdp"])

    def is_complete(self, scenario: Scenario, names: Sequence[str]) -> bool:
        """Whether each of these subscribers has been offered every track it should see."""
        tracks = self.listener.tracks
        return self.listener.offers.empty() and all(
            tracks.get(name, 0) == 2 * len(scenario.watched(name)) for name in names
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
        self.lost: dict[str, str] = {}  # peer → why

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

    def pictures_paused(self, room: str, peer: str, pictures: object) -> None:
        """Seen as loss."""

    def peer_lost(self, room: str, peer: str, reason: str) -> None:
        """Remember it; seen as loss too."""
        self.lost[peer] = reason

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

    async def publish(self, scenario: Scenario) -> None:
        """Each publisher offers."""
        for name in scenario.senders:
            offer = await self.generator.ask("publish", peer=name, setup="active")
            answer = await self._server.ask("publish", peer=name, sdp=offer["sdp"], bare=self._bare)
            await self.generator.ask("published", peer=name, sdp=answer["sdp"])

    async def subscribe(self, scenario: Scenario, names: Sequence[str]) -> None:
        """Each subscriber offers."""
        for name in names:
            watched = [scenario.senders[number] for number in scenario.watched(name)]
            kinds = ["audio", "video"] * len(watched)
            offer = await self.generator.ask("subscribe_offer", peer=name, kinds=kinds)
            answer = await self._server.ask("subscribe", sdp=offer["sdp"], publishers=watched)
            await self.generator.ask("subscribed", peer=name, sdp=answer["sdp"])

    async def close(self) -> None:
        """End every process."""
        await self.generator.close()
        await self._server.close()
