"""From what a page recorded to what a person would have heard and seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

RATE = 48_000
GAP_S = 0.060
SETTLED_S = 1.0
"""Sound is back once it has come for so long."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A fifth of a second of one page's reception."""

    at: float
    """End, in seconds since the epoch."""
    seconds: float
    audio: Mapping[str, float]
    video: Mapping[str, float]
    width: int
    height: int
    rtt_ms: float

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> Sample:
        """What record.js kept."""
        return cls(**raw)

    @property
    def has_gap(self) -> bool:
        """Whether a stretch of more than 60 ms was made up, or nothing played at all."""
        if self.audio.get("total", 0) < self.seconds * RATE / 2:
            return True
        return self.audio["concealed"] / max(1.0, self.audio["events"]) > GAP_S * RATE

    @property
    def is_heard(self) -> bool:
        """Whether most of it was what somebody said."""
        real = self.audio.get("total", 0) - self.audio.get("concealed", 0)
        return real > self.seconds * RATE / 2


@dataclass(frozen=True, slots=True)
class Summary:
    """A stretch of reception."""

    seconds: float
    whole_audio: float
    """Share of the time without a gap of more than 60 ms after concealment."""
    concealed: float
    """Share of the audio that was made up."""
    fps: float
    frozen: float
    """Share of the time."""
    freeze_max_s: float
    kbps: float
    width_min: int
    width_last: int
    rtt_ms: float

    def to_wire(self) -> dict[str, float]:
        """For JSON."""
        return {name: round(float(getattr(self, name)), 4) for name in self.__slots__}


def summarise(samples: Sequence[Sample]) -> Summary:
    """Of at least one sample."""
    seconds = sum(one.seconds for one in samples)
    total = _sum(samples, "audio", "total")
    widths = [one.width for one in samples if one.width]
    return Summary(
        seconds=seconds,
        whole_audio=sum(one.seconds for one in samples if not one.has_gap) / seconds,
        concealed=_sum(samples, "audio", "concealed") / total if total else 1.0,
        fps=_sum(samples, "video", "frames") / seconds,
        frozen=_sum(samples, "video", "frozen") / seconds,
        freeze_max_s=_longest_freeze(samples),
        kbps=_sum(samples, "video", "bytes") * 8 / 1000 / seconds,
        width_min=min(widths, default=0),
        width_last=widths[-1] if widths else 0,
        rtt_ms=max(one.rtt_ms for one in samples),
    )


def _longest_freeze(samples: Sequence[Sample]) -> float:
    """Of stretches without a new frame, to a fifth of a second, and of what the browser counts."""
    longest = max(
        (one.video.get("frozen", 0) / max(1.0, one.video.get("freezes", 0)) for one in samples),
        default=0.0,
    )
    still = 0.0
    for one in samples:
        still = 0.0 if one.video.get("frames", 0) else still + one.seconds
        longest = max(longest, still)
    return longest


def _sum(samples: Sequence[Sample], kind: str, name: str) -> float:
    return sum(float(getattr(one, kind).get(name, 0)) for one in samples)


def audio_back_s(samples: Sequence[Sample], since: float) -> float | None:
    """Seconds after `since` until sound comes to stay; 0 when it never stopped, None: not yet."""
    after = [one for one in samples if one.at > since]
    back = since
    for one in after:
        if not one.is_heard:
            back = one.at
    if not after or after[-1].at - back < SETTLED_S:
        return None
    return back - since


def width_within_s(samples: Sequence[Sample], since: float, *, below: int) -> float | None:
    """Seconds after `since` until the picture is narrower than `below`; None: never."""
    return next(
        (one.at - since for one in samples if one.at > since and 0 < one.width < below), None
    )


def width_back_s(samples: Sequence[Sample], since: float, *, least: int) -> float | None:
    """Seconds after `since` until the picture is at least so wide; None: never."""
    return next((one.at - since for one in samples if one.at > since and one.width >= least), None)
