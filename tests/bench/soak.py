"""The acceptance mix for as long as wanted: people join, leave and reconnect; what remains of them?

`python3 run.py bench soak [--seconds N] [--share 0.1] [--load 1.0]`: 12 guard rooms of 2, 35
consults of 3 and 5 boards of 10, scaled by the share (at least one of each); the load is that of a
call, or a part of it where others need the machine. Now and then nobody moves for a while, and
every packet must arrive.
"""

import asyncio
import contextlib
import os
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

from media.protocol import DropReason, LostReason, MediaError
from tests.bench.media_sides import OurSide
from tests.bench.process import cpu_s, open_files, resident_mib, threads
from tests.bench.report import row, table, tell
from tests.bench.scenario import room_of
from tests.waiting import until

MIX = ((12, 2), (35, 3), (5, 10))  # rooms, people in each
SEED = 20_261_122
MOVE_S = 1.0  # between two people who come or go
STILL_EVERY_S, STILL_S, SETTLE_S = 15.0, 4.0, 1.5
CONNECT_S, CONNECT_TURN_S = 20.0, 0.5
WARM_SHARE = 0.2  # of the run, left out of the slopes
# Datagrams of who has just left, or comes before the handshake ended.
EXPECTED = {DropReason.UNKNOWN_ADDRESS, DropReason.NOT_SECURED, DropReason.STUN_UNAUTHENTICATED}

Sample = tuple[float, float, int]  # seconds, MiB, open files


def run(seconds: float = 3600.0, share: float = 0.1, load: float = 1.0) -> dict[str, Any]:
    """Run so long; the report tells slopes, losses, leaks and drops."""
    results = asyncio.run(_run(seconds, share, load))
    table(results)
    return {"results": results, "share": share, "load": load}


class People:
    """Who should be there, and who is."""

    def __init__(self, share: float) -> None:
        sizes = [size for count, size in MIX for _ in range(max(1, round(count * share)))]
        self.names = [f"room-{r}:person-{i}" for r, size in enumerate(sizes) for i in range(size)]
        self.rooms = len(sizes)
        self.present: set[str] = set()

    def number(self, name: str) -> int:
        """Of a person's publisher."""
        return self.names.index(name)

    def expect(self) -> dict[str, list[int]]:
        """Who sees whom now."""
        return {
            name: [
                self.number(other)
                for other in self.present
                if other != name and room_of(other) == room_of(name)
            ]
            for name in self.present
        }


class Soak:
    """One worker, one generator, and people who come and go."""

    def __init__(self, side: OurSide, people: People, load: float) -> None:
        self.side = side
        self.people = people
        self._load = load
        self.moves = {"joined": 0, "left": 0, "reconnected": 0, "vanished": 0}
        self.lost: Counter[str] = Counter()  # by the server's reason
        self._mute: set[str] = set()  # who sends nothing until connected
        self.stale = 0
        self.due = self.received = 0
        self.windows = self.lossy_windows = 0
        self.samples: list[Sample] = []
        self._began = time.monotonic()
        self._chance = random.Random(SEED)

    async def join(self, name: str) -> None:
        """A person comes."""
        self.people.present.add(name)
        await self._sit_down(name)
        await self.connect()
        self.moves["joined"] += 1

    async def _sit_down(self, name: str) -> None:
        await self.side.join(room_of(name), name, True, self.people.number(name))
        self._mute.add(name)

    async def begin_anew(self) -> None:
        """Whom the server lost is told, and joins again as a page does."""
        lost, self.side.listener.lost = self.side.listener.lost, {}
        for name in sorted(lost.keys() & self.people.present):
            reason = lost[name]
            if reason == LostReason.DTLS_CLOSED:
                continue  # the goodbye of who reconnects
            tell(f"  {name} was lost: {reason}")
            self.lost[reason] += 1
            await self.side.pool.leave(room_of(name), name)
            await self.side.generator.ask("remove", peer=name)
            await self._sit_down(name)

    async def leave(self, name: str, how: str = "left") -> None:
        """A person goes, telling the server or (vanished) just closing the page."""
        self.people.present.discard(name)
        self._mute.discard(name)
        if how == "left":
            await self.side.pool.leave(room_of(name), name)
        await self.side.generator.ask("remove", peer=name)
        if how == "vanished":
            await self.side.pool.leave(room_of(name), name)  # as signalling does once it notices
        self.moves[how] += 1

    async def reconnect(self, name: str) -> None:
        """A person's subscribe connection starts afresh."""
        await self.side.generator.ask("remove", peer=name, subscriber_only=True)
        await self.side.pool.restart_subscribe(room_of(name), name)
        self.moves["reconnected"] += 1

    async def move(self) -> None:
        """Somebody comes, goes or reconnects."""
        absent = [name for name in self.people.names if name not in self.people.present]
        if absent and self._chance.random() < 0.5:
            return await self.join(self._chance.choice(absent))
        name = self._chance.choice(sorted(self.people.present))
        action = self._chance.choice(("left", "vanished", "reconnect"))
        if action == "reconnect":
            return await self.reconnect(name)
        if len(absent) < len(self.people.names) // 4:
            return await self.leave(name, action)
        return None

    async def answer(self) -> None:
        """Answer offers for ever; those that were overtaken are offered again."""
        generator, pool = self.side.generator, self.side.pool
        while True:
            room, peer, negotiation, sdp = await self.side.listener.offers.get()
            if peer not in self.people.present:
                continue
            answer = await generator.ask("subscribe", peer=peer, sdp=sdp)
            try:
                await pool.answer(room, peer, negotiation, answer["sdp"])
            except MediaError:
                self.stale += 1
            if peer not in self.people.present:
                await generator.ask("remove", peer=peer)

    async def connect(self) -> None:
        """Wait until everybody is connected, a little at a time.

        Whose answer was overtaken is offered again, and the generator must answer that meanwhile.
        """
        deadline = time.monotonic() + CONNECT_S
        while True:
            await self.begin_anew()
            try:
                await self.side.generator.ask("connect", timeout=CONNECT_TURN_S)
            except RuntimeError:
                if time.monotonic() > deadline:
                    raise
            else:
                break
        while self._mute:
            peer = self._mute.pop()
            await self.side.generator.ask("start", multiplier=self._load, peer=peer)

    async def stand_still(self) -> None:
        """Nobody moves: count."""
        generator = self.side.generator
        await asyncio.sleep(SETTLE_S)
        await until(self.side.listener.offers.empty)
        await self.connect()
        await asyncio.sleep(SETTLE_S)
        await generator.ask("count")
        await generator.ask("wait", seconds=STILL_S)
        counted = await generator.ask("counted", expect=self.people.expect())
        self.windows += 1
        self.due += counted["due"]
        self.received += counted["received"]
        if counted["received"] != counted["due"]:
            self.lossy_windows += 1
            tell(f"  lost in window {self.windows}: {counted['missing']}")
        self.sample()

    def sample(self) -> None:
        """Memory and files now."""
        pid = self.side.pid
        now = time.monotonic() - self._began
        self.samples.append((now, resident_mib(pid), open_files(pid)))
        tell(
            f"  {now:6.0f} s  {self.samples[-1][1]:7.1f} MiB  {self.samples[-1][2]:4} files"
            f"  {len(self.people.present):3} present  load {os.getloadavg()[0]:.1f}"
        )


