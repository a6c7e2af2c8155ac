"""Televisits: the order of the steps, and what a report needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from server.domain.errors import Conflict, Invalid
from server.domain.televisit_records import (
    WORDS_LIMIT,
    Consent,
    Guest,
    Identification,
    Manner,
    Measured,
    Quality,
    Verdict,
)
from server.domain.televisits import (
    AHEAD,
    ENDED,
    LATE,
    ConsentMissing,
    IdentityMissing,
    LinkQualityMissing,
    State,
    SuitabilityMissing,
    Televisit,
    TooEarly,
    WrongStep,
    reason_of,
    require_time,
)

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
VISIT = Televisit("v", "r", "M. R.", "c", "Piera", "p", "Follow-up", NOW, 30, NOW)
YES = Consent(True, Guest.PATIENT, Manner.SPOKEN, "c", NOW)
NO = replace(YES, given=False)
GOOD = Verdict(Quality.GOOD, True)


def waiting() -> Televisit:
    return VISIT.arrive(NOW)


def identified() -> Televisit:
    return waiting().identify("c", NOW, document_seen=True).agree(YES)


def held() -> Televisit:
    return identified().begin(NOW)


def test_the_steps_in_order() -> None:
    assert waiting().state is State.WAITING
    assert identified().state is State.IDENTIFIED
    assert held().state is State.IN_PROGRESS
    concluded = held().conclude(GOOD, NOW)
    assert concluded.state is State.REPORT_PENDING
    assert concluded.close(NOW).state is State.CLOSED
    assert concluded.ends_at == NOW + timedelta(minutes=30)
    assert concluded.links_until > concluded.ends_at


def test_the_first_arrival_counts() -> None:
    later = NOW + timedelta(minutes=5)
    assert waiting().arrive(later).arrived_at == NOW
    assert held().arrive(later) == held()


def test_nobody_is_seen_before_identity_and_consent() -> None:
    with pytest.raises(WrongStep):
        VISIT.identify("c", NOW, document_seen=False)
    with pytest.raises(IdentityMissing):
        waiting().agree(YES)
    with pytest.raises(IdentityMissing):
        waiting().begin(NOW)
    known = waiting().identify("c", NOW, document_seen=False)
    assert known.state is State.WAITING
    with pytest.raises(ConsentMissing):
        known.begin(NOW)
    refused = known.agree(NO)
    assert refused.state is State.WAITING
    with pytest.raises(ConsentMissing):
        refused.begin(NOW)
    assert refused.agree(YES).begin(NOW).started_at == NOW


def test_consent_may_be_taken_back_before_the_visit() -> None:
    assert identified().agree(NO).state is State.WAITING


def test_a_report_needs_link_quality_and_suitability() -> None:
    said = held().conclude(Verdict(), NOW)
    with pytest.raises(LinkQualityMissing):
        said.close(NOW)
    said = said.conclude(Verdict(Quality.POOR), NOW)
    with pytest.raises(SuitabilityMissing):
        said.close(NOW)
    with pytest.raises(Invalid):
        said.conclude(Verdict(Quality.POOR, suitable=False, note=" "), NOW)
    said = said.conclude(Verdict(Quality.POOR, suitable=False, note=" No sound. "), NOW)
    assert said.verdict.note == "No sound."
    assert said.close(NOW).ended_at == NOW
    with pytest.raises(WrongStep):
        held().require_reportable()


def test_what_is_added_later_keeps_the_end_and_the_measures() -> None:
    measured = Measured(4.5, 30.0, 0.0)
    first = held().conclude(Verdict(measured=measured), NOW)
    again = first.conclude(GOOD, NOW + timedelta(hours=1))
    assert (again.concluded_at, again.verdict.measured) == (NOW, measured)


def test_a_visit_that_did_not_take_place() -> None:
    for visit in (VISIT, waiting(), identified()):
        assert visit.cancel(NOW).state is State.CANCELLED
        assert visit.miss(NOW).state is State.NOT_ATTENDED
    with pytest.raises(TooEarly):
        VISIT.miss(NOW - timedelta(seconds=1))


MOVES: dict[str, Callable[[Televisit], object]] = {
    "identify": lambda one: one.identify("c", NOW, document_seen=True),
    "agree": lambda one: one.agree(YES),
    "begin": lambda one: one.begin(NOW),
    "conclude": lambda one: one.conclude(GOOD, NOW),
    "close": lambda one: one.close(NOW),
    "cancel": lambda one: one.cancel(NOW),
    "miss": lambda one: one.miss(NOW),
    "invite": lambda one: one.require_before_end(),
}


@pytest.mark.parametrize("state", sorted(ENDED))
@pytest.mark.parametrize("move", MOVES)
def test_what_ended_stays_as_it_is(state: State, move: str) -> None:
    with pytest.raises(Conflict) as refused:
        MOVES[move](replace(VISIT, state=state))
    assert refused.value.code == "televisit-moved"


@pytest.mark.parametrize("move", ["cancel", "miss"])
def test_a_visit_under_way_took_place(move: str) -> None:
    with pytest.raises(WrongStep):
        MOVES[move](held())


def test_links_are_made_until_the_visit_is_over() -> None:
    held().require_before_end()
    with pytest.raises(WrongStep):
        held().conclude(GOOD, NOW).require_before_end()


def test_times_that_can_be() -> None:
    require_time(NOW - LATE, 5, NOW)
    require_time(NOW + AHEAD, 240, NOW)
    for at in (NOW - LATE - timedelta(seconds=1), NOW + AHEAD + timedelta(seconds=1)):
        with pytest.raises(Invalid):
            require_time(at, 30, NOW)
    for minutes in (4, 241):
        with pytest.raises(Invalid):
            require_time(NOW, minutes, NOW)


def test_reasons_that_can_be() -> None:
    assert reason_of(" Pain ") == "Pain"
    for bad in ("", "  ", "x" * (WORDS_LIMIT + 1), "nul\0"):
        with pytest.raises(Invalid):
            reason_of(bad)


def test_records_survive_the_wire() -> None:
    identity = Identification("c", NOW, True)
    assert Identification.from_wire(identity.to_wire()) == identity
    assert Consent.from_wire(YES.to_wire()) == YES
    measured = Measured(4.5, 30.0, 0.01)
    assert Measured(**measured.to_wire()) == measured
