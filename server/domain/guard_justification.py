"""Justification: a radiologist says before the exam whether it is done, and how.

Where the requester asks for it the exposure waits for the answer, and no report is signed without
one (Directive 2013/59/Euratom, articles 55 and 57).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from server.domain.errors import Conflict, Invalid
from server.domain.instants import rfc3339
from server.domain.texts import storable

PROTOCOL_LIMIT = 2000


class JustificationMissing(Conflict):
    """The requester waits with the exam: nothing can have been read yet."""

    code = "justification-missing"
    message = "Say first whether the exam is justified: the requester waits for it."


class Verdict(StrEnum):
    """Whether the exam is done."""

    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not_justified"
    ALTERNATIVE = "alternative"
    """Another exam instead."""


@dataclass(frozen=True, slots=True)
class Justification:
    """Who said what; the text is the protocol, the reason or what to do instead."""

    verdict: Verdict
    text: str
    person: str
    name: str
    at: datetime

    @classmethod
    def of(cls, verdict: Verdict, text: str, person: str, name: str, at: datetime) -> Self:
        """With tidy words. Raises Invalid when it needs words and has none."""
        text = text.replace("\r\n", "\n").strip()
        if len(text) > PROTOCOL_LIMIT:
            raise Invalid(f"This must have at most {PROTOCOL_LIMIT} characters.", path="text")
        if not text and verdict is not Verdict.JUSTIFIED:
            raise Invalid("Say why, or what to do instead.", path="text")
        return cls(verdict, storable(text, "text"), person, name, at)

    @property
    def allows(self) -> bool:
        """Whether an exam is done at all: this one, or another instead."""
        return self.verdict is not Verdict.NOT_JUSTIFIED

    def says(self, other: Justification | None) -> bool:
        """Whether another says the same in the same person's name."""
        mine = (self.verdict, self.text, self.person)
        return other is not None and mine == (other.verdict, other.text, other.person)

    def to_wire(self) -> dict[str, Any]:
        """*Justification* of docs/protocol.md."""
        return {
            "verdict": self.verdict.value,
            "text": self.text,
            "by": {"id": self.person, "name": self.name},
            "at": rfc3339(self.at),
        }

    def to_row(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "verdict": self.verdict.value,
            "text": self.text,
            "person": self.person,
            "name": self.name,
            "at": self.at.isoformat(),
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """As it was stored."""
        at = datetime.fromisoformat(row["at"])
        return cls(Verdict(row["verdict"]), row["text"], row["person"], row["name"], at)
