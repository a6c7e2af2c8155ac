"""What consulted doctors think, each over an own signature, and what the requester makes of it.

HL7 Italia, Relazione collaborativa: every consulted doctor's own opinion, the requester's
synthesis, persistent disagreement stated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from server.domain.errors import Conflict, Invalid
from server.domain.instants import rfc3339
from server.domain.texts import storable

TEXT_LIMIT = 20_000


class OpinionMissing(Conflict):
    """A consulted doctor has not signed yet."""

    code = "opinion-missing"
    message = "Not every consulted doctor has signed an opinion."


class DisagreementUnstated(Conflict):
    """Somebody disagrees with the outcome, and the synthesis does not say so."""

    code = "disagreement-unstated"
    message = "A doctor disagrees with this outcome: state the disagreement."


class AlreadySigned(Conflict):
    """What is signed stays as it is."""

    code = "already-signed"
    message = "This is signed and cannot be changed."


class Outcome(StrEnum):
    """What comes of a consultation."""

    ELIGIBLE = "eligible"
    NOT_ELIGIBLE = "not_eligible"
    DATA_MISSING = "data_missing"


@dataclass(frozen=True, slots=True)
class Seal:
    """Who signed what and when; `sha256` is of the words signed."""

    name: str
    qualification: str
    at: datetime
    sha256: str

    @classmethod
    def on(cls, words: Sequence[str], name: str, qualification: str, now: datetime) -> Self:
        """Sign some words."""
        digest = hashlib.sha256("\0".join(words).encode()).hexdigest()
        return cls(name, qualification, now, digest)

    def to_wire(self) -> dict[str, str]:
        """*Signature* of docs/protocol.md."""
        return {
            "name": self.name,
            "qualification": self.qualification,
            "at": rfc3339(self.at),
            "sha256": self.sha256,
        }

    @classmethod
    def from_wire(cls, wire: dict[str, str]) -> Self:
        """Parse what `to_wire` wrote."""
        at = datetime.fromisoformat(wire["at"])
        return cls(wire["name"], wire["qualification"], at, wire["sha256"])


@dataclass(frozen=True, slots=True)
class Doctor:
    """Somebody whose opinion is asked, named as of that moment."""

    consultation: str
    person: str
    name: str
    qualification: str
    organisation: str
    invited_by: str
    invited_at: datetime


@dataclass(frozen=True, slots=True)
class Opinion:
    """One doctor's view in one round; nobody else reads it before it is signed."""

    consultation: str
    round: int
    doctor: str
    text: str = ""
    position: Outcome | None = None
    seal: Seal | None = None

    def write(self, text: str, position: Outcome | None) -> Opinion:
        """Keep a draft. Raises AlreadySigned, Invalid."""
        if self.seal is not None:
            raise AlreadySigned
        return replace(self, text=prose(text, "text"), position=position)

    def sign(self, name: str, qualification: str, now: datetime) -> Opinion:
        """Make it final. Raises AlreadySigned, Invalid without text or position."""
        if self.seal is not None:
            raise AlreadySigned
        if not self.text:
            raise Invalid("An opinion needs words.", path="text")
        if self.position is None:
            raise Invalid("An opinion takes a position.", path="position")
        words = (self.consultation, str(self.round), self.position.value, self.text)
        return replace(self, seal=Seal.on(words, name, qualification, now))

    def to_wire(self) -> dict[str, Any]:
        """*Opinion* of docs/protocol.md."""
        return {
            "doctor": self.doctor,
            "round": self.round,
            "text": self.text,
            "position": self.position.value if self.position else None,
            "signature": self.seal.to_wire() if self.seal else None,
        }


@dataclass(frozen=True, slots=True)
class Synthesis:
    """The requester's conclusion of one round."""

    consultation: str
    round: int
    text: str = ""
    disagreement: str = ""
    outcome: Outcome | None = None
    seal: Seal | None = None

    def write(self, text: str, disagreement: str, outcome: Outcome | None) -> Synthesis:
        """Keep a draft. Raises AlreadySigned, Invalid."""
        if self.seal is not None:
            raise AlreadySigned
        words = prose(text, "text"), prose(disagreement, "disagreement")
        return replace(self, text=words[0], disagreement=words[1], outcome=outcome)

    def finalise(
        self,
        doctors: Iterable[str],
        opinions: Iterable[Opinion],
        name: str,
        qualification: str,
        now: datetime,
    ) -> tuple[Synthesis, Outcome]:
        """Sign it: every consulted doctor has signed, and who disagrees is heard.

        `opinions` are those of this round.

        Raises OpinionMissing, DisagreementUnstated, AlreadySigned, Invalid.
        """
        if self.seal is not None:
            raise AlreadySigned
        if not self.text:
            raise Invalid("A synthesis needs words.", path="text")
        if self.outcome is None:
            raise Invalid("A synthesis has an outcome.", path="outcome")
        signed = {one.doctor: one for one in opinions if one.seal is not None}
        wanted = set(doctors)
        if not wanted or not wanted <= signed.keys():
            raise OpinionMissing
        if not self.disagreement and any(
            one.position is not self.outcome for one in signed.values()
        ):
            raise DisagreementUnstated
        words = (self.consultation, str(self.round), self.outcome.value, self.text)
        seal = Seal.on((*words, self.disagreement), name, qualification, now)
        return replace(self, seal=seal), self.outcome

    def to_wire(self) -> dict[str, Any]:
        """*Synthesis* of docs/protocol.md."""
        return {
            "round": self.round,
            "text": self.text,
            "disagreement": self.disagreement,
            "outcome": self.outcome.value if self.outcome else None,
            "signature": self.seal.to_wire() if self.seal else None,
        }


def prose(text: str, path: str) -> str:
    """Words of a person. Raises Invalid when there are too many."""
    text = text.strip()
    if len(text) > TEXT_LIMIT:
        raise Invalid(f"At most {TEXT_LIMIT} characters.", path=path)
    return storable(text, path)
