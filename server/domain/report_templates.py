"""Templates of reports: headings to write under, an organisation's own or built in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from server.domain.errors import Conflict, Invalid
from server.domain.instants import rfc3339
from server.domain.report_parts import line_of, text_of

NAME_LIMIT = 120
MODALITY_LIMIT = 40
TEXT_LIMIT = 4000
TEMPLATES_LIMIT = 100
"""Of one organisation."""


class TemplateMoved(Conflict):
    """Somebody else changed the template meanwhile."""

    message = "Somebody else has just changed this template: look again."


@dataclass(frozen=True, slots=True)
class Headings:
    """What a template is called and what it puts into a report."""

    name: str
    modality: str
    """`CT`, `MR`, `XR`, `US` … or empty for any."""
    findings: str
    conclusion: str

    def check(self) -> Self:
        """The same with tidy words. Raises Invalid."""
        tidy = replace(
            self,
            name=line_of(self.name, NAME_LIMIT, "name"),
            modality=text_of(" ".join(self.modality.split()), MODALITY_LIMIT, "modality"),
            findings=text_of(self.findings, TEXT_LIMIT, "findings"),
            conclusion=text_of(self.conclusion, TEXT_LIMIT, "conclusion"),
        )
        if not tidy.findings and not tidy.conclusion:
            raise Invalid("A template puts something into the report.", path="findings")
        return tidy


@dataclass(frozen=True, slots=True)
class ReportTemplate:
    """One that an organisation keeps."""

    id: str
    organisation: str
    headings: Headings
    changed_by: str
    changed_at: datetime
    version: int = 1

    def revise(self, version: int, headings: Headings, by: str, now: datetime) -> ReportTemplate:
        """Other words. Raises TemplateMoved, Invalid."""
        if version != self.version:
            raise TemplateMoved(version=self.version)
        return replace(self, headings=headings.check(), changed_by=by, changed_at=now)

    def to_wire(self) -> dict[str, Any]:
        """*ReportTemplate* of docs/protocol.md."""
        return wire_of(self.id, self.headings) | {
            "organisation": self.organisation,
            "changed_at": rfc3339(self.changed_at),
            "version": self.version,
        }


def wire_of(template_id: str, headings: Headings) -> dict[str, Any]:
    """What built-in ones have, too."""
    return {
        "id": template_id,
        "organisation": None,
        "name": headings.name,
        "modality": headings.modality,
        "findings": headings.findings,
        "conclusion": headings.conclusion,
        "changed_at": None,
        "version": 0,
    }
