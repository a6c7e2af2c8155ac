"""Slots: series by the clock on the wall, one expert at one place at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.errors import Invalid
from server.domain.slots import (
    Series,
    Slot,
    SlotPast,
    SlotsOverlap,
    SlotTaken,
    require_apart,
)

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
ROME = ZoneInfo("Europe/Rome")
MONDAY = datetime(2026, 11, 23, 9)


def slot(minutes_ahead: int = 60, minutes: int = 30) -> Slot:
    return Slot("s", "centre", "expert", NOW + timedelta(minutes=minutes_ahead), minutes)


def test_a_slot_is_booked_ahead_of_its_time_and_once() -> None:
    free = slot()
    free.require_ahead(NOW)
    free.require_free()
    with pytest.raises(SlotPast):
        free.require_ahead(free.starts_at)
    taken = free.taken_by("c")
    with pytest.raises(SlotTaken):
        taken.require_free()
    assert (free.to_wire()["is_free"], taken.to_wire()["is_free"]) == (True, False)
    assert "consultation" not in taken.to_wire()
    assert free.ends_at - free.starts_at == timedelta(minutes=30)


def test_a_series_stands_in_a_row_and_returns_weekly() -> None:
    starts = Series(MONDAY, "Europe/Rome", 30, in_a_row=2, weeks=2).starts(NOW)
    assert starts == [
        datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
        datetime(2026, 11, 23, 8, 30, tzinfo=UTC),
        datetime(2026, 11, 30, 8, 0, tzinfo=UTC),
        datetime(2026, 11, 30, 8, 30, tzinfo=UTC),
    ]


@given(st.integers(1, 26), st.integers(0, 330), st.integers(0, 23))
def test_a_weekly_slot_keeps_its_hour_when_the_clocks_change(
    weeks: int, day: int, hour: int
) -> None:
    first = datetime(2027, 1, 1, hour, 30) + timedelta(days=day)
    starts = Series(first, "Europe/Rome", 30, weeks=weeks).starts(NOW)
    local = [start.astimezone(ROME) for start in starts]
    # 02:30 does not exist on one Sunday of March.
    assert all(at.hour == hour or (hour == 2 and at.hour == 3) for at in local)
    assert [at.date() for at in local] == [
        (first + timedelta(weeks=week)).date() for week in range(weeks)
    ]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"zone": "Europe/Nowhere"}, "zone"),
        ({"zone": "../etc/passwd"}, "zone"),
        ({"minutes": 9}, "minutes"),
        ({"minutes": 241}, "minutes"),
        ({"in_a_row": 0}, "in_a_row"),
        ({"weeks": 27}, "weeks"),
        ({"in_a_row": 24, "weeks": 26}, "weeks"),
        ({"first": MONDAY.replace(year=2025)}, "first"),
        ({"first": MONDAY.replace(tzinfo=UTC)}, "first"),
    ],
)
def test_an_odd_series_is_refused(changes: dict[str, object], path: str) -> None:
    series = replace(Series(MONDAY, "Europe/Rome", 30), **changes)  # type: ignore[arg-type]
    with pytest.raises(Invalid) as refused:
        series.starts(NOW)
    assert refused.value.details["path"] == path


def test_slots_of_one_expert_do_not_overlap() -> None:
    require_apart([slot(90), slot(60), slot(120)])
    with pytest.raises(SlotsOverlap):
        require_apart([slot(89), slot(60)])
    with pytest.raises(SlotsOverlap):
        require_apart([slot(60), slot(60)])
