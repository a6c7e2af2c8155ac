"""What watches the server itself: its clock, its deadlines, and whether anybody would notice."""

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deploy.foundation import Base
from server.adapters.clock import SystemClock
from server.adapters.courier import HttpCourier
from server.services.clock_watch import WATCH_S, ClockWatch
from server.services.engine import Step
from server.services.guard_auditor import AUDIT_S, GuardAuditor
from server.services.heartbeat import BEAT_S, Heartbeat
from server.web.health import Probe
from server.web.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Oversight:
    """The watchers, as the engine and the edge want them."""

    auditor: GuardAuditor
    heartbeat: Heartbeat
    clock: ClockWatch | None
    """None where time is told by hand."""

    @property
    def steps(self) -> Sequence[Step]:
        """What the engine does again and again for them."""
        watched = (Step("clock", WATCH_S, self.clock.check),) if self.clock else ()
        return (*watched, Step("guard-audit", AUDIT_S, self.auditor.audit))

    @property
    def errands(self) -> Sequence[Step]:
        """What waits for others' servers."""
        return (Step("heartbeat", BEAT_S, self.heartbeat.beat),)

    @property
    def warnings(self) -> Mapping[str, Probe]:
        """What `/health/ready` warns of."""
        clock = {"clock": self.clock.probe} if self.clock else {}
        return {**clock, "guard": self.auditor.warn}


def oversee(core: Base, metrics: Metrics, heartbeat_url: str | None) -> Oversight:
    """Join them."""
    clock = _clock_watch(core, metrics)
    auditor = GuardAuditor(core.database, core.clock)
    probes = (auditor.probe, *((clock.probe,) if clock else ()))
    heartbeat = Heartbeat(HttpCourier(plain=True), heartbeat_url, probes)
    metrics.watch("guard_audit", auditor.describe)
    metrics.watch("heartbeat", heartbeat.describe)
    return Oversight(auditor, heartbeat, clock)


def _clock_watch(core: Base, metrics: Metrics) -> ClockWatch | None:
    if not isinstance(core.clock, SystemClock):
        return None
    host = socket.gethostname()[:80]
    watch = ClockWatch(core.database, core.clock, core.clock, core.database.server_time, host)
    metrics.watch("clock", watch.describe)
    return watch
