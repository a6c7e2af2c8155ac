"""How soon the guard answers and who carries it, from instants alone: nothing of any patient.

Waiting to deliver, see and accept runs from the filing; joining from the acceptance that stands;
reporting from the first acceptance, or from the exam that waited for it, to the first signature.
Drills are no requests.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Self

from server.domain.errors import Invalid
from server.domain.guard import Priority
from server.domain.guard_results import Promise
from server.domain.guard_services import GuardService
from server.domain.rota import Rota, Shift, zone_of
from server.domain.rota_quality import Load, loads

PERIOD_LIMIT = timedelta(days=366)
PERIOD_USUAL = timedelta(days=30)
NIGHT_BEGINS, NIGHT_ENDS = 20, 8
"""Hours of the service's wall clock."""
_TENTHS = 10


class Measure(StrEnum):
    """What was waited for."""

    DELIVER = "deliver"
    SEE = "see"
    ACCEPT = "accept"
    JOIN = "join"
    REPORT = "report"


class By(StrEnum):
    """What requests are put together by."""

    ALL = "all"
    SERVICE = "service"
    SITE = "site"
    HOUR = "hour"
    PRIORITY = "priority"


@dataclass(frozen=True, slots=True)
class Period:
    """Civil days of a zone, both included."""

    first: date
    last: date
    zone: str

    @classmethod
    def of(cls, first: date | None, last: date | None, today: date, zone: str) -> Self:
        """The last 30 days unless said. Raises Invalid past a year."""
        last = last or today
        first = first or last - PERIOD_USUAL + timedelta(days=1)
        if not first <= last < first + PERIOD_LIMIT:
            raise Invalid("The period is 1 to 366 days.", path="from")
        return cls(first, last, zone)

    @property
    def begin(self) -> datetime:
        """Its first instant."""
        return self._midnight(self.first)

    @property
    def end(self) -> datetime:
        """The first instant after it."""
        return self._midnight(self.last + timedelta(days=1))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), tzinfo=zone_of(self.zone)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Passage:
    """One request's way through the guard."""

    service: str
    site: str
    """The requester's organisation; empty without one."""
    priority: Priority
    created_at: datetime
    wants_call: bool
    promised: Promise
    is_cancelled: bool
    person: str | None
    """Whose acceptance stands."""
    held_at: datetime | None
    """When that one accepted."""
    delivered_at: datetime | None = None
    seen_at: datetime | None = None
    accepted_at: datetime | None = None
    """When anybody accepted first."""
    joined_at: datetime | None = None
    """When whoever holds it joined the call, or telephoned."""
    reported_at: datetime | None = None
    exam_done_at: datetime | None = None
    """When the exam was done that had waited for its justification."""
    awaits_exam: bool = False

    @property
    def readable_at(self) -> datetime | None:
        """Since when somebody could report: who accepted it, and an exam that waited is done."""
        done_at = self.exam_done_at
        if done_at is not None and (self.reported_at is None or done_at <= self.reported_at):
            return done_at
        return None if self.awaits_exam and self.reported_at is None else self.accepted_at


@dataclass(frozen=True, slots=True)
class Times:
    """How long one thing took; of those judged against a target, `within` met it.

    Judged is what happened, and what did not though its target has passed.
    """

    measure: Measure
    count: int
    p50_s: float | None
    p90_s: float | None
    within: int | None
    of: int | None

    @property
    def share(self) -> float | None:
        """0…1, None without a target or with nothing to judge."""
        return self.within / self.of if self.of and self.within is not None else None

    def to_wire(self) -> dict[str, Any]:
        """*GuardTimes* of docs/protocol.md."""
        return {
            "measure": self.measure.value,
            "count": self.count,
            "p50_s": self.p50_s,
            "p90_s": self.p90_s,
            "within": self.within,
            "of": self.of,
            "share": self.share,
        }


@dataclass(frozen=True, slots=True)
class Group:
    """Requests of one service, site, hour or priority."""

    by: By
    key: str
    requests: int
    times: tuple[Times, ...]


@dataclass(frozen=True, slots=True)
class Carried:
    """What one radiologist carries; hours and nights are those of the rotas, as kept."""

    person: str
    accepted: int = 0
    at_night: int = 0
    """Of those accepted."""
    reported: int = 0
    load: Load = field(default_factory=Load)

    @property
    def night_share(self) -> float | None:
        """0…1, None when nothing was accepted."""
        return self.at_night / self.accepted if self.accepted else None

    @property
    def hours(self) -> float:
        """On guard."""
        return self.load.time / timedelta(hours=1)


@dataclass(slots=True)
class _Waits:
    tenths: Counter[int] = field(default_factory=Counter)
    within: int = 0
    of: int = 0


@dataclass(slots=True)
class _Pile:
    requests: int = 0
    waits: dict[Measure, _Waits] = field(default_factory=lambda: {one: _Waits() for one in Measure})