async def _run(seconds: float, share: float, load: float) -> list[Any]:
    side = await OurSide.start()
    try:
        soak = Soak(side, People(share), load)
        before = (open_files(side.pid), threads(side.pid), len(asyncio.all_tasks()), side.pid)
        tell(f"— {soak.people.rooms} rooms, {len(soak.people.names)} people")
        async with _answering(soak):
            for name in soak.people.names:
                await soak.join(name)
            await _live(soak, seconds)
            cpu = cpu_s(side.pid)
            for name in sorted(soak.people.present):
                await soak.leave(name)
        await asyncio.sleep(SETTLE_S)
        return _rows(soak, before, cpu)
    finally:
        await side.close()


@contextlib.asynccontextmanager
async def _answering(soak: Soak) -> AsyncIterator[None]:
    task = asyncio.create_task(soak.answer())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _live(soak: Soak, seconds: float) -> None:
    end = time.monotonic() + seconds
    await soak.stand_still()
    while time.monotonic() < end:
        still_at = time.monotonic() + STILL_EVERY_S
        while time.monotonic() < min(still_at, end):
            await soak.move()
            await asyncio.sleep(MOVE_S)
        await soak.stand_still()


def _rows(soak: Soak, before: tuple[int, int, int, int], cpu: float) -> list[Any]:
    side = soak.side
    described = side.pool.describe()
    drops: Any = described["drops"]
    files, alive, tasks, pid = before
    warm = [s for s in soak.samples if s[0] >= soak.samples[-1][0] * WARM_SHARE]
    unexpected = sum(count for reason, count in drops.items() if reason not in EXPECTED)
    return [
        row("people", "", len(soak.people.names)),
        row("rooms", "", soak.people.rooms),
        *(row(f"people who {how}", "", count) for how, count in soak.moves.items()),
        row("answers overtaken by another offer", "", soak.stale),
        *(row(f"people lost and back: {reason}", "", n) for reason, n in soak.lost.items()),
        row("still windows", "", soak.windows),
        row("still windows with a loss", "", soak.lossy_windows),
        row("packets due in them", "", soak.due),
        row("packets lost in them", "", soak.due - soak.received),
        row("memory at the end", "MiB", soak.samples[-1][1]),
        row("memory slope", "MiB/h", _slope([(at, mib) for at, mib, _ in warm]) * 3600),
        row("open files slope", "1/h", _slope([(at, count) for at, _, count in warm]) * 3600),
        row("open files left over", "", open_files(side.pid) - files if pid == side.pid else None),
        row("threads left over", "", threads(side.pid) - alive if pid == side.pid else None),
        row("tasks left over in the pool", "", len(asyncio.all_tasks()) - tasks),
        row("rooms left over", "", float(str(described["rooms"]))),
        row("workers that died", "", float(str(described["worker_restarts"]))),
        row("worker's CPU", "s", cpu),
        row("drops that nobody expects", "", unexpected),
        *(row(f"dropped: {reason}", "", count) for reason, count in sorted(drops.items())),
    ]


def _slope(points: list[tuple[float, float]]) -> float:
    """Least squares, per second."""
    count = len(points)
    if count < 2:
        return 0.0
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0
