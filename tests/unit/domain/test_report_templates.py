"""Templates of reports, purely: built-in headings in every language, and those that are kept."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from server.domain.errors import Invalid
from server.domain.report_headings import LOCALES, built_in
from server.domain.report_templates import Headings, ReportTemplate, TemplateMoved, wire_of

NOW = datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_built_in_template_is_tidy_and_has_a_line_for_each_heading(locale: str) -> None:
    found = dict(built_in(locale))
    english = dict(built_in("en"))
    assert {one.modality for one in found.values()} == {"CT", "MR", "XR", "US"}
    for key, headings in found.items():
        assert headings.check() == headings
        lines = headings.findings.split("\n")
        assert len(lines) == len(set(lines)) == len(english[key].findings.split("\n"))
        assert all(line.rstrip().endswith(":") for line in lines)


def test_a_language_nobody_knows_is_english() -> None:
    assert built_in("xx") == built_in("en") != built_in("it")


def test_words_are_tidied_and_something_is_said() -> None:
    tidy = Headings(" CT  wrist ", " CT ", "Bones:\r\n", " Advice: ").check()
    assert tidy == Headings("CT wrist", "CT", "Bones:", "Advice:")
    assert Headings("x", "", "", "Advice:").check().findings == ""
    with pytest.raises(Invalid):
        Headings("x", "CT", " ", "").check()


def test_only_the_version_seen_is_changed() -> None:
    kept = ReportTemplate("t", "trust", Headings("x", "CT", "Bones:", ""), "rita", NOW)
    changed = kept.revise(1, Headings("y ", "CT", "Bones:", ""), "rocco", NOW)
    assert (changed.headings.name, changed.changed_by) == ("y", "rocco")
    with pytest.raises(TemplateMoved):
        kept.revise(2, kept.headings, "rocco", NOW)
    wire = kept.to_wire()
    assert wire["organisation"] == "trust"
    assert wire["changed_at"] == "2026-11-22T03:04:05.000Z"
    assert wire_of("ct", kept.headings).keys() == wire.keys()
