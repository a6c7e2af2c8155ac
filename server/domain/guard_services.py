"""Guard services: which rotas answer for a kind of examination, in which order, how fast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from server.domain.errors import Conflict, Invalid
from server.domain.guard_results import Promise, Targets
from server.domain.rota import zone_of
from server.domain.texts import storable

NAME_LIMIT = 120
MODALITY_LIMIT = 40
PHONE_LIMIT = 40
STEPS_LIMIT = 5
TEXT_LIMIT = 500
LOCALS_LIMIT = 50
REPEATS = range(6)
DELAYS_S = range(5, 3601)
JOINS_S = range(30, 3601)
REPORTS_MINUTES = range(5, 1441)


class NameTaken(Conflict):
    """An organisation tells its services apart by their names."""

    message = "This organisation has a service of this name."

    def __init__(self) -> None:
        super().__init__(path="name")


class ServiceMoved(Conflict):
    """Somebody else changed the service meanwhile."""

    message = "Somebody else has just changed this service: look again."


class ServiceBusy(Conflict):
    """A service with open requests cannot be retired: nobody would answer them."""

    code = "service-busy"
    message = "This service still has open requests: they must be closed or cancelled first."


@dataclass(frozen=True, slots=True)
class Step:
    """Whom to alert, and how long they have to accept before the next step.

    One of a rota, a person, or what the requester is told to do by telephone.
    """

    rota: str | None
    delay_s: int
    person: str | None = None
    text: str | None = None

    def check(self) -> Step:
        """The same with tidy words. Raises Invalid."""
        if self.delay_s not in DELAYS_S:
            raise Invalid("A step waits 5 to 3600 seconds.", path="steps")
        if sum(one is not None for one in (self.rota, self.person, self.text)) != 1:
            raise Invalid("A step is a rota, a person or a text.", path="steps")
        return replace(self, text=self.text and _line(self.text, TEXT_LIMIT, "steps"))


@dataclass(frozen=True, slots=True)
class Local:
    """A trust's own rota, which is alerted before everybody else when that trust asks."""

    organisation: str
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
    repeats: int = 0
    """How often all steps are gone through again before nobody answered."""
    local: tuple[Local, ...] = ()
    targets: Targets = field(default_factory=Targets)
    retired_at: datetime | None = None
    """Since when it takes no requests any more; those that it had stay readable."""
    version: int = 1

    def check(self) -> GuardService:
        """The same with tidy words. Raises Invalid."""
        if not 1 <= len(self.steps) <= STEPS_LIMIT:
            raise Invalid("A service has 1 to 5 steps.", path="steps")
        if all(step.text is not None for step in self.steps):
            raise Invalid("Somebody must be alerted in some step.", path="steps")
        if self.repeats not in REPEATS:
            raise Invalid("A service repeats its steps at most 5 times.", path="repeats")
        if len({each.organisation for each in self.local}) != len(self.local):
            raise Invalid("A trust has one rota of its own.", path="local")
        if len(self.local) > LOCALS_LIMIT or any(e.delay_s not in DELAYS_S for e in self.local):
            raise Invalid("At most 50 trusts, who wait 5 to 3600 seconds.", path="local")
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
            steps=tuple(step.check() for step in self.steps),
        )

    def retire(self, now: datetime) -> GuardService:
        """It takes no requests any more, and leaves its name to another."""
        until = f" (– {now.astimezone(UTC):%Y-%m-%d %H:%M:%S})"
        name = self.name[: NAME_LIMIT - len(until)] + until
        return replace(self, name=name, retired_at=now)

    def policy(self, organisation: str | None) -> tuple[Step, ...]:
        """Every step of a request in order: its own trust's rota, then all of ours, repeated."""
        own = [
            Step(one.rota, one.delay_s) for one in self.local if one.organisation == organisation
        ]
        return (*own, *self.steps * (1 + self.repeats))

    def promise(self, priority: str) -> Promise:
        """What is promised to a request of some priority that is filed now."""
        accept_s = self.targets.of(priority).accept_s
        return Promise(accept_s, self.join_s, self.report_minutes * 60)

    @property
    def first(self) -> tuple[Step, ...]:
        """Whom requests ring first: each trust's own rota, then the first step with anybody."""
        named = [step for step in self.steps if step.text is None]
        return (*(Step(one.rota, one.delay_s) for one in self.local), *named[:1])

    @property
    def rotas(self) -> frozenset[str]:
        """Every rota that may be alerted."""
        named = {step.rota for step in self.steps if step.rota is not None}
        return frozenset(named | {each.rota for each in self.local})

    @property
    def people(self) -> frozenset[str]:
        """Everybody who is alerted by name."""
        return frozenset(step.person for step in self.steps if step.person is not None)


@dataclass(frozen=True, slots=True)
class Duty:
    """Who is on call in a step now, and whether the person can be heard to be called."""

    person: str | None
    is_ready: bool = False
    is_words: bool = False
    """Nobody is alerted: the requester is told whom to telephone."""


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
    told: tuple[int, ...] = ()
    """Steps in words, for the requester."""

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
    alerted, empty, told = [], [], []
    last = len(steps) - 1
    for at in range(start, len(steps)):
        if duties[at].is_words:
            told.append(at)
            last = at
            break
        if duties[at].person is None:
            empty.append(at)
            continue
        alerted.append(at)
        if duties[at].is_ready:
            last = at
            break
    return Firing(tuple(alerted), tuple(empty), last, steps[last].delay_s, False, told=tuple(told))


def _line(text: str, limit: int, path: str) -> str:
    text = " ".join(text.split())
    if not 0 < len(text) <= limit:
        raise Invalid(f"This must have 1 to {limit} characters.", path=path)
    return storable(text, path)
