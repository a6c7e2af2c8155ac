"""The quality record: what a person's link in a call was like, minute by minute."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from server.domain.errors import Invalid
from server.domain.instants import rfc3339

RETENTION = timedelta(days=90)
DAYS_LIMIT = 30
"""How far back an overview of calls goes: it is counted anew each time."""
POOR_SCORE = 2.75
"""Below it people complain (of 5)."""


class LinkPath(StrEnum):
    """The way that media takes between a device and the server."""

    UDP = "udp"
    TCP = "tcp"
    TURN_UDP = "turn-udp"
    TURN_TCP = "turn-tcp"
    TURN_TLS = "turn-tls"


@dataclass(frozen=True, slots=True)
class Told:
    """What only the device knows, of the time since it last told."""

    path: LinkPath | None = None
    height_up: int | None = None
    """Highest picture sent, in lines."""
    height_down: int | None = None
    """Highest picture shown, in lines."""
    freezes: int = 0
    frozen_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Seat:
    """Whose link: one device of one person in one call."""

    call: str
    room: str
    peer: str
    person: str
    site: str | None
    """The person's organisation; None for guests."""

    @property
    def is_guest(self) -> bool:
        """A person without an account, as a patient is."""
        return self.person.startswith("guest:")


@dataclass(frozen=True, slots=True)
class Minute:
    """Means over one minute; None where nothing could be measured."""

    seat: Seat
    at: datetime
    """When it began: a full minute, or the moment of entering."""
    readings: int
    score: float
    """0 (unusable) to 5 (excellent)."""
    score_min: float
    loss_up: float | None
    """Share of packets, 0 to 1."""
    loss_down: float | None
    jitter_ms: float | None
    rtt_ms: float | None
    kbps_up: float
    kbps_down: float
    height_up: int | None
    height_down: int | None
    freezes: int
    frozen_s: float
    path: LinkPath | None

    def to_wire(self) -> dict[str, Any]:
        """*QualityMinute* of docs/protocol.md."""
        return {
            "at": rfc3339(self.at),
            "score": self.score,
            "score_min": self.score_min,
            "loss_up": self.loss_up,
            "loss_down": self.loss_down,
            "jitter_ms": self.jitter_ms,
            "rtt_ms": self.rtt_ms,
            "kbps_up": self.kbps_up,
            "kbps_down": self.kbps_down,
            "height_up": self.height_up,
            "height_down": self.height_down,
            "freezes": self.freezes,
            "frozen_s": self.frozen_s,
            "path": self.path.value if self.path else None,
        }


class _Mean:
    __slots__ = ("_count", "_sum")

    def __init__(self) -> None:
        self._count = 0
        self._sum = 0.0

    def add(self, value: float) -> None:
        self._sum += value
        self._count += 1

    def value(self, digits: int) -> float | None:
        return round(self._sum / self._count, digits) if self._count else None


class MinuteMeter:
    """Adds up one seat's minute (mutable: fed every few seconds by everybody in every call)."""

    __slots__ = (
        "_freezes", "_frozen_s", "_height_down", "_height_up", "_jitter", "_kbps_down", "_kbps_up",
        "_loss_down", "_loss_up", "_path", "_rtt", "_score", "_score_min", "at", "readings", "seat",
    )  # fmt: skip

    def __init__(self, seat: Seat, at: datetime, path: LinkPath | None = None) -> None:
        self.seat = seat
        self.at = at.replace(microsecond=0)
        self.readings = 0
        self._score, self._loss_up, self._loss_down = _Mean(), _Mean(), _Mean()
        self._jitter, self._rtt = _Mean(), _Mean()
        self._kbps_up, self._kbps_down = _Mean(), _Mean()
        self._score_min = 5.0
        self._height_up: int | None = None
        self._height_down: int | None = None
        self._freezes = 0
        self._frozen_s = 0.0
        self._path = path

    def hear(self, stats: Mapping[str, float]) -> None:
        """A reading of the media plane; a direction without traffic has no loss to speak of."""
        self.readings += 1
        score = stats.get("score", 0.0)
        up, down = stats.get("kbps_up", 0.0), stats.get("kbps_down", 0.0)
        self._score.add(score)
        self._score_min = min(self._score_min, score)
        self._kbps_up.add(up)
        self._kbps_down.add(down)
        if up > 0:
            self._loss_up.add(stats.get("loss_up", 0.0))
        if down > 0:
            self._loss_down.add(stats.get("loss_down", 0.0))
        if up > 0 or down > 0:
            self._jitter.add(stats.get("jitter_ms", 0.0))
        if stats.get("rtt_ms", 0.0) > 0:
            self._rtt.add(stats["rtt_ms"])

    def tell(self, told: Told) -> None:
        """What the device says of itself."""
        self._path = told.path or self._path
        self._height_up = _higher(self._height_up, told.height_up)
        self._height_down = _higher(self._height_down, told.height_down)
        self._freezes += told.freezes
        self._frozen_s += told.frozen_s

    def begin(self, now: datetime) -> MinuteMeter:
        """The meter of another minute; the path stays until told otherwise."""
        return MinuteMeter(self.seat, _minute(now), self._path)

    def is_over(self, now: datetime) -> bool:
        """Whether another minute of the clock has begun."""
        return _minute(now) != _minute(self.at)

    def minute(self) -> Minute | None:
        """What was measured so far; None without any reading."""
        score = self._score.value(2)
        if score is None:
            return None
        return Minute(
            seat=self.seat,
            at=self.at,
            readings=self.readings,
            score=score,
            score_min=self._score_min,
            loss_up=self._loss_up.value(4),
            loss_down=self._loss_down.value(4),
            jitter_ms=self._jitter.value(1),
            rtt_ms=self._rtt.value(1),
            kbps_up=self._kbps_up.value(1) or 0.0,
            kbps_down=self._kbps_down.value(1) or 0.0,
            height_up=self._height_up,
            height_down=self._height_down,
            freezes=self._freezes,
            frozen_s=round(min(self._frozen_s, 60.0), 2),
            path=self._path,
        )


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _higher(one: int | None, other: int | None) -> int | None:
    heights = [height for height in (one, other) if height is not None]
    return max(heights) if heights else None


