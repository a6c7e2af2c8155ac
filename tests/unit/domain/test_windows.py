"""Calendar arithmetic of follow-up: month ends, windows, the instant a window is over."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.errors import Invalid
from server.domain.windows import (
    DAYS_LIMIT,
    MONTHS_LIMIT,
    Offset,
    Unit,
    Window,
    day_in,
    require_margin,
    require_zone,
)

ROME = ZoneInfo("Europe/Rome")
DAYS = st.dates(date(2000, 1, 1), date(2199, 12, 31))
MONTHS = st.integers(0, MONTHS_LIMIT)


def months(count: int) -> Offset:
    return Offset(count, Unit.MONTHS)


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 5, 31), 0, date(2026, 5, 31)),
    ],
)
def test_months_end_where_the_month_ends(day: date, count: int, expected: date) -> None:
    assert months(count).after(day) == expected


@given(DAYS, MONTHS)
def test_months_later_is_in_that_month_on_that_day_or_its_last(day: date, count: int) -> None:
    later = months(count).after(day)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == count
    assert later.day == min(day.day, monthrange(later.year, later.month)[1])


@given(DAYS, DAYS, MONTHS)
def test_months_keep_the_order_of_days(one: date, other: date, count: int) -> None:
    first, last = sorted((one, other))
    assert months(count).after(first) <= months(count).after(last)


@given(DAYS, MONTHS, MONTHS)
def test_more_months_are_never_earlier(day: date, one: int, other: int) -> None:
    assert (months(one).after(day) < months(other).after(day)) == (one < other)


@given(DAYS, st.integers(0, DAYS_LIMIT))
def test_days_are_days(day: date, count: int) -> None:
    assert Offset(count, Unit.DAYS).after(day) - day == timedelta(days=count)


@given(DAYS, st.integers(0, 366), st.integers(0, 366), st.integers(0, 400))
def test_a_window_holds_its_target_and_never_begins_before(
    not_before: date, early: int, late: int, offset: int
) -> None:
    target = not_before + timedelta(days=offset)
    window = Window.around(target, early, late, not_before=not_before)
    assert not_before <= window.first <= target <= window.last
    assert target in window
    assert window.first - timedelta(days=1) not in window
    assert window.last + timedelta(days=1) not in window


@given(DAYS)
def test_a_window_is_over_when_its_last_day_is(last: date) -> None:
    end = Window(last, last).ends_at(ROME)
    assert end.tzinfo is UTC
    assert day_in(end, "Europe/Rome") == last + timedelta(days=1)
    assert day_in(end - timedelta(microseconds=1), "Europe/Rome") == last


def test_days_of_23_and_25_hours_end_at_midnight() -> None:
    for day, hour in ((date(2026, 3, 29), 22), (date(2026, 10, 25), 23)):
        assert Window(day, day).ends_at(ROME) == datetime(
            day.year, day.month, day.day, hour, 0, 0, 0, UTC
        )


@pytest.mark.parametrize(
    "offset", [(-1, Unit.DAYS), (DAYS_LIMIT + 1, Unit.DAYS), (121, Unit.MONTHS)]
)
def test_offsets_have_limits(offset: tuple[int, Unit]) -> None:
    with pytest.raises(Invalid):
        Offset(*offset)


def test_margins_and_zones_are_checked() -> None:
    assert require_margin(366, "early_days") == 366
    assert require_zone("Europe/Rome") == "Europe/Rome"
    for wrong in (-1, 367):
        with pytest.raises(Invalid):
            require_margin(wrong, "early_days")
    for name in ("Mars/Olympus", "", "../etc/passwd", "Europe"):
        with pytest.raises(Invalid):
            require_zone(name)
    assert Offset(3, Unit.MONTHS).to_wire() == {"count": 3, "unit": "months"}
