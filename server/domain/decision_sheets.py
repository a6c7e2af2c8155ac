"""Decision sheets (fiche RCP): what a board proposes for one case."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from server.domain.errors import Conflict, Invalid
from server.domain.instants import rfc3339
from server.domain.texts import storable

TEXT_LIMIT = 4000


class SheetIncomplete(Conflict):
    """A decision needs its words."""

    code = "sheet-incomplete"
    message = "The proposal and its place in the guidelines (with the reason outside) are missing."


class SheetChanged(Conflict):
    """Somebody else wrote meanwhile; `version` is the sheet's now."""

    code = "sheet-changed"
    message = "The sheet was changed meanwhile: look at it again."


class Guideline(StrEnum):
    """Whether the proposal follows the guidelines."""

    INSIDE = "inside"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Sheet:
    """The words of the decision; `reason` says why it is outside guidelines."""

    proposal: str = ""
    guideline: Guideline | None = None
    reason: str = ""
    reference: str = ""
    next_step: str = ""

    @classmethod
    def of(
        cls, proposal: str, guideline: Guideline | None, reason: str, reference: str, next_step: str
    ) -> Self:
        """Normalise. Raises Invalid on long texts."""
        return cls(
            _text(proposal, "proposal"),
            guideline,
            _text(reason, "reason"),
            _text(reference, "reference"),
            _text(next_step, "next_step"),
        )

    def require_complete(self) -> None:
        """Raise SheetIncomplete."""
        if not self.proposal or self.guideline is None:
            raise SheetIncomplete
        if self.guideline is Guideline.OUTSIDE and not self.reason:
            raise SheetIncomplete("Say why the decision is outside the guidelines.")

    def to_wire(self) -> dict[str, Any]:
        """`{proposal, guideline, reason, reference, next_step}`."""
        return asdict(self)

    @classmethod
    def of_wire(cls, wire: Mapping[str, Any]) -> Self:
        """What `to_wire` wrote."""
        guideline = wire["guideline"]
        return cls(**{**wire, "guideline": None if guideline is None else Guideline(guideline)})


@dataclass(frozen=True, slots=True)
class Signature:
    """The coordinator's, over everything that the sheet says (`sha256` of its canonical JSON)."""

    person: str
    name: str
    qualification: str
    at: datetime
    sha256: str

    def to_wire(self) -> dict[str, Any]:
        """`{person, name, qualification, at, sha256}`."""
        return {**asdict(self), "at": rfc3339(self.at)}

    @classmethod
    def of_wire(cls, wire: Mapping[str, Any]) -> Self:
        """What `to_wire` wrote."""
        return cls(**{**wire, "at": datetime.fromisoformat(wire["at"])})


def digest(facts: Mapping[str, Any]) -> str:
    """SHA-256 of JSON with sorted keys and without spaces."""
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _text(text: str, path: str) -> str:
    text = text.strip()
    if len(text) > TEXT_LIMIT:
        raise Invalid("This text is longer than 4000 characters.", path=path)
    return storable(text, path)
