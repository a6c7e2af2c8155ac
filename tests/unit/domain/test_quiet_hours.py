"""Quiet hours by the wall clock, over midnight and over the nights that clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from server.domain.errors import Invalid
from server.domain.guard import Priority
from server.domain.quiet_hours import EVERYWHERE, QuietHours, silent_on

NIGHT = QuietHours(time(22), time(6, 30), "Europe/Rome")
SIESTA = QuietHours(time(13), time(15), "Europe/Rome", "phone")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "is_quiet"),
    [
        ("2026-11-22T20:59", False),
        ("2026-11-22T21:00", True),
        ("2026-11-23T05:29", True),
        ("2026-11-23T05:30", False),
        ("2026-07-01T19:59", False),
        ("2026-07-01T20:00", True),
        ("2026-10-25T05:29", True),  # the clocks went back at 01:00 UTC
        ("2026-10-25T05:30", False),
    ],
)
def test_a_night_is_by_the_wall_clock(instant: str, *, is_quiet: bool) -> None:
    assert NIGHT.cover(at(instant)) is is_quiet


def test_only_what_can_wait_is_silent_and_only_where_it_was_asked() -> None:
    noon, night = at("2026-11-22T12:30"), at("2026-11-22T23:00")
    both = [NIGHT, SIESTA]
    assert silent_on(both, Priority.ROUTINE, night) == [EVERYWHERE]
    assert silent_on(both, Priority.ROUTINE, noon) == ["phone"]
    assert silent_on(both, Priority.ROUTINE, at("2026-11-22T10:00")) == []
    for priority in (Priority.EMERGENCY, Priority.URGENT):
        assert silent_on(both, priority, night) == []


@pytest.mark.parametrize(
    "wrong",
    [
        QuietHours(time(1), time(1), "Europe/Rome"),
        QuietHours(time(1), time(2), "Europe/Atlantis"),
        QuietHours(time(1), time(2), "Europe/Rome", ""),
    ],
)
def test_what_makes_no_sense_is_refused(wrong: QuietHours) -> None:
    with pytest.raises(Invalid):
        wrong.check()
