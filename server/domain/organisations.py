"""Hospitals, centres and practices of the network."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What an organisation is."""

    HOSPITAL = "hospital"
    ONCOLOGY_CENTRE = "oncology_centre"
    PRACTICE = "practice"
    TERRITORY = "territory"


@dataclass(frozen=True, slots=True)
class Organisation:
    """One member of the network."""

    id: str
    name: str
    kind: Kind
    is_demo: bool
