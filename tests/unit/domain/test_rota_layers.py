"""Layers: hours of their own, nights, weekends and holidays; ten years of them tile the time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from server.domain.access import Role
from server.domain.errors import Invalid, LimitExceeded
from server.domain.rota import Layer, Override, Rota, Rotation, next_change, on_call, shifts
from server.domain.rota import second_member as second_of
from server.domain.rota_layers import HOLIDAY, Restriction

ROME = "Europe/Rome"
ZONE = ZoneInfo(ROME)
FIRST = date(2026, 3, 2)  # a Monday
NIGHTS = Restriction.of(frozenset(range(5)), time(20), time(8))
WEEKENDS = Restriction.of(frozenset({5, 6, HOLIDAY}), time(8), time(8))


def layer(
    members: str, *restrictions: Restriction, days: int = 7, hours: int | None = None
) -> Layer:
    return Layer(Rotation(FIRST, 8, days, tuple(members), hours), "", restrictions)


def rota(*layers: Layer, zone: str = ROME, holidays: frozenset[date] = frozenset()) -> Rota:
    return Rota("rota", "north", "Guard", Role.RADIOLOGIST, zone, "5", layers, (), holidays)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_turns_of_twelve_hours_stay_at_eight_by_the_wall_clock_in_summer_and_winter() -> None:
    whole = rota(layer("ab", hours=12))
    for day in ("2026-03-20", "2026-03-29", "2026-06-30", "2026-10-25", "2026-12-31"):
        start = datetime.combine(date.fromisoformat(day), time(8), ZONE).astimezone(UTC)
        found = shifts(whole, start, start + timedelta(days=2))
        assert {shift.start.astimezone(ZONE).hour for shift in found} == {8, 20}
        assert {one.member for one in found[::2]} == {"a"}
    night = shifts(whole, at("2026-10-24T20:00+02:00"), at("2026-10-25T08:00+01:00"))
    assert [one.end - one.start for one in night] == [timedelta(hours=13)]
    night = shifts(whole, at("2026-03-28T20:00+01:00"), at("2026-03-29T08:00+02:00"))
    assert [one.end - one.start for one in night] == [timedelta(hours=11)]


def test_the_upper_layer_counts_in_its_hours_and_the_lower_fills_the_rest() -> None:
    whole = rota(layer("n", NIGHTS), layer("w", WEEKENDS), layer("d"))
    found = shifts(whole, at("2026-03-05T12:00+01:00"), at("2026-03-09T21:00+01:00"))
    assert [(one.member, one.start.astimezone(ZONE).strftime("%a %H")) for one in found] == [
        ("d", "Thu 12"),
        ("n", "Thu 20"),
        ("d", "Fri 08"),
        ("n", "Fri 20"),
        ("w", "Sat 08"),
        ("d", "Mon 08"),
        ("n", "Mon 20"),
    ]


def test_a_holiday_is_no_weekday() -> None:
    feast = date(2026, 3, 4)
    whole = rota(layer("n", NIGHTS), layer("w", WEEKENDS), layer("d"), holidays=frozenset({feast}))
    assert on_call(whole, at("2026-03-04T07:00+01:00")) == "n"  # Tuesday's night
    assert on_call(whole, at("2026-03-04T12:00+01:00")) == "w"
    assert on_call(whole, at("2026-03-05T07:00+01:00")) == "w"
    assert on_call(whole, at("2026-03-05T12:00+01:00")) == "d"


def test_a_layer_without_anybody_or_before_its_first_day_leaves_duty_to_those_below() -> None:
    later = Layer(Rotation(date(2026, 4, 6), 8, 7, ("z",)))
    whole = rota(Layer(Rotation(FIRST, 8, 7)), later, layer("a"))
    assert on_call(whole, at("2026-04-06T07:59+02:00")) == "a"
    assert on_call(whole, at("2026-04-06T08:00+02:00")) == "z"
    assert next_change(whole, at("2026-03-10T08:00+01:00")) == at("2026-04-06T08:00+02:00")


def test_an_override_goes_before_a_temporary_shift_made_later() -> None:
    now = at("2026-03-05T12:00+01:00")
    over = Override.of("1", now, now + timedelta(hours=1), "o")
    temporary = Override.of("2", now, now + timedelta(hours=2), "t", temporary=True)
    whole = rota(layer("a")).override(over, temporary)
    found = shifts(whole, now, now + timedelta(hours=3))
    assert [(one.member, one.override) for one in found] == [("o", "1"), ("t", "2"), ("a", None)]
    assert [on_call(whole, now + timedelta(hours=hours)) for hours in range(3)] == ["o", "t", "a"]


def test_the_second_is_next_in_the_layer_in_force_else_of_another() -> None:
    whole = rota(layer("mn", NIGHTS), layer("de"))
    assert second_of(whole, at("2026-03-04T21:00+01:00")) == "n"
    assert second_of(whole, at("2026-03-04T12:00+01:00")) == "e"
    assert second_of(rota(layer("n", NIGHTS), layer("de")), at("2026-03-04T21:00+01:00")) == "e"


def test_a_change_years_ahead_is_found_and_one_that_never_comes_is_not() -> None:
    only = rota(layer("a", WEEKENDS), layer("a", days=1))
    assert next_change(only, at("2026-03-05T12:00+01:00")) is None
    far = rota(Layer(Rotation(date(2030, 1, 1), 8, 7, ("z",))), layer("a"))
    assert next_change(far, at("2026-03-05T12:00+01:00")) == at("2030-01-01T08:00+01:00")


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        (lambda: Restriction.of(frozenset(), time(8), time(20)), "restrictions.days"),
        (lambda: Restriction.of(frozenset({8}), time(8), time(20)), "restrictions.days"),
        (lambda: Rotation.of(FIRST, 8, 1, (), 0), "rotation.period_hours"),
        (lambda: Rotation.of(FIRST, 8, 1, (), None, 60), "rotation.minute"),
        (lambda: Layer(Rotation(FIRST, 8, 1), "x" * 81).check(), "layers.name"),
        (lambda: rota().check(), "layers"),
        (lambda: rota(layer("a"), holidays=frozenset({date(1999, 1, 1)})).check(), "holidays"),
    ],
)
def test_layers_have_sensible_values(wrong: object, path: str) -> None:
    with pytest.raises(Invalid) as refusal:
        wrong()  # type: ignore[operator]
    assert refusal.value.details["path"] == path


def test_layers_holidays_and_restrictions_are_bounded() -> None:
    days = frozenset(FIRST + timedelta(days=n) for n in range(401))
    for whole in (
        rota(*[layer("a")] * 11),
        rota(layer("a", *[NIGHTS] * 21)),
        rota(layer("a"), holidays=days),
    ):
        with pytest.raises(LimitExceeded):
            whole.check()
