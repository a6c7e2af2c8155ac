"""A room beside the attacked one, whose packets are counted, and the worker's vital signs."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.media_sides import OurSide, set_up
from tests.bench.scenario import Scenario

SCENARIO = Scenario("witness", publishers=1, subscribers=2)


@dataclass(frozen=True, slots=True)
class Health:
    """What must not change while the worker is attacked."""

    pid: int
    rss_mib: float


class Witness:
    """One publisher and two subscribers whose media flows all the time."""

    def __init__(self, side: OurSide) -> None:
        self.side = side
        self.pool = side.pool

    @property
    def port(self) -> int:
        """The worker's UDP port."""
        described = self.pool.describe()["processes"]
        assert isinstance(described, list)
        return int(described[0]["ports"][0][2])

    def health(self) -> Health:
        """The worker's process and memory; replaced workers show as another pid."""
        status = Path(f"/proc/{self.side.pid}/status").read_text().splitlines()
        rss_kib = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
        return Health(self.side.pid, rss_kib / 1024)

    def kernel_drops(self) -> int:
        """Datagrams the kernel threw away because the worker's receive queue was full."""
        for line in Path("/proc/net/udp").read_text().splitlines()[1:]:
            fields = line.split()
            if int(fields[1].rpartition(":")[2], 16) == self.port:
                return int(fields[-1])
        raise AssertionError("the worker's port is gone")

    @contextlib.asynccontextmanager
    async def counting(self) -> AsyncIterator[None]:
        """Every packet sent meanwhile arrives at both, but for those the kernel dropped."""
        dropped_before = self.kernel_drops()
        await self.side.generator.ask("count")
        yield
        dropped = self.kernel_drops() - dropped_before
        counted = await self.side.generator.ask("counted")
        assert counted["due"] > 0
        # A datagram lost before the worker could read it is missing at both subscribers.
        assert counted["due"] - counted["received"] <= 2 * dropped, (counted, dropped)
        assert counted["loss"] < 0.01, (counted, dropped)


@contextlib.asynccontextmanager
async def witness() -> AsyncIterator[Witness]:
    """A running pool of one worker with the witness room in it."""
    side = await OurSide.start()
    try:
        await set_up(side, SCENARIO)
        await side.generator.ask("start")
        # The generator serves its sockets between commands.
        yield Witness(side)
        assert side.pool.describe()["worker_restarts"] == 0
    finally:
        await side.close()
