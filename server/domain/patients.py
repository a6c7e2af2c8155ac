"""Patients, minimised: who it is, proved by two identifiers, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from server.domain.errors import Conflict, Invalid
from server.domain.texts import storable

NAME_LIMIT = 120
IDENTIFIER_LIMIT = 64
OLDEST = date(1900, 1, 1)


class PatientMismatch(Conflict):
    """The two identifiers belong to different people: stop and look again (hazard 8)."""

    code = "patient-mismatch"
    message = "This identifier belongs to a patient with another date of birth: check both."


@dataclass(frozen=True, slots=True)
class Identity:
    """What a person is known by: an identifier (health card or record number) and a birth date.

    The name is for people to read, never to match.
    """

    name: str
    birth_date: date
    identifier: str

    @classmethod
    def of(cls, name: str, birth_date: date, identifier: str, today: date) -> Self:
        """Normalise. Raises Invalid on empty or long texts and on impossible dates."""
        name, identifier = " ".join(name.split()), "".join(identifier.split()).upper()
        if not 0 < len(name) <= NAME_LIMIT:
            raise Invalid("The patient's name must have 1 to 120 characters.", path="name")
        if not 0 < len(identifier) <= IDENTIFIER_LIMIT:
            raise Invalid("The identifier must have 1 to 64 characters.", path="identifier")
        if not OLDEST <= birth_date <= today:
            raise Invalid("This is no date of birth.", path="birth_date")
        return cls(storable(name, "name"), birth_date, storable(identifier, "identifier"))


@dataclass(frozen=True, slots=True)
class Patient:
    """A person somebody of the network cares for."""

    id: str
    name: str
    birth_date: date
    identifier: str

    def require(self, identity: Identity) -> None:
        """Raise PatientMismatch unless both identifiers agree."""
        if (self.identifier, self.birth_date) != (identity.identifier, identity.birth_date):
            raise PatientMismatch

    def to_wire(self) -> dict[str, Any]:
        """*Patient* of docs/protocol.md."""
        return {
            "id": self.id,
            "name": self.name,
            "birth_date": self.birth_date.isoformat(),
            "identifier": self.identifier,
        }
