"""Guard services: which rotas answer for a kind of examination, in which order, how fast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from server.domain.errors import Conflict, Invalid
from server.domain.guard_results import Targets
from server.domain.rota import zone_of
from server.domain.texts import storable

NAME_LIMIT = 120
MODALITY_LIMIT = 40
PHONE_LIMIT = 40
STEPS_LIMIT = 5
DELAYS_S = range(5, 3601)
JOINS_S = range(30, 3601)
REPORTS_MINUTES = range(5, 1441)


class ServiceMoved(Conflict):
    """Somebody else changed the service meanwhile."""

    message = "Somebody else has just changed this service: look again."


@dataclass(frozen=True, slots=True)
class Step:
    """A rota to alert, and how long it has to accept before the next one is alerted."""

    rota: str
    delay_s: int


@dataclass(frozen=True, slots=True)
class GuardService:
    """`phone` is what requesters call when nobody answers; times in the units named."""

    id: str
    organisation: str
    name: str
    modality: str
    phone: str
    zone: str
    steps: tuple[Step, ...]
    join_s: int = 180
    report_minutes: int = 60
    targets: Targets = field(default_factory=Targets)
    version: int = 1

    def check(self) -> GuardService:
        """The same with tidy words. Raises Invalid."""
        if not 1 <= len(self.steps) <= STEPS_LIMIT:
            raise Invalid("A service has 1 to 5 steps.", path="steps")
        if any(step.delay_s not in DELAYS_S for step in self.steps):
            raise Invalid("A step waits 5 to 3600 seconds.", path="steps")
        if self.join_s not in JOINS_S:
            raise Invalid("Joining takes 30 to 3600 seconds.", path="join_s")
        if self.report_minutes not in REPORTS_MINUTES:
            raise Invalid("A report takes 5 to 1440 minutes.", path="report_minutes")
        zone_of(self.zone)
        self.targets.check()
        return replace(
            self,
            name=_line(self.name, NAME_LIMIT, "name"),
            modality=_line(self.modality, MODALITY_LIMIT, "modality"),
            phone=_line(self.phone, PHONE_LIMIT, "phone"),
        )


@dataclass(frozen=True, slots=True)
class Duty:
    """Who is on call in a step now, and whether the person can be heard to be called."""

    person: str | None
    is_ready: bool = False


@dataclass(frozen=True, slots=True)
class Firing:
    """What one escalation does; steps count from 0."""

    alerted: tuple[int, ...]
    empty: tuple[int, ...]
    last: int
    """The last step that fired."""
    delay_s: int
    """Until the next escalation."""
    is_exhausted: bool

    @property
    def is_unheard(self) -> bool:
        """Whether nobody at all was alerted."""
        return not self.alerted


def fire(steps: Sequence[Step], duties: Sequence[Duty], start: int) -> Firing:
    """Alert the step at `start`, and those after it at once while nobody is there or ready.

    An empty step advances at once; an unready one is alerted and the next beside it. Past the
    last step, the last one with anybody on call is alerted again.
    """
    if start >= len(steps):
        held = [at for at, duty in enumerate(duties) if duty.person is not None]
        last = len(steps) - 1
        return Firing(tuple(held[-1:]), () if held else (last,), last, steps[last].delay_s, True)
    alerted, empty = [], []
    for at in range(start, len(steps)):
        if duties[at].person is None:
            empty.append(at)
            continue
        alerted.append(at)
        if duties[at].is_ready:
            break
    last = alerted[-1] if alerted and duties[alerted[-1]].is_ready else len(steps) - 1
    return Firing(tuple(alerted), tuple(empty), last, steps[last].delay_s, False)


def _line(text: str, limit: int, path: str) -> str:
    text = " ".join(text.split())
    if not 0 < len(text) <= limit:
        raise Invalid(f"This must have 1 to {limit} characters.", path=path)
    return storable(text, path)
