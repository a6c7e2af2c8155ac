"""How much each server forwards on one core before it loses packets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.bench.media_sides import Side
from tests.bench.process import cpu_s
from tests.bench.report import tell
from tests.bench.scenario import Scenario

LOSS_MAX = 0.001
GROWTH = 1.6
STEPS_MAX = 14
PACKETS_PER_S = 170  # of one publisher
STARVED = 0.6  # a generator that sends less than this share is no load
PRECISION = 1.08
TRIES = 2  # one clean probe is enough: a busy neighbour must not decide


@dataclass(slots=True)
class Search:
    """Raises the load until packets are lost, then halves the doubt; pure."""

    load: float
    clean: float = 0.0
    lossy: float = 0.0
    steps: int = 0
    _tries: int = 0

    @property
    def is_over(self) -> bool:
        """Whether the limit is known well enough, or the time for it is up."""
        return self.steps >= STEPS_MAX or bool(
            self.lossy and self.clean and self.lossy / self.clean < PRECISION
        )

    def probed(self, is_clean: bool) -> None:
        """Take the result at `load` and choose the next."""
        self.steps += 1
        if is_clean:
            self.clean = max(self.clean, self.load)
        elif self._tries + 1 < TRIES:
            self._tries += 1
            return
        else:
            self.lossy = self.load
        self._tries = 0
        if not self.lossy:
            self.load *= GROWTH
        elif not self.clean:
            self.load /= GROWTH
        else:
            self.load = (self.clean * self.lossy) ** 0.5


@dataclass(slots=True)
class Limit:
    """The most that one server forwarded cleanly."""

    search: Search
    packets_per_s: float = 0.0
    cpu_us: float | None = None
    generator_busy: float = 0.0

    @property
    def multiplier(self) -> float:
        """The publishers' load at that rate."""
        return self.search.clean


async def limits(
    sides: Mapping[str, Side], scenario: Scenario, seconds: float, start: float
) -> dict[str, Limit]:
    """Probe every server in turn until each limit is found."""
    found = {name: Limit(Search(start)) for name in sides}
    while not all(limit.search.is_over for limit in found.values()):
        for name, limit in found.items():
            if not limit.search.is_over:
                await _probe(sides[name], scenario, seconds, name, limit)
    return found


async def _probe(side: Side, scenario: Scenario, seconds: float, name: str, limit: Limit) -> None:
    load = limit.search.load
    generator_before = cpu_s(side.generator.pid)
    seen = await side.generator.ask(
        "probe", multiplier=load, paced=scenario.paced, seconds=seconds, expect=scenario.expect
    )
    busy = (cpu_s(side.generator.pid) - generator_before) / (seen["wall"] or 1)
    loss = 1 - seen["received"] / seen["due"] if seen["due"] else 1.0
    rate = seen["received"] / seen["seconds"]
    is_clean = loss < LOSS_MAX
    if is_clean and rate > limit.packets_per_s:
        limit.packets_per_s, limit.generator_busy = rate, busy
    tell(_line(name, load, rate, loss, busy, seen))
    due = PACKETS_PER_S * load * len(scenario.senders) * seen["seconds"]
    if seen["sent"] < STARVED * due:
        tell("    the generator cannot send more")
        limit.search.steps = STEPS_MAX
    limit.search.probed(is_clean)


def _line(
    name: str, load: float, rate: float, loss: float, busy: float, seen: Mapping[str, Any]
) -> str:
    text = f"  {name:24} ×{load:5.1f}  {rate:9,.0f}/s  loss {100 * loss:6.3f} %"
    text += f"  generator {100 * busy:3.0f} %"
    return text + (f", dropped {seen['dropped']}" if seen["dropped"] else "")
