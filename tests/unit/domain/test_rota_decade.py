"""Ten years of random rotas: one answer at each instant, and shifts that tile the time exactly."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from server.domain.access import Role
from server.domain.rota import Layer, Override, Rota, Rotation, on_call, shifts
from server.domain.rota_layers import Restriction

BEGIN, END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2035, 1, 1, tzinfo=UTC)
HOURS = (END - BEGIN) // timedelta(hours=1)
ZONES = ("Europe/Rome", "America/New_York")

MEMBERS = st.lists(st.sampled_from("abcdef"), max_size=5).map(tuple)
TIMES = st.builds(time, st.integers(0, 23), st.sampled_from((0, 15, 30)))
DAYS = st.dates(date(2024, 12, 1), date(2034, 12, 31))
ROTATIONS = st.builds(
    Rotation,
    DAYS,
    st.integers(0, 23),
    st.integers(1, 31),
    MEMBERS,
    st.none() | st.sampled_from((6, 8, 12, 36, 84)),
    st.sampled_from((0, 30)),
)
KINDS = st.frozensets(st.integers(0, 7), min_size=1)
RESTRICTIONS = st.lists(st.builds(Restriction.of, KINDS, TIMES, TIMES), max_size=3).map(tuple)
LAYERS = st.lists(st.builds(Layer, ROTATIONS, st.just(""), RESTRICTIONS), min_size=1, max_size=3)


@st.composite
def rotas(draw: st.DrawFn) -> Rota:
    """Layers, restrictions, holidays, overrides and temporary shifts, some of them overlapping."""
    overrides = []
    for number in range(draw(st.integers(0, 6))):
        start = BEGIN + timedelta(hours=draw(st.integers(-100, HOURS)))
        end = start + timedelta(minutes=draw(st.integers(1, 60 * 24 * 300)))
        member, temporary = draw(st.sampled_from("wxyz")), draw(st.booleans())
        overrides.append(Override.of(str(number), start, end, member, temporary=temporary))
    return Rota(
        "rota",
        "north",
        "Guard",
        Role.RADIOLOGIST,
        draw(st.sampled_from(ZONES)),
        "5",
        tuple(draw(LAYERS)),
        tuple(overrides),
        draw(st.frozensets(DAYS, max_size=40)),
    )


def _clock_changes(zone: str) -> list[datetime]:
    """The hours at which the clocks of a zone go forward or back, found without its rules."""
    there, hours = ZoneInfo(zone), [BEGIN + timedelta(hours=n) for n in range(HOURS)]
    offsets = [hour.astimezone(there).utcoffset() for hour in hours]
    return [hours[n] for n in range(1, HOURS) if offsets[n] != offsets[n - 1]]


CHANGES = {zone: _clock_changes(zone) for zone in ZONES}
YEAR_ENDS = [datetime(year, 1, 1, tzinfo=UTC) for year in range(2026, 2035)]


@pytest.mark.parametrize("zone", ZONES)
def test_ten_years_have_twenty_nights_on_which_the_clocks_change(zone: str) -> None:
    assert len(CHANGES[zone]) == 20


# A decade takes minutes to shrink: what was generated is shown as it is.
@settings(max_examples=25, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(rotas(), st.lists(st.integers(0, HOURS * 3600 - 1), min_size=60, max_size=60))
def test_ten_years_have_no_gap_no_overlap_and_one_answer_at_each_instant(
    rota: Rota, seconds: list[int]
) -> None:
    found = shifts(rota, BEGIN, END)
    assert (found[0].start, found[-1].end) == (BEGIN, END)
    assert all(shift.start < shift.end for shift in found)
    assert all(one.end == other.start for one, other in pairwise(found))
    assert all(
        (one.member, one.override) != (other.member, other.override)
        for one, other in pairwise(found)
    )
    starts = [shift.start for shift in found]
    nights = [*CHANGES[rota.zone], *YEAR_ENDS]
    instants = [BEGIN + timedelta(seconds=each) for each in seconds]
    instants += [night + timedelta(minutes=15 * n) for night in nights for n in range(-10, 11)]
    instants += [edge - timedelta(microseconds=n) for edge in starts[1:400] for n in (0, 1)]
    for instant in instants:
        assert on_call(rota, instant) == found[bisect_right(starts, instant) - 1].member