@dataclass(frozen=True, slots=True)
class CallSummary:
    """One call as an administrator sees it: figures, never a title or a patient."""

    call: str
    room: str
    kind: str
    begun_at: datetime
    ended_at: datetime
    people: int
    minutes: int
    """Person-minutes."""
    poor_minutes: int
    score: float
    score_min: float
    loss: float | None
    """The worse direction's mean."""
    rtt_ms: float | None
    freezes: int
    frozen_s: float

    def to_wire(self) -> dict[str, Any]:
        """*CallSummary* of docs/protocol.md."""
        return {
            "call": self.call,
            "kind": self.kind,
            "begun_at": rfc3339(self.begun_at),
            "ended_at": rfc3339(self.ended_at),
            "people": self.people,
            "minutes": self.minutes,
            "poor_minutes": self.poor_minutes,
            "score": round(self.score, 2),
            "score_min": self.score_min,
            "loss": None if self.loss is None else round(self.loss, 4),
            "rtt_ms": None if self.rtt_ms is None else round(self.rtt_ms, 1),
            "freezes": self.freezes,
            "frozen_s": round(self.frozen_s, 1),
        }


@dataclass(frozen=True, slots=True)
class PathShare:
    """How links of one site on one path did."""

    site: str | None
    site_name: str | None
    path: LinkPath | None
    minutes: int
    poor_minutes: int
    score: float
    loss: float | None
    rtt_ms: float | None

    def to_wire(self) -> dict[str, Any]:
        """*PathShare* of docs/protocol.md."""
        return {
            "site": self.site,
            "site_name": self.site_name,
            "path": self.path.value if self.path else None,
            "minutes": self.minutes,
            "poor_minutes": self.poor_minutes,
            "score": round(self.score, 2),
            "loss": None if self.loss is None else round(self.loss, 4),
            "rtt_ms": None if self.rtt_ms is None else round(self.rtt_ms, 1),
        }


@dataclass(frozen=True, slots=True)
class Mean:
    """A link over several minutes, each weighted by its readings."""

    score: float
    rtt_ms: float
    loss: float

    @classmethod
    def of(cls, minutes: Iterable[Minute]) -> Mean | None:
        """None without any minute."""
        kept = list(minutes)
        weight = sum(one.readings for one in kept)
        if not weight:
            return None
        timed = [one for one in kept if one.rtt_ms is not None]
        timed_weight = sum(one.readings for one in timed)
        rtt = sum((one.rtt_ms or 0.0) * one.readings for one in timed)
        loss = sum(max(one.loss_up or 0.0, one.loss_down or 0.0) * one.readings for one in kept)
        return cls(
            round(sum(one.score * one.readings for one in kept) / weight, 2),
            round(rtt / timed_weight, 1) if timed_weight else 0.0,
            round(loss / weight, 4),
        )


def since(now: datetime, days: int) -> datetime:
    """The begin of an overview. Raises Invalid unless 1 to 30 days."""
    if not 1 <= days <= DAYS_LIMIT:
        raise Invalid(f"The period is 1 to {DAYS_LIMIT} days.", path="days")
    return now - timedelta(days=days)
