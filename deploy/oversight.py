"""What watches the server itself: its clock, its deadlines, and whether anybody would notice."""

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deploy.foundation import Base
from server.adapters.clock import SystemClock
from server.services.clock_watch import WATCH_S, ClockWatch
from server.services.engine import Step
from server.web.health import Probe
from server.web.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Oversight:
    """The watchers, as the engine and the edge want them."""

    clock: ClockWatch | None
    """None where time is told by hand."""

    @property
    def steps(self) -> Sequence[Step]:
        """What they do again and again."""
        return (Step("clock", WATCH_S, self.clock.check),) if self.clock else ()

    @property
    def warnings(self) -> Mapping[str, Probe]:
        """What `/health/ready` warns of."""
        return {"clock": self.clock.probe} if self.clock else {}


def oversee(core: Base, metrics: Metrics) -> Oversight:
    """Join them."""
    return Oversight(_clock_watch(core, metrics))


def _clock_watch(core: Base, metrics: Metrics) -> ClockWatch | None:
    if not isinstance(core.clock, SystemClock):
        return None
    host = socket.gethostname()[:80]
    watch = ClockWatch(core.database, core.clock, core.clock, core.database.server_time, host)
    metrics.watch("clock", watch.describe)
    return watch
