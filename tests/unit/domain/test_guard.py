"""Guard requests and their escalation, purely."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.errors import DomainError, Invalid
from server.domain.guard import (
    HELD,
    OPEN,
    AlreadyAccepted,
    GuardMoved,
    NotAcceptor,
    Priority,
    Question,
    Request,
    State,
    reason_of,
    title_of,
)
from server.domain.guard_notifications import Console, Notification, Outcome
from server.domain.guard_results import Promise
from server.domain.guard_services import Duty, GuardService, Local, Step, fire

NOW = datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC)
QUESTION = Question(Priority.EMERGENCY, "Bleeding?", "112", wants_call=True)


def request(state: State = State.REQUESTED, **changes: object) -> Request:
    made = Request(
        id="r",
        number=12,
        room="room",
        service="s",
        service_name="CT",
        modality="CT",
        phone="1",
        organisation=None,
        patient="p",
        requester="nina",
        requester_name="Nina",
        created_at=NOW,
        question=QUESTION,
        promised=Promise(120, 180, 3600),
        state=state,
    )
    if state in HELD:
        made = replace(made, accepted_by="rita", accepted_name="Rita", accepted_at=NOW)
    return replace(made, **changes)  # type: ignore[arg-type]


def test_the_first_acceptance_wins_and_the_second_hears_who() -> None:
    accepted = request(State.ALERTING).accept("rita", "Rita", NOW)
    assert (accepted.state, accepted.accepted_by, accepted.next_at) == (
        State.ACCEPTED,
        "rita",
        None,
    )
    with pytest.raises(AlreadyAccepted) as refusal:
        accepted.accept("rocco", "Rocco", NOW)
    assert refusal.value.details["by"] == "Rita"


@pytest.mark.parametrize("state", State)
def test_accepting_needs_an_open_request(state: State) -> None:
    if state in OPEN:
        assert request(state).accept("rita", "Rita", NOW).state is State.ACCEPTED
    else:
        with pytest.raises(DomainError):
            request(state).accept("rocco", "Rocco", NOW)


def test_a_referral_lets_one_colleague_take_over() -> None:
    referred = request(State.WORKING).refer("rita", "rocco")
    assert referred.accepted_by == "rita"
    with pytest.raises(AlreadyAccepted):
        referred.accept("rhona", "Rhona", NOW)
    taken = referred.accept("rocco", "Rocco", NOW)
    assert (taken.accepted_by, taken.referred_to) == ("rocco", None)
    with pytest.raises(Invalid):
        request(State.ACCEPTED).refer("rita", "rita")


def test_release_starts_over_and_remembers_who_let_go() -> None:
    released = request(State.WORKING, step=2).release("rita")
    assert (released.state, released.step, released.round) == (State.ALERTING, 0, 2)
    assert (released.accepted_by, released.passed_on) == (None, "rita")
    with pytest.raises(NotAcceptor):
        request(State.WORKING).release("rocco")
    with pytest.raises(GuardMoved):
        request(State.ALERTING).release("rita")


def test_work_report_and_close() -> None:
    working = request(State.ACCEPTED).work("rita")
    assert working.state is State.WORKING
    assert working.work("rita") == working
    assert working.start("report", "draft").report == "report"
    assert working.joins
    pending = working.sign("interim", interim=True)
    assert (pending.state, pending.report_state) == (State.REPORT_PENDING, "interim")
    assert not pending.joins
    assert working.owe_report().state is State.REPORT_PENDING
    reported = pending.sign("final", interim=False)
    assert reported.state is State.REPORTED
    assert reported.close().state is State.CLOSED
    for move in (pending.close, reported.owe_report, reported.cancel):
        with pytest.raises(GuardMoved):
            move()


def test_alerting_exhausting_and_cancelling() -> None:
    alerting = request().alert(1, NOW, no_cover=True, exhausted=False)
    assert (alerting.state, alerting.step, alerting.no_cover) == (State.ALERTING, 1, True)
    exhausted = alerting.alert(2, NOW, no_cover=False, exhausted=True)
    assert exhausted.state is State.EXHAUSTED
    assert exhausted.cancel().state is State.CANCELLED
    with pytest.raises(GuardMoved):
        request(State.ACCEPTED).alert(1, NOW, no_cover=False, exhausted=False)


def test_words_are_checked() -> None:
    question = replace(QUESTION, text=" x ", allergy="  ", creatinine=" 1.2 ", age=0).check()
    assert (question.text, question.allergy, question.creatinine) == ("x", None, "1.2")
    for changes in ({"age": 131}, {"age": -1}, {"text": " "}, {"call_back": "x" * 41}):
        with pytest.raises(Invalid):
            replace(QUESTION, **changes).check()
    assert reason_of(" why ") == "why"
    with pytest.raises(Invalid):
        reason_of("\0")
    assert title_of("CT emergency", "Nina Ipsilon", 12) == "CT emergency · N.I. · #12"


def service(**changes: object) -> GuardService:
    steps = (Step("a", 60),)
    made = GuardService("s", "o", " CT  emergency ", "CT", "1", "Europe/Rome", steps)
    return replace(made, **changes)  # type: ignore[arg-type]


def test_services_are_checked() -> None:
    assert service().check().name == "CT emergency"
    for changes in (
        {"steps": ()},
        {"steps": (Step("a", 60),) * 6},
        {"steps": (Step("a", 4),)},
        {"steps": (Step("a", 3601),)},
        {"join_s": 29},
        {"report_minutes": 4},
        {"zone": "Nowhere/Land"},
        {"name": " "},
        {"phone": "1" * 41},
    ):
        with pytest.raises(Invalid):
            service(**changes).check()


def test_a_retired_service_leaves_its_name() -> None:
    retired = service(name="x" * 120).check().retire(NOW)
    assert retired.retired_at == NOW
    assert retired.name.startswith("xxx")
    assert retired.name.endswith(f" (– {NOW:%Y-%m-%d %H:%M:%S})")
    assert len(retired.name) == 120


READY, UNREADY, NOBODY = Duty("r", True), Duty("u"), Duty(None)
STEPS = (Step("a", 10), Step("b", 20), Step("c", 30))


@pytest.mark.parametrize(
    ("duties", "start", "alerted", "empty", "last", "delay", "exhausted"),
    [
        ((READY, READY, READY), 0, (0,), (), 0, 10, False),
        ((READY, READY, READY), 1, (1,), (), 1, 20, False),
        ((NOBODY, READY, READY), 0, (1,), (0,), 1, 20, False),
        ((UNREADY, READY, READY), 0, (0, 1), (), 1, 20, False),
        ((UNREADY, NOBODY, UNREADY), 0, (0, 2), (1,), 2, 30, False),
        ((NOBODY, NOBODY, NOBODY), 0, (), (0, 1, 2), 2, 30, False),
        ((READY, READY, READY), 3, (2,), (), 2, 30, True),
        ((READY, UNREADY, NOBODY), 3, (1,), (), 2, 30, True),
        ((NOBODY, NOBODY, NOBODY), 3, (), (2,), 2, 30, True),
    ],
)
def test_firing(
    duties: tuple[Duty, ...],
    start: int,
    alerted: tuple[int, ...],
    empty: tuple[int, ...],
    last: int,
    delay: int,
    exhausted: bool,
) -> None:
    firing = fire(STEPS, duties, start)
    assert (firing.alerted, firing.empty, firing.last) == (alerted, empty, last)
    assert (firing.delay_s, firing.is_exhausted) == (delay, exhausted)
    assert firing.is_unheard is (not alerted)


@given(st.lists(st.sampled_from([READY, UNREADY, NOBODY]), min_size=1, max_size=5))
def test_somebody_on_call_is_always_alerted_in_the_end(duties: list[Duty]) -> None:
    """Whatever is empty or unready, escalating to the end alerts everybody on call."""
    steps = [Step(str(at), 10) for at in range(len(duties))]
    alerted: set[int] = set()
    start = 0
    while start < len(steps):
        firing = fire(steps, duties, start)
        assert firing.last >= start
        alerted |= set(firing.alerted)
        start = firing.last + 1
    assert alerted == {at for at, duty in enumerate(duties) if duty.person}
    again = fire(steps, duties, start)
    assert again.is_exhausted
    assert bool(again.alerted) is bool(alerted)


def test_notifications_and_consoles() -> None:
    one = Notification("r", 1, 1, "rita", "Rita", "console", "", False, NOW)
    assert one.to_wire()["device"] is None
    moved = replace(one, delivered_at=NOW).on("desk", NOW + timedelta(seconds=1))
    assert (moved.device, moved.delivered_at) == ("desk", None)
    ended = replace(moved, delivered_at=NOW, seen_at=NOW, outcome=Outcome.TAKEN).to_wire()
    assert (ended["seen_at"], ended["outcome"]) == ("2026-11-22T03:04:05.000Z", "taken")
    desk = Console("rita", "desk", True, NOW)
    assert desk.is_ready(NOW - timedelta(seconds=1))
    assert not desk.is_ready(NOW)
    assert not replace(desk, has_sound=False).is_ready(NOW - timedelta(seconds=1))


def test_a_step_in_words_stops_there_and_alerts_nobody() -> None:
    steps = (Step("a", 10), Step(None, 20, text="Ring the switchboard."), Step("b", 30))
    duties = (Duty(None), Duty(None, is_words=True), Duty("rita", is_ready=True))
    firing = fire(steps, duties, 0)
    assert (firing.told, firing.empty, firing.alerted) == ((1,), (0,), ())
    assert (firing.last, firing.delay_s, firing.is_exhausted) == (1, 20, False)
    assert fire(steps, duties, 2).alerted == (2,)


def test_a_trusts_own_rota_comes_first_and_the_steps_repeat() -> None:
    made = service(
        steps=(Step("a", 10), Step(None, 20, person="rita")),
        repeats=1,
        local=(Local("north", "n", 5), Local("south", "s", 6)),
    ).check()
    order = [step.rota or step.person for step in made.policy("south")]
    assert order == ["s", "a", "rita", "a", "rita"]
    assert len(made.policy(None)) == 4
    assert made.rotas == {"a", "n", "s"}
    assert made.people == {"rita"}


@pytest.mark.parametrize(
    "change",
    [
        {"steps": (Step("a", 10, person="rita"),)},
        {"steps": (Step(None, 10),)},
        {"steps": (Step(None, 10, text="Telephone."),)},
        {"repeats": 6},
        {"local": (Local("north", "n", 5), Local("north", "m", 5))},
        {"local": (Local("north", "n", 1),)},
        {"local": tuple(Local(str(at), "n", 5) for at in range(51))},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        service(**change).check()
