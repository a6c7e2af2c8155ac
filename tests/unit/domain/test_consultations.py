"""Consultations: every move from every state, legal or refused; documents only once confirmed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from server.domain.consultations import (
    NEAR,
    REASON_LIMIT,
    SUPPLEMENTS_MOST,
    Appointment,
    ClinicalCase,
    Consultation,
    Move,
    State,
    Step,
    WrongStep,
    initials,
)
from server.domain.errors import DomainError, Invalid
from server.domain.opinions import Outcome
from server.domain.slots import SlotPast
from tests.unit.domain.test_slots import NOW, slot

CASE = ClinicalCase.of("Chordoma", "Carbon ions?", "")
Act = Callable[[Consultation], Consultation]

BOOK: Act = lambda one: one.book(slot(), "rosa", "Rosa", NOW)  # noqa: E731
CONFIRM: Act = lambda one: one.confirm("expert", "Expert", NOW)  # noqa: E731
DECLINE: Act = lambda one: one.decline("No data", "expert", "Expert", NOW)  # noqa: E731
RELEASE: Act = lambda one: one.release("rosa", "Rosa", NOW)  # noqa: E731
LAPSE: Act = lambda one: one.lapse(NOW)  # noqa: E731
SUPPLEMENT: Act = lambda one: one.supplement("MRI", "Rosa", NOW)  # noqa: E731
CANCEL: Act = lambda one: one.cancel("Healed", "Rosa", NOW)  # noqa: E731
CONCLUDE: Act = lambda one: one.conclude(Outcome.ELIGIBLE, "Rosa", NOW)  # noqa: E731
LACK: Act = lambda one: one.conclude(Outcome.DATA_MISSING, "Rosa", NOW)  # noqa: E731
ACTS = (BOOK, CONFIRM, DECLINE, RELEASE, LAPSE, SUPPLEMENT, CANCEL, CONCLUDE, LACK)


def told() -> Consultation:
    new = Consultation("c", "room", "M. R.", "rosa", "Rosa", "p", CASE, NOW)
    return new.described("Rosa")


def after(*acts: Act) -> Consultation:
    one = told()
    for act in acts:
        one = act(one)
    return one


STATES = {
    State.DESCRIBED: after(),
    State.REQUESTED: after(BOOK),
    State.CONFIRMED: after(BOOK, CONFIRM),
    State.DECLINED: after(BOOK, DECLINE),
    State.SUPPLEMENT: after(BOOK, CONFIRM, LACK),
    State.CONCLUDED: after(BOOK, CONFIRM, CONCLUDE),
    State.CANCELLED: after(CANCEL),
}
S = State
OPEN = {S.DESCRIBED, S.REQUESTED, S.CONFIRMED, S.DECLINED, S.SUPPLEMENT}
LEGAL: dict[int, tuple[set[State], State | None]] = {
    0: (OPEN, S.REQUESTED),
    1: ({S.REQUESTED}, S.CONFIRMED),
    2: ({S.REQUESTED, S.CONFIRMED}, S.DECLINED),
    3: ({S.REQUESTED, S.CONFIRMED}, S.DESCRIBED),
    4: ({S.REQUESTED}, S.DESCRIBED),
    5: (OPEN, None),
    6: (OPEN, S.CANCELLED),
    7: ({S.CONFIRMED}, S.CONCLUDED),
    8: ({S.CONFIRMED}, S.SUPPLEMENT),
}


@pytest.mark.parametrize("number", range(len(ACTS)))
@pytest.mark.parametrize("state", list(State))
def test_each_move_from_each_state(state: State, number: int) -> None:
    assert STATES[state].state is state
    allowed, target = LEGAL[number]
    if state in allowed:
        moved = ACTS[number](STATES[state])
        assert moved.state is (target or state)
        assert len(moved.steps) == len(STATES[state].steps) + 1
    else:
        with pytest.raises(WrongStep):
            ACTS[number](STATES[state])


def test_documents_open_with_the_confirmation_and_close_with_the_appointment() -> None:
    opened = after(BOOK, CONFIRM)
    assert opened.documents_open
    for act in (DECLINE, RELEASE, CANCEL):
        assert not act(opened).documents_open
    for act in (CONCLUDE, LACK, SUPPLEMENT):
        assert act(opened).documents_open
    assert BOOK(LACK(opened)).documents_open, "the same centre knows them already"
    elsewhere = replace(slot(), centre="elsewhere")
    assert not LACK(opened).book(elsewhere, "rosa", "Rosa", NOW).documents_open


def test_missing_data_begin_another_round() -> None:
    again = after(BOOK, CONFIRM, LACK, SUPPLEMENT, BOOK)
    assert (again.round, again.outcome) == (2, None)
    assert after(BOOK, DECLINE, BOOK).round == 1


def test_a_slot_in_the_past_or_ones_own_is_not_booked() -> None:
    with pytest.raises(SlotPast):
        told().book(slot(0), "rosa", "Rosa", NOW)
    with pytest.raises(Invalid):
        told().book(replace(slot(), expert="rosa"), "rosa", "Rosa", NOW)


def test_what_is_over_is_not_confirmed() -> None:
    late = NOW + timedelta(minutes=90)
    with pytest.raises(WrongStep):
        after(BOOK).confirm("expert", "Expert", late)


def test_words_are_needed_and_have_an_end() -> None:
    for diagnosis, question in (("", "Why?"), ("Chordoma", " ")):
        with pytest.raises(Invalid):
            ClinicalCase.of(diagnosis, question, "")
    for reason in (" ", "x" * (REASON_LIMIT + 1)):
        with pytest.raises(Invalid):
            after(BOOK).decline(reason, "expert", "Expert", NOW)
    full = after(*[SUPPLEMENT] * SUPPLEMENTS_MOST)
    with pytest.raises(Invalid):
        SUPPLEMENT(full)


def test_it_is_near_a_quarter_of_an_hour_before_until_its_end() -> None:
    one = after(BOOK, CONFIRM)
    assert one.appointment == Appointment.at(slot())
    starts, ends = slot().starts_at, slot().ends_at
    near = [starts - NEAR, starts, ends - timedelta(seconds=1)]
    far = [starts - NEAR - timedelta(seconds=1), ends]
    assert [one.is_near(at) for at in (*near, *far)] == [True] * 3 + [False] * 2
    assert not after(BOOK).is_near(starts)
    one.require_under_way()
    with pytest.raises(WrongStep):
        told().require_under_way()


def test_steps_survive_the_wire_and_titles_tell_no_names() -> None:
    for step in after(BOOK, DECLINE).steps:
        assert Step.from_wire(step.to_wire()) == step
    assert initials("Maria De Rossi Bianchi Neri") == "M. D. R."


class ConsultationMachine(RuleBasedStateMachine):
    """Any order of moves; refusals change nothing."""

    @initialize()
    def begin(self) -> None:
        self.one = told()
        self.is_open = False

    @rule(number=st.integers(0, len(ACTS) - 1))
    def act(self, number: int) -> None:
        try:
            self.one = ACTS[number](self.one)
        except DomainError:
            return
        if self.one.steps[-1].move is Move.CONFIRMED:
            self.is_open = True
        elif self.one.appointment is None:
            self.is_open = False

    @invariant()
    def documents_follow_the_confirmation(self) -> None:
        if hasattr(self, "one"):
            assert self.one.documents_open == self.is_open
            needs = {State.REQUESTED, State.CONFIRMED, State.CONCLUDED, State.SUPPLEMENT}
            assert (self.one.appointment is not None) == (self.one.state in needs)


TestConsultationMachine = ConsultationMachine.TestCase
TestConsultationMachine.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
