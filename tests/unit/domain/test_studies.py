"""Studies: whose images they are, who reads, what is shared, links, PACS."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from server.domain.errors import Invalid
from server.domain.invitations import LinkInvalid
from server.domain.pacs import (
    ATTEMPTS,
    Endpoint,
    Pull,
    PullState,
    RemoteStudy,
    endpoint_name,
    endpoint_url,
)
from server.domain.patients import Patient
from server.domain.result_links import READING, TRIES, ResultLink, pin_of
from server.domain.studies import (
    Image,
    Images,
    ImagesMismatch,
    ImagesUnchecked,
    ImageTags,
    Study,
    StudyEmpty,
    StudyReported,
    StudyState,
    StudyUnreported,
    Verdict,
    exam_of,
    question_of,
)

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
BORN = date(1960, 5, 1)
PATIENT = Patient("p", "Anna Bianchi", BORN, "BNC1")
STUDY = Study("s", "room", "north", "p", "TC", "", False, "teo", "Teo", NOW, NOW)


@pytest.mark.parametrize(
    ("ids", "born", "verdict"),
    [
        (("bnc1 ",), BORN, Verdict.MATCH),
        (("MRN7", "BNC1"), BORN, Verdict.MATCH),
        (("ALTRO",), BORN, Verdict.OTHER_PATIENT),
        (("BNC1",), date(1961, 5, 1), Verdict.OTHER_BIRTH_DATE),
        (("BNC1",), None, Verdict.UNNAMED),
        (("",), BORN, Verdict.UNNAMED),
        ((), BORN, Verdict.UNNAMED),
    ],
)
def test_both_identifiers_must_agree(
    ids: tuple[str, ...], born: date | None, verdict: Verdict
) -> None:
    assert ImageTags(ids, born, "1", "2", "3").verdict(PATIENT) is verdict


def test_a_study_is_sound_when_every_image_is_the_patients() -> None:
    right = Image("d1", "s", Verdict.MATCH, "1", "2", "3")
    wrong = Image("d2", "s", Verdict.OTHER_PATIENT, "1", "4", "5")
    Images.of(["d1"], [right, wrong]).require_sound()
    with pytest.raises(StudyEmpty):
        Images.of([], [right]).require_sound()
    with pytest.raises(ImagesUnchecked):
        Images.of(["d1", "d3"], [right]).require_sound()
    both = Images.of(["d1", "d2"], [right, wrong])
    with pytest.raises(ImagesMismatch):
        both.require_sound()
    assert both.to_wire() == {
        "instances": 2,
        "series": 2,
        "unchecked": 0,
        "mismatched": [{"document": "d2", "verdict": "other-patient"}],
    }


def test_a_study_is_assigned_reported_and_shared() -> None:
    assert STUDY.to_wire()["assignee"] is None
    assigned = STUDY.assign("rita", "Rita", NOW)
    assert assigned.to_wire()["assignee"] == {"id": "rita", "name": "Rita"}
    assert assigned.describe()["state"] == "assigned"
    with pytest.raises(StudyUnreported):
        assigned.require_reported()
    reported = assigned.report(NOW)
    reported.require_reported()
    assert reported.state is StudyState.REPORTED
    with pytest.raises(StudyReported):
        reported.assign("rocco", "Rocco", NOW)
    given = reported.decide(True, "teo", NOW)
    assert (given.consent, given.to_wire()["consent_at"]) == (True, "2026-11-22T03:00:00.000Z")


def test_words_are_bounded() -> None:
    assert exam_of(" TC  torace ") == "TC torace"
    assert question_of(" ? ") == "?"
    for odd in ("", "x" * 121):
        with pytest.raises(Invalid):
            exam_of(odd)
    with pytest.raises(Invalid):
        question_of("x" * 2001)


def link(**changes: object) -> ResultLink:
    made = ResultLink.create("l", "s", "secret", "123456", "teo", NOW, timedelta(days=1))
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_link_opens_once_with_both_factors() -> None:
    one = link()
    one.require_alive(NOW)
    assert one.fits("secret", "123456", BORN, BORN)
    assert not one.fits("secret", "123457", BORN, BORN)
    assert not one.fits("secret", "123456", date(1960, 5, 2), BORN)
    assert not one.fits("other", "123456", BORN, BORN)
    opened = one.open("reading", NOW)
    opened.require_reading(NOW)
    for over in (opened, link(revoked_at=NOW), link(tries=TRIES), link(expires_at=NOW)):
        with pytest.raises(LinkInvalid):
            over.require_alive(NOW)
    for over in (one, opened.revoke(NOW)):
        with pytest.raises(LinkInvalid):
            over.require_reading(NOW)
    with pytest.raises(LinkInvalid):
        opened.require_reading(NOW + READING)
    assert one.fail().tries == 1
    assert one.revoke(NOW).revoke(NOW + READING).revoked_at == NOW
    assert opened.to_wire()["used_at"] is not None
    assert {"secret_digest", "pin_digest"}.isdisjoint(one.to_wire())


def test_a_link_lives_up_to_a_month() -> None:
    for odd in (timedelta(0), timedelta(days=31)):
        with pytest.raises(Invalid):
            ResultLink.create("l", "s", "secret", "123456", "teo", NOW, odd)


def test_a_pin_has_six_digits() -> None:
    pins = {pin_of(str(number)) for number in range(50)}
    assert all(len(pin) == 6 and pin.isdigit() for pin in pins)
    assert len(pins) > 45


def test_a_pull_is_tried_again_a_few_times() -> None:
    pull = Pull("u", "s", "e", "1.2", "teo", "Teo", NOW, expected=3)
    for attempt in range(1, ATTEMPTS):
        pull = pull.claim(NOW).fail("unavailable", NOW, again=True)
        assert (pull.state, pull.attempts) == (PullState.RUNNING, attempt)
    assert pull.claim(NOW).fail("unavailable", NOW, again=True).state is PullState.FAILED
    assert pull.fail("not-found", NOW, again=False).state is PullState.FAILED
    running = pull.claim(NOW).advance(1, 1, NOW)
    assert running.to_wire()["missing"] == 0
    assert running.finish().to_wire()["missing"] == 1


def test_an_endpoint_is_a_plain_address() -> None:
    assert endpoint_url(" https://pacs.example:8443/dicom-web/ ") == (
        "https://pacs.example:8443/dicom-web"
    )
    for odd in ("ftp://x", "http://", "http://u:p@x/", "http://x/?q", "http://[", "http://x:99999"):
        with pytest.raises(Invalid):
            endpoint_url(odd)
    assert endpoint_name(" PACS  Nord ") == "PACS Nord"
    with pytest.raises(Invalid):
        endpoint_name(" ")
    assert "password" not in Endpoint("e", "o", "PACS", "https://x", "u", b"s").to_wire()
    remote = RemoteStudy("1", "BNC1", BORN, "TC", ("CT",), "20261120", 2)
    assert "BNC1" not in str(remote.to_wire())
