"""Reports: versions, signatures that fit what was signed, critical findings, addenda."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from server.domain.errors import Conflict, Invalid, LimitExceeded, NotFound
from server.domain.report_parts import NOTES_LIMIT, digest
from server.domain.reports import (
    AttestationRequired,
    NotAuthor,
    Report,
    ReportFinal,
    ReportKind,
    ReportNotFinal,
    ReportOutdated,
    ReportState,
    title_of,
)

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
BLANK = Report("r", "room", ReportKind.GUARD, "case", "p", "TC cranio", "rita", "Rita", NOW, NOW)


def signed(report: Report, *, interim: bool = False, attestation: str | None = "PACS") -> Report:
    return report.sign(
        report.version, "rita", "Rita", "radiologist", NOW, interim=interim, attestation=attestation
    )


def test_each_version_follows_the_one_seen() -> None:
    first = BLANK.write(0, " Emorragia\r\n", "Urgente", NOW)
    assert (first.version, first.findings) == (1, "Emorragia")
    assert first.kept().findings == "Emorragia"
    with pytest.raises(ReportOutdated) as refused:
        first.write(0, "late", "", NOW)
    assert refused.value.details == {"version": 1}
    with pytest.raises(Invalid):
        first.write(1, "x" * 20_001, "", NOW)


def test_a_signature_fits_only_what_was_signed() -> None:
    report = signed(BLANK.write(0, "A", "B", NOW))
    assert report.state is ReportState.FINAL
    assert report.signatures[0].sha256 == digest(report.content())
    altered = replace(report, conclusion="C")
    assert report.signatures[0].sha256 != digest(altered.content())
    assert report.to_wire()["signatures"][0]["name"] == "Rita"


def test_nothing_is_signed_empty_or_without_the_viewer() -> None:
    with pytest.raises(Invalid):
        signed(BLANK)
    written = BLANK.write(0, "A", "", NOW)
    for missing in (None, "  "):
        with pytest.raises(AttestationRequired):
            signed(written, attestation=missing)
    spoken = replace(written, kind=ReportKind.TELEVISIT)
    assert signed(spoken, attestation=None).attestation is None


def test_an_interim_report_goes_on_and_keeps_its_viewer() -> None:
    interim = signed(BLANK.write(0, "A", "", NOW), interim=True)
    assert (interim.state, interim.signed_version) == (ReportState.INTERIM, 1)
    newer = interim.write(1, "B", "", NOW)
    assert signed(newer, attestation=None).attestation == "PACS"
    assert newer.as_signed(interim.kept()).findings == "A"
    assert newer.as_signed(None).findings == ""
    assert interim.as_signed(None) is interim


def test_a_final_report_is_not_rewritten() -> None:
    final = signed(BLANK.write(0, "A", "", NOW))
    changes: tuple[Callable[[], Report], ...] = (
        lambda: final.write(1, "B", "", NOW),
        lambda: final.add_critical("c", "B", NOW),
        lambda: final.take_over("rocco", "Rocco", NOW),
        lambda: signed(final),
    )
    for change in changes:
        with pytest.raises(ReportFinal):
            change()
    added = final.addend("a", "Più piccolo", "rocco", "Rocco", "radiologist", NOW)
    assert added.addenda[0].to_wire()["text"] == "Più piccolo"
    with pytest.raises(ReportNotFinal):
        BLANK.addend("a", "x", "rocco", "Rocco", "radiologist", NOW)
    with pytest.raises(Invalid):
        final.addend("a", " ", "rocco", "Rocco", "radiologist", NOW)


def test_a_critical_finding_closes_by_reading_back() -> None:
    report = BLANK.add_critical("c", "Pneumotorace", NOW)
    assert (report.version, report.unheard) == (1, 1)
    for told_at in (NOW - timedelta(days=2), NOW + timedelta(hours=1)):
        with pytest.raises(Invalid):
            report.read_back("c", "Dr. Rossi", told_at, NOW)
    with pytest.raises(NotFound):
        report.read_back("d", "Dr. Rossi", NOW, NOW)
    with pytest.raises(Invalid):
        report.read_back("c", "  ", NOW, NOW)
    more = report.add_critical("d", "Altro", NOW)
    heard = more.read_back("c", "Dr. Rossi", NOW, NOW)
    assert heard.unheard == 1
    assert heard.to_wire()["criticals"][0]["receiver"] == "Dr. Rossi"
    with pytest.raises(Conflict):
        heard.read_back("c", "Dr. Verdi", NOW, NOW)


def test_notes_are_bounded() -> None:
    report = BLANK
    for number in range(NOTES_LIMIT):
        report = report.add_critical(str(number), "x", NOW)
    with pytest.raises(LimitExceeded):
        report.add_critical("more", "x", NOW)


def test_only_the_author_writes_until_somebody_takes_over() -> None:
    BLANK.require_author("rita")
    with pytest.raises(NotAuthor):
        BLANK.require_author("rocco")
    BLANK.take_over("rocco", "Rocco", NOW).require_author("rocco")
    assert title_of("  TC   cranio ") == "TC cranio"