class Tally:
    """Counts passages as they come; grows with what it tells apart, not with how many there are."""

    def __init__(self, services: Mapping[str, GuardService], now: datetime) -> None:
        self._services = services
        self._now = now
        self._piles: defaultdict[tuple[By, str], _Pile] = defaultdict(_Pile)
        self._people: dict[str, Carried] = {}

    def add(self, one: Passage) -> None:
        """Count one in."""
        service = self._services[one.service]
        hour = one.created_at.astimezone(zone_of(service.zone)).hour
        piles = [
            self._piles[By.ALL, ""],
            self._piles[By.SERVICE, one.service],
            self._piles[By.SITE, one.site],
            self._piles[By.HOUR, str(hour)],
            self._piles[By.PRIORITY, one.priority.value],
        ]
        for pile in piles:
            pile.requests += 1
        for wait in _waits(one, self._now):
            for pile in piles:
                _count(pile.waits[wait.measure], wait)
        if one.person is not None and one.held_at is not None:
            self._carry(one.person, one.held_at, one.reported_at is not None, service)

    def groups(self, by: By, keys: Sequence[str] = ()) -> list[Group]:
        """By the keys, which are there even without requests, then the others in order."""
        found = {key: pile for (of, key), pile in self._piles.items() if of is by}
        every = dict.fromkeys((*keys, *sorted(found)))
        return [_group(by, key, found.get(key) or _Pile()) for key in every]

    def carried(self, on_guard: Mapping[str, Load]) -> list[Carried]:
        """Everybody who accepted or was on guard, the most burdened first."""
        people = dict.fromkeys((*self._people, *on_guard))
        found = [
            replace(self._people.get(person, Carried(person)), load=on_guard.get(person, Load()))
            for person in people
        ]
        return sorted(found, key=lambda one: (-one.accepted, -one.hours, one.person))

    def _carry(self, person: str, at: datetime, reported: bool, service: GuardService) -> None:
        known = self._people.get(person, Carried(person))
        hour = at.astimezone(zone_of(service.zone)).hour
        is_night = hour >= NIGHT_BEGINS or hour < NIGHT_ENDS
        self._people[person] = replace(
            known,
            accepted=known.accepted + 1,
            at_night=known.at_night + is_night,
            reported=known.reported + reported,
        )


@dataclass(frozen=True, slots=True)
class _Wait:
    measure: Measure
    seconds: float | None
    target_s: int | None
    is_judged: bool


def _waits(one: Passage, now: datetime) -> Iterator[_Wait]:
    """What was waited for; what cannot be expected of a request is not in it."""
    promised = one.promised
    yield _wait(Measure.DELIVER, one.created_at, one.delivered_at, None, now)
    yield _wait(Measure.SEE, one.created_at, one.seen_at, None, now)
    if one.accepted_at is not None or not one.is_cancelled:
        yield _wait(Measure.ACCEPT, one.created_at, one.accepted_at, promised.accept_s, now)
    if one.wants_call and one.held_at is not None and _is_owed(one, one.joined_at):
        yield _wait(Measure.JOIN, one.held_at, one.joined_at, promised.join_s, now)
    if one.readable_at is not None and _is_owed(one, one.reported_at):
        yield _wait(Measure.REPORT, one.readable_at, one.reported_at, promised.report_s, now)


def _is_owed(one: Passage, done_at: datetime | None) -> bool:
    return done_at is not None or not one.is_cancelled


def _wait(
    measure: Measure, since: datetime, until: datetime | None, target_s: int | None, now: datetime
) -> _Wait:
    seconds = None if until is None else max((until - since).total_seconds(), 0.0)
    is_late = target_s is not None and (now - since).total_seconds() > target_s
    return _Wait(
        measure, seconds, target_s, target_s is not None and (seconds is not None or is_late)
    )


def _count(waits: _Waits, wait: _Wait) -> None:
    if wait.seconds is not None:
        waits.tenths[round(wait.seconds * _TENTHS)] += 1
    if wait.is_judged:
        waits.of += 1
        waits.within += (
            wait.seconds is not None and wait.target_s is not None and wait.seconds <= wait.target_s
        )


def _group(by: By, key: str, pile: _Pile) -> Group:
    times = tuple(_times(measure, waits) for measure, waits in pile.waits.items())
    return Group(by, key, pile.requests, times)


def _times(measure: Measure, waits: _Waits) -> Times:
    has_target = measure not in (Measure.DELIVER, Measure.SEE)
    return Times(
        measure,
        waits.tenths.total(),
        percentile(waits.tenths, 50),
        percentile(waits.tenths, 90),
        waits.within if has_target else None,
        waits.of if has_target else None,
    )


def percentile(tenths: Mapping[int, int], percent: int) -> float | None:
    """The least value that so many percent do not exceed (nearest rank), in seconds."""
    count = sum(tenths.values())
    seen = 0
    for value in sorted(tenths):
        seen += tenths[value]
        if seen * 100 >= count * percent:
            return value / _TENTHS
    return None


def on_guard(found: Sequence[tuple[Rota, Sequence[Shift]]]) -> Mapping[str, Load]:
    """Who was on guard how long; whoever was on two rotas at once was so once."""
    held: defaultdict[str, list[Shift]] = defaultdict(list)
    for _, shifts in found:
        for shift in shifts:
            if shift.member is not None:
                held[shift.member].append(shift)
    return {person: loads(found[0][0], _joined(theirs))[person] for person, theirs in held.items()}


def _joined(found: Sequence[Shift]) -> list[Shift]:
    """The same times without overlaps."""
    joined: list[Shift] = []
    for shift in sorted(found, key=lambda one: one.start):
        last = joined[-1] if joined else None
        if last is not None and shift.start <= last.end:
            joined[-1] = replace(last, end=max(last.end, shift.end))
        else:
            joined.append(shift)
    return joined
