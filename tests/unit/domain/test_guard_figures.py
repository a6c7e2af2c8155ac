"""Figures of the guard, purely: what is waited for, judged, and carried by whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.access import Role
from server.domain.errors import Invalid
from server.domain.guard import Priority
from server.domain.guard_figures import (
    By,
    Carried,
    Group,
    Measure,
    Passage,
    Period,
    Tally,
    Times,
    on_guard,
    percentile,
)
from server.domain.guard_services import GuardService, Step
from server.domain.rota import Layer, Rota, Rotation, shifts
from server.domain.rota_quality import Load

ZONE = "Europe/Rome"
FILED = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)
"""23:30 in Rome."""
LONG_AFTER = FILED + timedelta(days=1)
SERVICE = GuardService("ct", "trust", "CT", "CT", "1", ZONE, (Step("rota", 60),))


def passage(**changes: object) -> Passage:
    made = Passage(
        service="ct",
        site="trust",
        priority=Priority.EMERGENCY,
        created_at=FILED,
        wants_call=False,
        promised=SERVICE.promise("emergency"),
        is_cancelled=False,
        person=None,
        held_at=None,
    )
    made = replace(made, **changes)  # type: ignore[arg-type]
    return replace(made, promised=SERVICE.promise(made.priority.value))


def at(seconds: float) -> datetime:
    return FILED + timedelta(seconds=seconds)


def answered(accept: float, report: float, **changes: object) -> Passage:
    return passage(
        person="rita",
        delivered_at=at(0.3),
        seen_at=at(4),
        accepted_at=at(accept),
        held_at=at(accept),
        reported_at=at(report),
        **changes,
    )


def tally(*passages: Passage, now: datetime = LONG_AFTER) -> Tally:
    made = Tally({"ct": SERVICE}, now)
    for one in passages:
        made.add(one)
    return made


def times(group: Group, measure: Measure) -> Times:
    return next(one for one in group.times if one.measure is measure)


def whole(made: Tally) -> Group:
    [group] = made.groups(By.ALL, [""])
    return group


def test_a_period_is_civil_days_of_a_zone() -> None:
    usual = Period.of(None, None, date(2026, 3, 29), ZONE)
    assert (usual.first, usual.last) == (date(2026, 2, 28), date(2026, 3, 29))
    one = Period.of(date(2026, 3, 29), date(2026, 3, 29), date(2026, 4, 1), ZONE)
    assert one.end - one.begin == timedelta(hours=23), "the night the clocks go forward"
    assert Period.of(date(2026, 1, 1), None, date(2026, 12, 31), ZONE).last == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("first", "last"),
    [(date(2026, 3, 2), date(2026, 3, 1)), (date(2025, 1, 1), date(2026, 1, 2))],
)
def test_a_period_is_neither_backwards_nor_longer_than_a_year(first: date, last: date) -> None:
    with pytest.raises(Invalid):
        Period.of(first, last, date(2026, 3, 1), ZONE)


def test_waits_are_told_apart_and_judged_by_the_services_targets() -> None:
    made = whole(tally(answered(119, 3600), answered(121, 3600 + 122 + 60)))
    assert made.requests == 2
    assert times(made, Measure.DELIVER) == Times(Measure.DELIVER, 2, 0.3, 0.3, None, None)
    assert times(made, Measure.DELIVER).share is None
    assert times(made, Measure.SEE).p50_s == 4.0
    accept = times(made, Measure.ACCEPT)
    assert (accept.p50_s, accept.p90_s, accept.within, accept.of) == (119.0, 121.0, 1, 2)
    assert accept.share == 0.5
    report = times(made, Measure.REPORT)
    assert (report.count, report.within, report.of) == (2, 1, 2), "an hour from the acceptance"
    assert times(made, Measure.JOIN).of == 0, "no call was wanted"
    assert times(made, Measure.JOIN).share is None
    assert accept.to_wire() == {
        "measure": "accept",
        "count": 2,
        "p50_s": 119.0,
        "p90_s": 121.0,
        "within": 1,
        "of": 2,
        "share": 0.5,
    }


def test_targets_are_those_of_the_priority() -> None:
    made = tally(*(answered(250, 300, priority=one) for one in Priority))
    groups = made.groups(By.PRIORITY, [one.value for one in Priority])
    met = {group.key: times(group, Measure.ACCEPT).within for group in groups}
    assert met == {"emergency": 0, "urgent": 1, "routine": 1}


def test_joining_runs_from_the_acceptance_that_stands() -> None:
    again = replace(answered(60, 900, wants_call=True), held_at=at(600), joined_at=at(700))
    join = times(whole(tally(again)), Measure.JOIN)
    assert (join.p50_s, join.within, join.of) == (100.0, 1, 1)
    assert times(whole(tally(again)), Measure.ACCEPT).p50_s == 60.0


def test_what_is_still_in_time_is_not_judged_and_what_is_late_missed() -> None:
    waiting = passage()
    early = times(whole(tally(waiting, now=at(120))), Measure.ACCEPT)
    assert (early.count, early.within, early.of) == (0, 0, 0)
    late = times(whole(tally(waiting, now=at(121))), Measure.ACCEPT)
    assert (late.count, late.p50_s, late.within, late.of) == (0, None, 0, 1)


def test_what_was_cancelled_owes_nothing_more() -> None:
    before = whole(tally(passage(is_cancelled=True)))
    assert before.requests == 1
    assert times(before, Measure.ACCEPT).of == 0
    held = passage(
        person="rita", accepted_at=at(10), held_at=at(10), is_cancelled=True, wants_call=True
    )
    after = whole(tally(held))
    assert times(after, Measure.ACCEPT).of == 1
    assert times(after, Measure.JOIN).of == 0
    assert times(after, Measure.REPORT).of == 0
    joined = whole(tally(replace(held, joined_at=at(30))))
    assert times(joined, Measure.JOIN).of == 1


def test_a_report_runs_from_the_exam_that_waited_for_its_justification() -> None:
    late = answered(10, 7300)
    assert times(whole(tally(late)), Measure.REPORT).within == 0
    waited = times(whole(tally(replace(late, exam_done_at=at(7200)))), Measure.REPORT)
    assert (waited.p50_s, waited.within, waited.of) == (100.0, 1, 1)
    interim = times(whole(tally(replace(late, exam_done_at=at(7400)))), Measure.REPORT)
    assert interim.p50_s == 7290.0, "signed before the exam, it runs from the acceptance"
    unmarked = times(whole(tally(replace(late, awaits_exam=True))), Measure.REPORT)
    assert unmarked.p50_s == 7290.0, "when the exam was done nobody said"
    awaited = passage(accepted_at=at(10), held_at=at(10), person="rita", awaits_exam=True)
    assert times(whole(tally(awaited)), Measure.REPORT).of == 0
    done = replace(awaited, awaits_exam=False, exam_done_at=at(7200))
    assert times(whole(tally(done, now=at(7300))), Measure.REPORT).of == 0, "in time so far"
    assert times(whole(tally(done)), Measure.REPORT).of == 1


def test_released_it_waits_for_nobody_to_join() -> None:
    released = passage(accepted_at=at(10), wants_call=True)
    made = tally(released)
    assert times(whole(made), Measure.JOIN).of == 0
    assert times(whole(made), Measure.REPORT).of == 1
    assert made.carried({}) == []


def test_clocks_that_disagree_make_no_negative_wait() -> None:
    made = whole(tally(passage(delivered_at=at(-1))))
    assert times(made, Measure.DELIVER).p50_s == 0.0


def test_groups_that_are_named_are_there_without_requests() -> None:
    made = tally(answered(10, 20), answered(10, 20, site=""))
    hours = made.groups(By.HOUR, [str(hour) for hour in range(24)])
    assert [group.key for group in hours if group.requests] == ["23"], "the service's wall clock"
    assert len(hours) == 24
    assert [group.key for group in made.groups(By.SITE)] == ["", "trust"]
    assert [group.requests for group in made.groups(By.SERVICE, ["ct", "mr"])] == [2, 0]


def test_load_counts_the_night_and_what_was_reported() -> None:
    day = replace(answered(10, 20), held_at=FILED + timedelta(hours=9, minutes=30))
    early = replace(answered(10, 20), held_at=FILED + timedelta(hours=8))
    open_one = passage(person="rocco", accepted_at=at(5), held_at=at(5))
    made = tally(answered(10, 20), early, day, open_one)
    load = Load(timedelta(hours=12), nights=1)
    rita, rocco, rosa = made.carried({"rita": load, "rosa": load})
    assert rita == Carried("rita", accepted=3, at_night=2, reported=3, load=load)
    assert rita.night_share == pytest.approx(2 / 3)
    assert rita.hours == 12
    assert (rocco.accepted, rocco.reported, rocco.hours) == (1, 0, 0)
    assert (rosa.accepted, rosa.night_share, rosa.hours) == (0, None, 12)


@given(st.lists(st.integers(0, 50), min_size=1), st.integers(1, 100))
def test_a_percentile_is_the_least_value_that_so_many_do_not_exceed(
    values: list[int], percent: int
) -> None:
    found = percentile(Counter(values), percent)
    assert found is not None
    tenths = round(found * 10)
    assert tenths in values
    assert sum(one <= tenths for one in values) * 100 >= len(values) * percent
    assert sum(one < tenths for one in values) * 100 < len(values) * percent


def rota(rota_id: str, hour: int, *members: str) -> Rota:
    layer = Layer(Rotation(date(2026, 1, 5), hour, 1, members))
    return Rota(rota_id, "trust", rota_id, Role.RADIOLOGIST, ZONE, "1", (layer,))


def on(rotas: list[Rota], begin: datetime, end: datetime) -> Mapping[str, Load]:
    return on_guard([(one, shifts(one, begin, end)) for one in rotas])


def test_who_is_on_two_rotas_at_once_is_on_guard_once() -> None:
    begin, end = datetime(2026, 6, 1, 6, tzinfo=UTC), datetime(2026, 6, 3, 6, tzinfo=UTC)
    alone = on([rota("a", 8, "rita")], begin, end)
    assert alone["rita"] == Load(timedelta(hours=48), nights=2, days_off=0)
    both = on([rota("a", 8, "rita", "rocco"), rota("b", 8, "rita")], begin, end)
    assert both["rita"].time == timedelta(hours=48)
    assert both["rocco"].time == timedelta(hours=24)
    apart = on([rota("a", 8, "rita", "rocco", "rosa")], begin, end + timedelta(days=2))
    assert apart["rita"].time == timedelta(hours=48), "two shifts with others between them"


def test_nobody_is_on_guard_before_it_began_or_where_a_rota_names_nobody() -> None:
    begin = datetime(2026, 6, 1, 6, tzinfo=UTC)
    assert on([rota("a", 8, "rita")], begin, begin) == {}
    assert on([rota("a", 8)], begin, begin + timedelta(days=1)) == {}
    assert on([], begin, begin + timedelta(days=1)) == {}
