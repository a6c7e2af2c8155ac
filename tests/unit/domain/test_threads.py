"""Threads: what is outstanding, who may acknowledge, what escalation makes urgent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from server.domain.errors import Forbidden, Invalid
from server.domain.threads import Thread

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def thread() -> Thread:
    return Thread.open("room", "rota", "nina", "c", NOW, 60).seat("rita", seated=True)


def test_an_urgent_message_is_outstanding_until_somebody_of_the_role_has_it() -> None:
    urgent = thread().posted(5, "nina", NOW, urgent=True)
    assert urgent.is_outstanding
    assert urgent.repeats_in == timedelta(seconds=60)
    taken = urgent.acknowledge("rita", 5, NOW)
    assert not taken.is_outstanding
    assert (taken.acknowledged, taken.acknowledged_by) == (5, "rita")
    assert taken.acknowledge("rita", 5, NOW + timedelta(hours=1)) == taken


def test_only_the_role_acknowledges() -> None:
    urgent = thread().posted(5, "nina", NOW, urgent=True)
    for person in ("nina", "rocco"):
        with pytest.raises(Forbidden):
            urgent.acknowledge(person, 5, NOW)
    assert not urgent.escalate("rocco", NOW).acknowledge("rocco", 5, NOW).is_outstanding


def test_a_later_urgent_message_is_not_acknowledged_by_an_earlier_one() -> None:
    both = (
        thread().posted(5, "nina", NOW, urgent=True).remind(NOW).posted(6, "nina", NOW, urgent=True)
    )
    assert (both.urgent, both.reminders) == (6, 1)
    assert both.acknowledge("rita", 5, NOW).is_outstanding
    assert not both.acknowledge("rita", 9, NOW).is_outstanding
    assert both.acknowledge("rita", 9, NOW).acknowledged == 6


def test_reminders_are_counted_anew_for_a_new_urgent_message() -> None:
    first = thread().posted(5, "nina", NOW, urgent=True).remind(NOW)
    assert (first.reminders, first.reminded_at) == (1, NOW)
    second = first.acknowledge("rita", 5, NOW).posted(7, "nina", NOW, urgent=True)
    assert (second.reminders, second.reminded_at) == (0, None)


def test_an_answer_of_the_role_acknowledges() -> None:
    urgent = thread().posted(5, "nina", NOW, urgent=True)
    assert not urgent.posted(6, "rita", NOW, urgent=False).is_outstanding
    assert not thread().posted(5, "rita", NOW, urgent=True).is_outstanding
    assert not thread().posted(5, "nina", NOW, urgent=False).is_outstanding


def test_one_who_writes_to_their_own_role_is_not_answered_by_themself() -> None:
    own = Thread.open("room", "rota", "rita", "c", NOW, 60).seat("rita", seated=False)
    assert own.posted(5, "rita", NOW, urgent=True).is_outstanding


def test_escalation_makes_what_nobody_has_urgent() -> None:
    plain = thread().posted(5, "nina", NOW, urgent=False)
    raised = plain.escalate("rocco", NOW)
    assert raised.is_outstanding
    assert raised.on_duty == ("rita", "rocco")
    assert raised.escalate(None, NOW).backup == "rocco"
    assert not plain.acknowledge("rita", 5, NOW).escalate("rocco", NOW).is_outstanding
    assert not thread().escalate("rocco", NOW).is_outstanding


def test_a_withdrawn_message_waits_for_nobody() -> None:
    assert not thread().posted(5, "nina", NOW, urgent=True).withdraw().is_outstanding


def test_nobody_on_duty_is_nobody() -> None:
    assert thread().seat(None, seated=False).on_duty == ()


@pytest.mark.parametrize("seconds", [4, 3601])
def test_it_repeats_neither_too_often_nor_too_seldom(seconds: int) -> None:
    with pytest.raises(Invalid):
        Thread.open("room", "rota", "nina", "c", NOW, seconds)
