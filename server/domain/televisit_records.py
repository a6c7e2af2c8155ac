"""What is recorded of a televisit: whose link, who came, consent, what the visit was worth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from server.domain.errors import Invalid
from server.domain.instants import rfc3339
from server.domain.texts import storable

WORDS_LIMIT = 1000


class Guest(StrEnum):
    """For whom a link is."""

    PATIENT = "patient"
    CAREGIVER = "caregiver"


class Manner(StrEnum):
    """How consent was given."""

    SPOKEN = "spoken"
    WRITTEN = "written"


class Quality(StrEnum):
    """How good the clinician found the link."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


@dataclass(frozen=True, slots=True)
class Identification:
    """Both identifiers were compared with what the patient said or showed."""

    by: str
    at: datetime
    document_seen: bool

    def to_wire(self) -> dict[str, Any]:
        """JSON values only."""
        return {"by": self.by, "at": rfc3339(self.at), "document_seen": self.document_seen}

    @classmethod
    def from_wire(cls, wire: dict[str, Any]) -> Self:
        """Parse what `to_wire` wrote."""
        return cls(wire["by"], datetime.fromisoformat(wire["at"]), wire["document_seen"])


@dataclass(frozen=True, slots=True)
class Consent:
    """Who agreed to a televisit or did not, when, how, and who recorded it."""

    given: bool
    by: Guest
    how: Manner
    recorded_by: str
    at: datetime

    def to_wire(self) -> dict[str, Any]:
        """JSON values only."""
        return {
            "given": self.given,
            "by": self.by.value,
            "how": self.how.value,
            "recorded_by": self.recorded_by,
            "at": rfc3339(self.at),
        }

    @classmethod
    def from_wire(cls, wire: dict[str, Any]) -> Self:
        """Parse what `to_wire` wrote."""
        by, how, at = Guest(wire["by"]), Manner(wire["how"]), datetime.fromisoformat(wire["at"])
        return cls(wire["given"], by, how, wire["recorded_by"], at)


@dataclass(frozen=True, slots=True)
class Measured:
    """The guests' links as the server saw them: averages over the visit."""

    score: float
    """0 (lost) to 5 (perfect)."""
    rtt_ms: float
    loss: float
    """Share of packets, 0 to 1."""

    def to_wire(self) -> dict[str, float]:
        """JSON values only."""
        return {"score": self.score, "rtt_ms": self.rtt_ms, "loss": self.loss}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the clinician says of the visit once it is over; the report needs all of it."""

    link_quality: Quality | None = None
    suitable: bool | None = None
    note: str = ""
    measured: Measured | None = None

    def checked(self) -> Verdict:
        """Tidy. Raises Invalid when an unsuitable visit is not explained."""
        note = words(self.note, "note")
        if self.suitable is False and not note:
            raise Invalid("Say why the remote visit was not suitable.", path="note")
        return replace(self, note=note)


@dataclass(frozen=True, slots=True)
class Link:
    """Which invitation of a televisit's room is for whom."""

    invitation: str
    televisit: str
    guest: Guest


def words(text: str, path: str) -> str:
    """A text without odd ends. Raises Invalid when it is too long."""
    text = storable(text.strip(), path)
    if len(text) > WORDS_LIMIT:
        raise Invalid(f"At most {WORDS_LIMIT} characters.", path=path)
    return text
