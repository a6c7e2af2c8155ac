"""Justification before the exam, purely."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from server.domain.errors import Invalid
from server.domain.guard import GuardMoved, NotAcceptor, State
from server.domain.guard_justification import PROTOCOL_LIMIT, Justification, Verdict
from tests.unit.domain.test_guard import QUESTION, request

NOW = datetime(2026, 11, 22, 3, 4, 5, 678901, tzinfo=UTC)
ASKED = replace(QUESTION, justify_first=True)


def said(verdict: Verdict = Verdict.JUSTIFIED, text: str = "", person: str = "p") -> Justification:
    return Justification.of(verdict, text, person, "Rita", NOW)


def test_words_are_tidy_and_come_back_as_they_were_stored() -> None:
    answer = said(text=" CT\r\nno contrast ")
    assert answer.text == "CT\nno contrast"
    assert Justification.from_row(answer.to_row()) == answer
    assert answer.to_wire() == {
        "verdict": "justified",
        "text": "CT\nno contrast",
        "by": {"id": "p", "name": "Rita"},
        "at": "2026-11-22T03:04:05.678Z",
    }


@pytest.mark.parametrize("verdict", [Verdict.NOT_JUSTIFIED, Verdict.ALTERNATIVE])
def test_a_no_says_why(verdict: Verdict) -> None:
    with pytest.raises(Invalid):
        said(verdict, "  ")
    assert said(verdict, "Ultrasound first.").verdict is verdict


def test_it_is_not_endless() -> None:
    with pytest.raises(Invalid):
        said(text="x" * (PROTOCOL_LIMIT + 1))


def test_two_say_the_same_only_in_one_persons_name() -> None:
    answer = said(text="CT")
    assert answer.says(replace(answer, at=datetime(2026, 1, 1, tzinfo=UTC)))
    assert not answer.says(None)
    assert not answer.says(said(text="CT", person="q"))
    assert not answer.says(said(text="MR"))


def test_the_acceptor_answers_until_something_is_signed() -> None:
    held = request(State.ACCEPTED, question=ASKED, accepted_by="p", report_state="draft")
    assert held.awaits_justification
    answered = held.justify(said())
    assert (answered.state, answered.justification) == (State.WORKING, said())
    assert not answered.awaits_justification
    with pytest.raises(NotAcceptor):
        held.justify(said(person="q"))
    with pytest.raises(GuardMoved):
        replace(held, report_state="interim").justify(said())
    with pytest.raises(GuardMoved):
        replace(held, state=State.REPORTED).justify(said())


def test_who_did_not_ask_waits_for_nothing() -> None:
    held = request(State.ACCEPTED, accepted_by="p")
    assert not held.awaits_justification
    with pytest.raises(GuardMoved):
        held.justify(said())


def test_an_exam_is_done_once_and_only_where_somebody_said_that_it_may_be() -> None:
    held = request(State.WORKING, question=ASKED, accepted_by="p", report_state="draft")
    with pytest.raises(GuardMoved):
        held.do_exam(NOW)
    with pytest.raises(GuardMoved):
        held.justify(said(Verdict.NOT_JUSTIFIED, "Pregnant.")).do_exam(NOW)
    done = held.justify(said(Verdict.ALTERNATIVE, "MR.")).do_exam(NOW)
    assert done.exam_done_at == NOW
    with pytest.raises(GuardMoved):
        done.do_exam(NOW)
    with pytest.raises(GuardMoved):
        done.justify(said())
    with pytest.raises(GuardMoved):
        replace(done, exam_done_at=None, state=State.ALERTING).do_exam(NOW)


def test_a_report_that_was_late_before_the_exam_is_late_no_more() -> None:
    held = request(State.REPORT_PENDING, question=ASKED, accepted_by="p", report_state="draft")
    answered = held.justify(said())
    assert (answered.state, answered.awaits_exam) == (State.REPORT_PENDING, True)
    done = answered.do_exam(NOW)
    assert (done.state, done.awaits_exam) == (State.WORKING, False)
    assert not held.justify(said(Verdict.NOT_JUSTIFIED, "Pregnant.")).awaits_exam
    interim = replace(answered, report_state="interim").do_exam(NOW)
    assert interim.state is State.REPORT_PENDING, "the final one is still owed"
