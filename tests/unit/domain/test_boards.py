"""Boards: who may sit, who was there for a case, what may be decided, signed, presented again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain.board_cases import (
    AGENDA_LIMIT,
    BoardCase,
    CaseMoved,
    CaseState,
    PatientNotInformed,
    QuorumMissing,
    informed,
    question_of,
    require_space,
)
from server.domain.board_figures import Discussed, Month, figures, months
from server.domain.boards import PARTICIPANTS_LIMIT, Board, Participant
from server.domain.decision_sheets import (
    Guideline,
    Sheet,
    SheetChanged,
    SheetIncomplete,
    Signature,
    digest,
)
from server.domain.errors import Forbidden, Invalid, LimitExceeded
from server.domain.quorum import (
    Attendee,
    Interval,
    Presence,
    Quorum,
    presence,
    quorum,
    stays,
)
from server.domain.specialties import Specialty
from server.domain.timeline import Event, EventType

OPENED = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
DECIDED = OPENED + timedelta(minutes=10)


def at(seconds: float) -> datetime:
    return OPENED + timedelta(seconds=seconds)


def person(name: str, specialty: Specialty) -> Participant:
    return Participant(name, name.title(), "doctor", specialty)


OLGA = person("olga", Specialty.MEDICAL_ONCOLOGY)
CARLO = person("carlo", Specialty.SURGERY)
RITA = person("rita", Specialty.RADIOLOGY)
PIERA = person("piera", Specialty.PSYCHOLOGY)


def board(**changes: Any) -> Board:
    wanted: dict[str, Any] = {
        "title": " Thoracic  board ",
        "starts_at": OPENED,
        "duration_minutes": 60,
        "coordinator": "olga",
        "participants": (OLGA, CARLO, RITA, PIERA),
    }
    return Board.create("b", "r", "clara", OPENED, **(wanted | changes))


def test_a_board_has_a_physician_who_coordinates() -> None:
    made = board()
    assert made.title == "Thoracic board"
    assert made.ends_at == OPENED + timedelta(hours=1)
    assert made.people == ("olga", "carlo", "rita", "piera", "clara")
    assert made.is_organiser("clara")
    assert made.is_organiser("olga")
    assert made.to_wire()["participants"][1]["specialty"] == "surgery"
    assert made.in_room("room").room == "room"
    for coordinator in ("piera", "nobody"):
        with pytest.raises(Invalid, match="physician"):
            board(coordinator=coordinator)


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": "  "},
        {"title": "x" * 121},
        {"title": "a\0b"},
        {"duration_minutes": 0},
        {"duration_minutes": 721},
        {"participants": (OLGA, OLGA)},
    ],
)
def test_a_board_refuses_what_makes_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        board(**wrong)


def test_a_board_has_so_many_chairs() -> None:
    crowd = [person(f"p{n}", Specialty.SURGERY) for n in range(PARTICIPANTS_LIMIT)]
    with pytest.raises(LimitExceeded):
        board(participants=(OLGA, *crowd))


def test_a_board_changes_only_what_is_said() -> None:
    made = board()
    assert made.change() == made
    later = made.change(title="New", starts_at=at(60), duration_minutes=30, participants=(OLGA,))
    assert (later.title, later.starts_at, later.duration_minutes) == ("New", at(60), 30)
    assert later.participants == (OLGA,)
    with pytest.raises(Invalid):
        made.change(participants=(CARLO,))


def test_organiser_coordinator_and_presenter_are_told_apart() -> None:
    made = board()
    made.require_organiser("clara")
    made.require_coordinator("olga")
    made.require_presenter("rita")
    with pytest.raises(Forbidden):
        made.require_organiser("rita")
    with pytest.raises(Forbidden):
        made.require_coordinator("clara")
    with pytest.raises(Invalid):
        made.require_presenter("clara")


def call(kind: EventType, who: str, seconds: float, peer: str | None = None) -> Event:
    data = {"person": who, "peer": peer or who}
    return Event("r", 1, "e", kind, at(seconds), None, data)


JOINED, LEFT = EventType.CALL_JOINED, EventType.CALL_LEFT


def test_stays_begin_and_end_with_the_call_events() -> None:
    events = [
        call(JOINED, "olga", -60),
        call(JOINED, "rita", -50),
        call(LEFT, "rita", 10),
        call(JOINED, "rita", 20),
    ]
    assert stays(events) == {
        "olga": [Interval(at(-60))],
        "rita": [Interval(at(-50), at(10)), Interval(at(20))],
    }


def test_two_devices_are_one_person() -> None:
    events = [
        call(JOINED, "olga", 0, "phone"),
        call(JOINED, "olga", 5, "desk"),
        call(LEFT, "olga", 9, "phone"),
        call(LEFT, "olga", 20, "desk"),
        call(LEFT, "olga", 21, "desk"),
    ]
    assert stays(events) == {"olga": [Interval(at(0), at(20))]}


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(-60, None)], Presence.WHOLE),
        ([(-60, 601)], Presence.WHOLE),
        ([(-60, 600)], Presence.WHOLE),
        ([(0, None)], Presence.WHOLE),
        ([(-60, 100), (130, None)], Presence.WHOLE),  # a reconnection of 30 s
        ([(-60, 100), (131, None)], Presence.PART),
        ([(30, None)], Presence.WHOLE),
        ([(31, None)], Presence.PART),
        ([(-60, 599)], Presence.PART),  # gone at the decision
        ([(-60, 300), (320, 590)], Presence.PART),
        ([(-60, -10), (15, None)], Presence.WHOLE),  # away for 15 s of the case
        ([(-60, -1)], Presence.ABSENT),
        ([(600, None)], Presence.ABSENT),
        ([], Presence.ABSENT),
    ],
)
def test_who_counts_is_there_from_opening_to_decision(
    spans: list[tuple[float, float | None]], expected: Presence
) -> None:
    mine = [Interval(at(start), None if end is None else at(end)) for start, end in spans]
    assert presence(mine, OPENED, DECIDED) is expected


@settings(deadline=None)
@given(st.integers(31, 568), st.integers(31, 400))
def test_a_longer_absence_never_counts(leaves: int, away: int) -> None:
    mine = [Interval(at(-5), at(leaves)), Interval(at(leaves + away))]
    assert presence(mine, OPENED, DECIDED) is not Presence.WHOLE


THERE = {name: [Interval(at(-60))] for name in ("olga", "carlo", "rita", "piera")}


def test_quorum_is_three_medical_specialties() -> None:
    found = quorum(board().participants, THERE, OPENED, DECIDED)
    assert found.is_met
    assert found.specialties == (
        Specialty.MEDICAL_ONCOLOGY,
        Specialty.RADIOLOGY,
        Specialty.SURGERY,
    )
    assert Quorum.of_wire(found.to_wire()) == found


def test_a_psychologist_or_a_second_surgeon_makes_no_quorum() -> None:
    two = replace(RITA, specialty=Specialty.SURGERY)
    assert not quorum((OLGA, CARLO, two, PIERA), THERE, OPENED, DECIDED).is_met


def test_hazard_17_who_leaves_mid_case_makes_no_quorum() -> None:
    left = THERE | {"rita": [Interval(at(-60), at(200))]}
    found = quorum(board().participants, left, OPENED, DECIDED)
    assert not found.is_met
    rita = next(one for one in found.attendees if one.person == "rita")
    assert rita.presence is Presence.PART


SHEET = Sheet.of(" Chemotherapy ", Guideline.INSIDE, "", "AIOM 2026", "Visit in a week")
MET = quorum(board().participants, THERE, OPENED, DECIDED)
MISSED = quorum(board().participants, {}, OPENED, DECIDED)
TOLD = date(2026, 11, 20)


def case(**changes: Any) -> BoardCase:
    new = BoardCase("c", "b", 0, "patient", "Surgery?", "rita", "clara", OPENED)
    return replace(new, **changes)


def decided(by: Quorum = MET) -> BoardCase:
    opened = case(informed_on=TOLD).open(OPENED)
    return opened.write(0, SHEET).decide(1, by, DECIDED)


def test_a_case_is_opened_written_decided_and_signed() -> None:
    signed = decided().sign(1, OLGA, DECIDED)
    assert signed.state is CaseState.SIGNED
    assert signed.signature is not None
    assert signed.signature.sha256 == digest(signed.statement())
    assert Signature.of_wire(signed.signature.to_wire()) == signed.signature
    wire = signed.to_wire()
    assert (wire["state"], wire["informed_on"]) == ("signed", "2026-11-20")
    assert wire["sheet"]["proposal"] == "Chemotherapy"
    for step in (
        lambda: signed.open(DECIDED),
        lambda: signed.write(1, SHEET),
        lambda: signed.represent("other"),
        lambda: signed.edit(question="x"),
        lambda: signed.inform(None, TOLD),
        lambda: signed.require_removable(),
        lambda: signed.postpone(MET, DECIDED),
    ):
        with pytest.raises(CaseMoved):
            step()


def test_without_quorum_nothing_is_signed_and_the_case_returns() -> None:
    missed = decided(MISSED)
    assert missed.must_return
    assert not missed.is_signable
    with pytest.raises(QuorumMissing):
        missed.sign(1, OLGA, DECIDED)
    gone = missed.represent("next")
    assert (gone.state, gone.represented_as) == (CaseState.REPRESENTED, "next")


def test_with_quorum_the_decision_is_not_carried_elsewhere() -> None:
    with pytest.raises(CaseMoved):
        decided().represent("next")


def test_no_decision_before_the_patient_is_informed() -> None:
    opened = case().open(OPENED).write(0, SHEET)
    with pytest.raises(PatientNotInformed):
        opened.decide(1, MET, DECIDED)
    assert opened.inform(TOLD, TOLD).decide(1, MET, DECIDED).is_signable


def test_a_decision_needs_its_words() -> None:
    opened = case(informed_on=TOLD).open(OPENED)
    outside = Sheet.of("Surgery", Guideline.OUTSIDE, "", "", "")
    for sheet in (Sheet(), Sheet(proposal="Surgery"), outside):
        with pytest.raises(SheetIncomplete):
            opened.write(0, sheet).decide(1, MET, DECIDED)
    reasoned = replace(outside, reason="frail patient")
    assert opened.write(0, reasoned).decide(1, MET, DECIDED).is_signable
    assert Sheet.of_wire(reasoned.to_wire()) == reasoned
    assert Sheet.of_wire(Sheet().to_wire()) == Sheet()


def test_two_who_write_at_once_are_told() -> None:
    opened = case(informed_on=TOLD).open(OPENED).write(0, SHEET)
    with pytest.raises(SheetChanged) as refused:
        opened.write(0, Sheet(proposal="Other"))
    assert refused.value.details == {"version": 1}
    with pytest.raises(SheetChanged):
        opened.decide(0, MET, DECIDED)
    with pytest.raises(SheetChanged):
        decided().sign(0, OLGA, DECIDED)


def test_a_closed_case_is_opened_anew_with_a_new_presence() -> None:
    again = decided(MISSED).open(at(900))
    assert (again.opened_at, again.closed_at, again.quorum) == (at(900), None, None)
    assert again.sheet == SHEET
    postponed = again.postpone(MISSED, at(1000))
    assert postponed.must_return
    assert postponed.open(at(1100)).state is CaseState.OPEN


def test_the_agenda_is_edited_before_the_discussion() -> None:
    edited = case().edit(question=" Radiotherapy? ", presenter="carlo", position=4)
    assert (edited.question, edited.presenter, edited.position) == ("Radiotherapy?", "carlo", 4)
    assert case().edit() == case()
    case().require_removable()
    with pytest.raises(CaseMoved):
        case(represents="earlier").require_removable()
    with pytest.raises(CaseMoved):
        case().open(OPENED).edit(position=1)


def test_texts_and_days_are_checked() -> None:
    with pytest.raises(Invalid):
        question_of("  ")
    with pytest.raises(Invalid):
        informed(date(2026, 11, 23), date(2026, 11, 22))
    with pytest.raises(Invalid):
        Sheet.of("x" * 4001, None, "", "", "")
    require_space(AGENDA_LIMIT - 1)
    with pytest.raises(LimitExceeded):
        require_space(AGENDA_LIMIT)


def test_months_go_back_over_the_year() -> None:
    assert months(date(2026, 2, 27), 3) == [
        date(2025, 12, 1),
        date(2026, 1, 1),
        date(2026, 2, 1),
    ]


def test_figures_count_each_case_in_its_month() -> None:
    both = (Specialty.SURGERY, Specialty.RADIOLOGY)
    cases = [
        Discussed(OPENED, CaseState.SIGNED, True, Guideline.OUTSIDE, both),
        Discussed(OPENED, CaseState.SIGNED, True, Guideline.INSIDE, both[:1]),
        Discussed(OPENED, CaseState.DECIDED, False, Guideline.OUTSIDE, ()),
        Discussed(OPENED, CaseState.DECIDED, True, Guideline.INSIDE, both),
        Discussed(OPENED, CaseState.REPRESENTED, False, None, ()),
        Discussed(datetime(2026, 1, 1, tzinfo=UTC), CaseState.SIGNED, True, None, ()),
    ]
    october, november = figures(cases, months(date(2026, 11, 1), 2))
    assert october == Month(date(2026, 10, 1))
    assert (october.quorum_rate, october.specialties_mean) == (None, None)
    assert november.to_wire() == {
        "month": "2026-11",
        "cases": 5,
        "quorum_met": 3,
        "quorum_rate": 0.6,
        "signed": 2,
        "returned": 2,
        "outside": 1,
        "specialties_mean": 1.0,
        "specialties": {"radiology": 2, "surgery": 3},
    }


def test_attendees_survive_storage() -> None:
    one = Attendee("olga", "Olga", "doctor", Specialty.SURGERY, Presence.PART)
    assert Attendee.of_wire(one.to_wire()) == one
