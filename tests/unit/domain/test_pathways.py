"""Templates, visits, pathways and hand-overs: what may happen, in which state, by whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.access import Role, RoomRole
from server.domain.accounts import OrganisationRole, Status, User
from server.domain.errors import Conflict, Invalid
from server.domain.pathway_templates import Mode, Performer, Step, Template
from server.domain.pathway_visits import OutsideWindow, Visit, VisitState
from server.domain.pathways import (
    Ability,
    Figure,
    Handover,
    Pathway,
    PathwayState,
    abilities,
    code_of,
    require_discharge,
)
from server.domain.windows import Offset, Unit

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
TODAY = NOW.date()
ROME = "Europe/Rome"
DISCHARGED = date(2026, 10, 31)


def step(title: str = "Check", **changes: object) -> Step:
    made = Step.of(
        title, Offset(1, Unit.MONTHS), (7, 7), Mode.IN_PERSON, Performer.HOSPITAL, "Oncology"
    )
    return replace(made, **changes)  # type: ignore[arg-type]


GP_STEP = Step.of("GP", Offset(2, Unit.MONTHS), (7, 7), Mode.IN_PERSON, Performer.GP, None)
VISIT = Visit.plan("v", "p", 1, step(), DISCHARGED)  # target 30 November, 23 November to 7 December
GP_VISIT = Visit.plan("g", "p", 2, GP_STEP, DISCHARGED)
INSIDE = datetime(2026, 11, 30, 9, tzinfo=UTC)
OUTSIDE = datetime(2026, 12, 8, 9, tzinfo=UTC)


def booked(at: datetime = INSIDE) -> Visit:
    return VISIT.book(at, "Room 4", "late" if at == OUTSIDE else None, ROME, NOW)


def test_a_template_is_written_revised_and_retired() -> None:
    template = Template.create("t", " After  surgery ", ROME, [step(), GP_STEP], "ada", NOW)
    assert (template.name, template.needs_gp) == ("After surgery", True)
    assert not Template.create("t", "x", ROME, [step()], "ada", NOW).needs_gp
    revised = template.revise("Other", "Europe/Paris", [step()])
    assert (revised.name, revised.zone, len(revised.steps)) == ("Other", "Europe/Paris", 1)
    retired = revised.retire(NOW)
    assert retired.to_wire()["retired_at"] == "2026-11-22T08:00:00.000Z"
    assert template.to_wire()["retired_at"] is None
    with pytest.raises(Conflict):
        retired.retire(NOW)
    with pytest.raises(Conflict):
        retired.revise("x", ROME, [step()])


@pytest.mark.parametrize(
    ("name", "steps"), [("", [step()]), ("x" * 121, [step()]), ("x", []), ("x", [step()] * 41)]
)
def test_a_template_has_a_name_and_steps(name: str, steps: list[Step]) -> None:
    with pytest.raises(Invalid):
        Template.create("t", name, ROME, steps, "ada", NOW)


@pytest.mark.parametrize(
    ("performer", "specialty", "margins"),
    [
        (Performer.HOSPITAL, None, (0, 0)),
        (Performer.HOSPITAL, "  ", (0, 0)),
        (Performer.GP, "Oncology", (0, 0)),
        (Performer.HOSPITAL, "x" * 81, (0, 0)),
        (Performer.GP, None, (-1, 0)),
        (Performer.GP, None, (0, 367)),
    ],
)
def test_a_step_names_who_holds_it(
    performer: Performer, specialty: str | None, margins: tuple[int, int]
) -> None:
    with pytest.raises(Invalid):
        Step.of("x", Offset(1, Unit.DAYS), margins, Mode.VIDEO, performer, specialty)


def test_a_step_reads_back_what_it_wrote() -> None:
    for one in (step(), GP_STEP):
        assert Step.from_wire(one.to_wire()) == one


def test_steps_become_visits_with_windows() -> None:
    assert (VISIT.target, VISIT.first, VISIT.last) == (
        date(2026, 11, 30),
        date(2026, 11, 23),
        date(2026, 12, 7),
    )
    early = Visit.plan("e", "p", 1, step(offset=Offset(3, Unit.DAYS)), DISCHARGED)
    assert early.first == DISCHARGED
    assert VISIT.overdue_from(ROME) == datetime(2026, 12, 7, 23, tzinfo=UTC)


def test_a_visit_is_booked_inside_its_window_or_with_a_reason() -> None:
    visit = booked()
    assert (visit.state, visit.appointment, visit.place) == (VisitState.BOOKED, INSIDE, "Room 4")
    with pytest.raises(OutsideWindow):
        VISIT.book(OUTSIDE, None, None, ROME, NOW)
    with pytest.raises(OutsideWindow):
        VISIT.book(OUTSIDE, None, "", ROME, NOW)
    late = booked(OUTSIDE)
    assert (late.reason, late.place) == ("late", "Room 4")
    again = late.book(INSIDE, None, "no longer needed", ROME, NOW)
    assert (again.reason, again.place) == (None, None)
    with pytest.raises(Invalid):
        VISIT.book(NOW, None, None, ROME, NOW)


@given(st.integers(-40, 40), st.integers(0, 23))
def test_the_window_is_counted_in_civil_days_of_the_zone(days: int, hour: int) -> None:
    at = datetime(2026, 11, 30, hour, tzinfo=UTC) + timedelta(days=days)
    before = NOW - timedelta(days=60)
    civil = (
        (at + timedelta(hours=1)).date()
        if at >= datetime(2026, 10, 25, 1, tzinfo=UTC)
        else (at + timedelta(hours=2)).date()
    )
    if VISIT.first <= civil <= VISIT.last:
        assert VISIT.book(at, None, None, ROME, before).state is VisitState.BOOKED
    else:
        with pytest.raises(OutsideWindow):
            VISIT.book(at, None, None, ROME, before)


def test_the_gp_takes_over_visits_of_the_gp_only() -> None:
    taken = GP_VISIT.take("gp", NOW)
    assert (taken.taken_by, taken.taken_at) == ("gp", NOW)
    assert taken.take("gp", NOW + timedelta(days=1)) == taken
    assert taken.to_wire()["taken_at"] == "2026-11-22T08:00:00.000Z"
    with pytest.raises(Conflict):
        VISIT.take("gp", NOW)


def test_a_visit_is_held_after_discharge_and_not_in_the_future() -> None:
    later = date(2026, 12, 1)
    done = booked().complete(later, DISCHARGED, later)
    assert (done.state, done.is_on_time, VISIT.is_on_time) == (VisitState.DONE, True, None)
    assert VISIT.complete(TODAY, DISCHARGED, TODAY).is_on_time is False
    assert done.to_wire()["held_on"] == "2026-12-01"
    for day in (DISCHARGED - timedelta(days=1), TODAY + timedelta(days=1)):
        with pytest.raises(Invalid):
            VISIT.complete(day, DISCHARGED, TODAY)
    with pytest.raises(Conflict):
        done.complete(TODAY, DISCHARGED, TODAY)


def test_an_appointment_is_missed_once_it_was() -> None:
    assert booked().miss(INSIDE).state is VisitState.MISSED
    for odd in (booked(), VISIT, replace(booked(), appointment=None)):
        with pytest.raises(Conflict):
            odd.miss(INSIDE - timedelta(minutes=1))


def test_only_what_has_no_appointment_becomes_overdue() -> None:
    lapsed = VISIT.lapse(NOW)
    assert (lapsed.state, lapsed.overdue_at) == (VisitState.OVERDUE, NOW)
    assert booked().miss(INSIDE).lapse(INSIDE).state is VisitState.OVERDUE
    assert lapsed.book(OUTSIDE, None, "late", ROME, NOW).state is VisitState.BOOKED
    for odd in (booked(), lapsed):
        with pytest.raises(Conflict):
            odd.lapse(NOW)


def test_cancelling_leaves_what_is_overdue() -> None:
    assert VISIT.cancel().state is VisitState.CANCELLED
    lapsed = VISIT.lapse(NOW)
    assert lapsed.cancel() == lapsed
    assert lapsed.to_wire()["overdue_at"] == "2026-11-22T08:00:00.000Z"
    with pytest.raises(Conflict):
        VISIT.cancel().cancel()


PATHWAY = Pathway(
    id="p",
    code="FU-7K3M9Q",
    title="After surgery",
    room="r",
    template="t",
    patient="x",
    hospital="north",
    responsible="north",
    gp="gp",
    zone=ROME,
    discharged_on=DISCHARGED,
    opened_by="ada",
    opened_at=NOW,
)


def test_responsibility_moves_when_it_is_acknowledged() -> None:
    offer = PATHWAY.offer("h", "house", " Stable. ", "ada", NOW)
    assert (offer.origin, offer.target, offer.summary) == ("north", "house", "Stable.")
    assert offer.is_pending
    assert offer.to_wire()["acknowledged_at"] is None
    with pytest.raises(Conflict):
        PATHWAY.hand_over(offer)
    accepted = offer.acknowledge("tina", NOW)
    assert accepted.to_wire()["acknowledged_at"] == "2026-11-22T08:00:00.000Z"
    moved = PATHWAY.hand_over(accepted)
    assert (moved.responsible, moved.hospital) == ("house", "north")
    withdrawn = offer.withdraw(NOW)
    for answered in (accepted, withdrawn):
        assert not answered.is_pending
        with pytest.raises(Conflict):
            answered.withdraw(NOW)
        with pytest.raises(Conflict):
            answered.acknowledge("x", NOW)


@pytest.mark.parametrize(
    ("target", "summary"), [("north", "x"), ("house", " "), ("house", "x" * 4001)]
)
def test_an_offer_goes_elsewhere_with_a_summary(target: str, summary: str) -> None:
    with pytest.raises(Invalid):
        PATHWAY.offer("h", target, summary, "ada", NOW)


def test_a_closed_pathway_stays_as_it_is() -> None:
    closed = PATHWAY.close(NOW)
    assert (PATHWAY.state, closed.state) == (PathwayState.OPEN, PathwayState.CLOSED)
    assert closed.to_wire()["closed_at"] == "2026-11-22T08:00:00.000Z"
    assert PATHWAY.to_wire()["closed_at"] is None
    accepted = Handover("h", "p", "north", "house", "x", "ada", NOW, "tina", NOW)
    moves = (
        lambda: closed.close(NOW),
        lambda: closed.offer("h", "house", "x", "ada", NOW),
        lambda: closed.hand_over(accepted),
    )
    for move in moves:
        with pytest.raises(Conflict):
            move()


def test_discharge_was_today_or_before() -> None:
    assert require_discharge(TODAY, TODAY) == TODAY
    for day in (TODAY + timedelta(days=1), date(1999, 12, 31)):
        with pytest.raises(Invalid):
            require_discharge(day, TODAY)


def person(name: str, *roles: tuple[str, Role]) -> User:
    return User(
        id=name,
        email=f"{name}@tests.example",
        name=name,
        profession="",
        locale="en",
        status=Status.ACTIVE,
        is_demo=False,
        has_totp=False,
        registered_at=NOW,
        roles=tuple(OrganisationRole(place, role) for place, role in roles),
    )


B, R, S, A, V = Ability.BOOK, Ability.RECORD, Ability.STEER, Ability.ACKNOWLEDGE, Ability.VISIT
HANDED = replace(PATHWAY, responsible="house")


@pytest.mark.parametrize(
    ("user", "pathway", "offered_to", "seat", "expected"),
    [
        (person("x", ("north", Role.CASE_MANAGER)), PATHWAY, None, None, {B, R, S}),
        (person("x", ("north", Role.CASE_MANAGER)), HANDED, None, None, {B, R}),
        (person("x", ("house", Role.CASE_MANAGER)), HANDED, None, None, {B, R, S}),
        (person("x", ("house", Role.CASE_MANAGER)), PATHWAY, "house", None, {A}),
        (person("x", ("house", Role.CASE_MANAGER)), PATHWAY, None, None, None),
        (person("x", ("house", Role.NURSE)), PATHWAY, "house", None, None),
        (person("gp", ("lake", Role.GP)), PATHWAY, None, None, {V}),
        (person("x", ("lake", Role.GP)), PATHWAY, None, None, None),
        (person("x", ("north", Role.BOOKING_CLERK)), PATHWAY, None, None, {B}),
        (person("x", ("lake", Role.BOOKING_CLERK)), PATHWAY, None, None, None),
        (person("x", ("lake", Role.BOOKING_CLERK)), PATHWAY, None, RoomRole.MEMBER, {B}),
        (person("x", ("lake", Role.BOOKING_CLERK)), PATHWAY, None, RoomRole.OBSERVER, set()),
        (person("x", ("lake", Role.NURSE)), PATHWAY, None, RoomRole.MEMBER, {R}),
        (person("x", ("lake", Role.NURSE)), PATHWAY, None, RoomRole.OBSERVER, set()),
        (person("x", ("north", Role.ADMINISTRATOR)), PATHWAY, None, None, None),
    ],
)
def test_who_may_what(
    user: User,
    pathway: Pathway,
    offered_to: str | None,
    seat: RoomRole | None,
    expected: set[Ability] | None,
) -> None:
    assert abilities(user, pathway, offered_to, seat) == expected


def test_words_for_people() -> None:
    assert code_of("7k3m9qxx") == "FU-7K3M9Q"
    figure = Figure("north", 2026, 3, due=5, on_time=3, late=1).to_wire()
    assert (figure["month"], figure["not_held"]) == ("2026-03", 1)
