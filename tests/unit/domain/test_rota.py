"""Rotas: who holds a role when, through summer time, overrides and odd time zones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.domain import rota as rotas
from server.domain.access import Role
from server.domain.errors import Invalid, LimitExceeded
from server.domain.rota import Layer, Override, Rota, Rotation, gaps, next_change, on_call, shifts

ROME = "Europe/Rome"
WEEK = Rotation(date(2026, 3, 2), 8, 7, ("rita", "rocco", "rhona"))
EMPTY = Rotation(date(2026, 3, 2), 8, 1)


def rota(rotation: Rotation = WEEK, *overrides: Override, zone: str = ROME) -> Rota:
    name = "Radiologist on guard"
    return Rota("rota", "north", name, Role.RADIOLOGIST, zone, "555", (Layer(rotation),), overrides)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_members_take_turns_at_the_local_hour() -> None:
    assert on_call(rota(), at("2026-03-02T08:00+01:00")) == "rita"
    assert on_call(rota(), at("2026-03-09T07:59:59+01:00")) == "rita"
    assert on_call(rota(), at("2026-03-09T08:00+01:00")) == "rocco"
    assert on_call(rota(), at("2026-03-23T08:00+01:00")) == "rita"


def test_nobody_holds_it_before_the_first_day_or_without_members() -> None:
    assert on_call(rota(), at("2026-03-02T07:59+01:00")) is None
    assert on_call(rota(EMPTY), at("2026-03-02T12:00+01:00")) is None


def test_a_day_of_summer_time_has_23_hours_and_one_of_winter_25() -> None:
    daily = Rotation(date(2026, 3, 1), 0, 1, ("rita", "rocco"))
    spring = shifts(rota(daily), at("2026-03-29T00:00+01:00"), at("2026-03-30T00:00+02:00"))
    autumn = shifts(rota(daily), at("2026-10-25T00:00+02:00"), at("2026-10-26T00:00+01:00"))
    assert [shift.end - shift.start for shift in spring] == [timedelta(hours=23)]
    assert [shift.end - shift.start for shift in autumn] == [timedelta(hours=25)]


@pytest.mark.parametrize(
    ("day", "change", "before", "after"),
    [
        ("2026-03-29", "2026-03-29T01:00+00:00", "rita", "rocco"),  # 02:00 does not exist
        ("2026-10-25", "2026-10-25T00:00+00:00", "rita", "rocco"),  # 02:00 comes twice
    ],
)
def test_an_hour_the_clock_skips_or_repeats_changes_duty_once(
    day: str, change: str, before: str, after: str
) -> None:
    daily = Rotation(date.fromisoformat(day) - timedelta(days=1), 2, 1, ("rita", "rocco"))
    instant = at(change)
    assert on_call(rota(daily), instant - timedelta(microseconds=1)) == before
    assert on_call(rota(daily), instant) == after
    assert on_call(rota(daily), instant + timedelta(hours=2)) == after


def test_a_clock_that_goes_back_over_midnight_does_not_bring_yesterday_back() -> None:
    daily = Rotation(date(2010, 11, 6), 0, 1, ("rita", "rocco"))
    there = rota(daily, zone="America/St_Johns")  # at 00:01 it was 23:01 again
    midnight = datetime(2010, 11, 7, 2, 30, tzinfo=UTC)
    assert on_call(there, midnight - timedelta(seconds=1)) == "rita"
    assert {on_call(there, midnight + timedelta(minutes=m)) for m in range(120)} == {"rocco"}


def test_a_day_the_zone_left_out_is_nobodys_turn() -> None:
    daily = Rotation(date(2011, 12, 29), 8, 1, ("29", "30", "31"))
    there = rota(daily, zone="Pacific/Apia")  # 30 December 2011 did not exist there
    found = shifts(
        there, datetime(2011, 12, 29, 18, tzinfo=UTC), datetime(2011, 12, 31, 12, tzinfo=UTC)
    )
    assert [shift.member for shift in found] == ["29", "31"]
    assert on_call(there, datetime(2011, 12, 30, 17, 59, tzinfo=UTC)) == "29"


def test_an_override_goes_before_the_rotation_and_a_later_one_before_an_earlier() -> None:
    first = Override.of("1", at("2026-03-03T20:00+01:00"), at("2026-03-04T08:00+01:00"), "rhona")
    second = Override.of("2", at("2026-03-04T00:00+01:00"), at("2026-03-04T04:00+01:00"), "rocco")
    found = shifts(
        rota(WEEK).override(first).override(second),
        at("2026-03-03T12:00+01:00"),
        at("2026-03-04T12:00+01:00"),
    )
    assert [(shift.member, shift.override) for shift in found] == [
        ("rita", None),
        ("rhona", "1"),
        ("rocco", "2"),
        ("rhona", "1"),
        ("rita", None),
    ]


def test_the_next_change_is_when_somebody_else_takes_over() -> None:
    stand_in = Override.of("1", at("2026-03-03T20:00+01:00"), at("2026-03-04T08:00+01:00"), "rhona")
    now = at("2026-03-03T12:00+01:00")
    assert next_change(rota(), now) == at("2026-03-09T08:00+01:00")
    assert next_change(rota(WEEK, stand_in), now) == stand_in.start
    assert next_change(rota(), at("2026-02-01T08:00+01:00")) == at("2026-03-02T08:00+01:00")
    assert next_change(rota(replace(WEEK, members=("rita",))), now) is None
    assert next_change(rota(EMPTY), now) is None
    assert next_change(rota(EMPTY, stand_in), now) == stand_in.start
    same = replace(stand_in, member="rita")
    assert next_change(rota(WEEK, same), now) == at("2026-03-09T08:00+01:00")


def test_the_second_is_whose_turn_comes_next() -> None:
    now = at("2026-03-03T12:00+01:00")
    assert rotas.second_member(rota(), now) == "rocco"
    assert rotas.second_member(rota(replace(WEEK, members=("rita", "rita"))), now) is None
    assert rotas.second_member(rota(EMPTY), now) is None
    assert rotas.second_member(rota(), at("2026-02-01T08:00+01:00")) == "rita"
    stand_in = Override.of("1", now, now + timedelta(hours=1), "rocco")
    assert rotas.second_member(rota(WEEK, stand_in), now) == "rhona"


def test_a_gap_is_where_nobody_able_is_named() -> None:
    start, end = at("2026-03-01T08:00+01:00"), at("2026-03-16T08:00+01:00")
    found = gaps(rota(), start, end, {"rita"})
    assert [(gap.member, gap.start) for gap in found] == [
        (None, start),
        ("rocco", at("2026-03-09T08:00+01:00")),
    ]


def test_a_rota_names_its_people() -> None:
    stand_in = Override.of("1", at("2026-03-03T20:00+01:00"), at("2026-03-04T08:00+01:00"), "zoe")
    assert rota(WEEK, stand_in).people == {"rita", "rocco", "rhona", "zoe"}


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ((date(1999, 12, 31), 8, 7, ()), "rotation.anchor"),
        ((date(2026, 1, 1), 24, 7, ()), "rotation.hour"),
        ((date(2026, 1, 1), 8, 0, ()), "rotation.period_days"),
    ],
)
def test_a_rotation_has_sensible_numbers(
    values: tuple[date, int, int, tuple[str, ...]], path: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        Rotation.of(*values)
    assert refusal.value.details["path"] == path


def test_a_rotation_has_a_limit_of_members() -> None:
    assert Rotation.of(date(2026, 1, 1), 8, 7, ("rita",) * 50).members
    with pytest.raises(LimitExceeded):
        Rotation.of(date(2026, 1, 1), 8, 7, ("rita",) * 51)


def test_an_override_ends_after_it_starts_within_a_year() -> None:
    start = at("2026-03-03T20:00+01:00")
    for end in (start, start + timedelta(days=367)):
        with pytest.raises(Invalid):
            Override.of("1", start, end, "rita")


def test_a_rota_has_a_limit_of_overrides() -> None:
    start = at("2026-03-03T20:00+01:00")
    one = Override.of("1", start, start + timedelta(hours=1), "rita")
    with pytest.raises(LimitExceeded):
        rota(WEEK, *[one] * 1000).override(one)


def test_a_rota_is_checked_and_tidied() -> None:
    tidy = replace(rota(), name="  Case  manager ", phone=" +39  02 ").check()
    assert (tidy.name, tidy.phone) == ("Case manager", "+39 02")
    for wrong, path in (
        ({"name": " "}, "name"),
        ({"phone": "1" * 41}, "phone"),
        ({"second": "rota"}, "second"),
        ({"zone": "Europe/Nowhere"}, "zone"),
        ({"zone": "../etc"}, "zone"),
        ({"zone": ""}, "zone"),
    ):
        with pytest.raises(Invalid) as refusal:
            replace(rota(), **wrong).check()  # type: ignore[arg-type]
        assert refusal.value.details["path"] == path


MEMBERS = st.lists(st.sampled_from("abcd"), max_size=5).map(tuple)
HOURS = st.integers(0, 10 * 366 * 24)
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
ROTATIONS = st.builds(
    Rotation,
    st.dates(date(2024, 12, 1), date(2034, 12, 31)),
    st.integers(0, 23),
    st.integers(1, 31),
    MEMBERS,
)


@st.composite
def overrides(draw: st.DrawFn) -> tuple[Override, ...]:
    found = []
    for number in range(draw(st.integers(0, 4))):
        start = BEGIN + timedelta(hours=draw(HOURS))
        end = start + timedelta(minutes=draw(st.integers(1, 60 * 24 * 300)))
        found.append(Override.of(str(number), start, end, draw(st.sampled_from("wxyz"))))
    return tuple(found)


@given(ROTATIONS, overrides(), HOURS, st.integers(1, 24 * 60))
@example(Rotation(date(2026, 3, 28), 2, 1, ("a", "b")), (), 24 * 451, 24 * 4)
@example(Rotation(date(2026, 10, 24), 2, 1, ("a", "b")), (), 24 * 661, 24 * 4)
def test_ten_years_of_rome_have_no_gap_and_no_overlap(
    rotation: Rotation, stand_ins: tuple[Override, ...], hours: int, length: int
) -> None:
    whole = rota(rotation, *stand_ins)
    start = BEGIN + timedelta(hours=hours)
    end = start + timedelta(hours=length)
    found = shifts(whole, start, end)
    assert (found[0].start, found[-1].end) == (start, end)
    assert all(one.end == other.start for one, other in pairwise(found))
    for shift in found:
        assert shift.start < shift.end
        for instant in (
            shift.start,
            shift.start + (shift.end - shift.start) / 2,
            shift.end - timedelta(microseconds=1),
        ):
            assert on_call(whole, instant) == shift.member


@given(ROTATIONS, overrides(), HOURS)
def test_nobody_takes_over_before_the_next_change(
    rotation: Rotation, stand_ins: tuple[Override, ...], hours: int
) -> None:
    whole, now = rota(rotation, *stand_ins), BEGIN + timedelta(hours=hours)
    change = next_change(whole, now)
    horizon = change or now + timedelta(days=400)
    assert {shift.member for shift in shifts(whole, now, horizon)} == {on_call(whole, now)} or (
        change is None and horizon < rotation.start(0, rotas.zone_of(ROME))
    )
    if change is not None:
        assert on_call(whole, change) != on_call(whole, now)


@pytest.mark.parametrize("year", range(2026, 2036))
@pytest.mark.parametrize("hour", range(24))
def test_every_hour_of_both_sundays_of_ten_years_has_one_holder(year: int, hour: int) -> None:
    for month in (3, 10):
        last = date(year, month, 31)
        sunday = last - timedelta(days=(last.weekday() + 1) % 7)
        daily = rota(Rotation(sunday - timedelta(days=2), hour, 1, ("a", "b", "c")))
        start = datetime(sunday.year, sunday.month, sunday.day, tzinfo=UTC) - timedelta(days=1)
        found = shifts(daily, start, start + timedelta(days=3))
        order = [shift.member for shift in found]
        assert all(one.end == other.start for one, other in pairwise(found))
        first = "abc".index(order[0] or "")
        assert order == ["abc"[(first + turn) % 3] for turn in range(len(order))]
        assert {shift.end - shift.start for shift in found[1:-1]} <= {
            timedelta(hours=23),
            timedelta(hours=24),
            timedelta(hours=25),
        }
