"""Rosters go out as CSV and iCalendar and come back exactly as they went."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from server.domain.access import Role
from server.domain.errors import Invalid
from server.domain.rosters import Change, Entry, changes, from_csv, to_csv
from server.domain.rota import Layer, Override, Rota, Rotation
from server.web.roster_calendars import from_calendar, to_calendar

ROME = ZoneInfo("Europe/Rome")
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufeff"),
    min_size=1,
    max_size=30,
)
"""Without the byte order mark, which readers of calendars take off the beginning of a text."""
MAILS = st.from_regex(r"[a-z0-9.+'-]{1,12}@[a-z]{1,8}\.example", fullmatch=True)


@st.composite
def entries(draw: st.DrawFn) -> list[Entry]:
    """Duties at whole seconds of ten years, both of the clocks' nights among them."""
    found = []
    for _ in range(draw(st.integers(0, 5))):
        start = BEGIN + timedelta(seconds=draw(st.integers(0, 3653 * 86_400)))
        end = start + timedelta(seconds=draw(st.integers(1, 366 * 86_400)))
        found.append(Entry(start, end, draw(MAILS), draw(NAMES)))
    return found


ODD = Entry(BEGIN, BEGIN + timedelta(hours=1), "=a@b.example", '-Ann "O;\\n\'Neil", \\')


@settings(max_examples=60, deadline=None)
@given(entries())
@example([ODD])
def test_a_roster_comes_back_from_csv_as_it_went(roster: list[Entry]) -> None:
    assert from_csv(to_csv(roster)) == roster


@settings(max_examples=60, deadline=None)
@given(entries())
@example([ODD])
def test_a_roster_comes_back_from_a_calendar_as_it_went(roster: list[Entry]) -> None:
    text = to_calendar(roster, "rota", "Guard", BEGIN).decode()
    assert from_calendar(text, ROME) == roster


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("", 1, "header"),
        ("who,when\n", 1, "header"),
        ("start,end;person,name\n", 1, "header"),
        ("start,end,person,name\n1,2\n", 2, "columns"),
        ("start,end,person,name\nsoon,later,a,b\n", 2, "time"),
        ("start,end,person,name\n2026-01-01T00:00,2026-01-01T01:00,a,b\n", 2, "zone"),
        ("start,end,person,name\n0001-01-01T00:00+10:00,2026-01-01T01:00Z,a,b\n", 2, "time"),
        ('start,end,person,name\n"a"b,c,d,e\n', 2, "table"),
    ],
)
def test_what_is_no_table_is_refused_with_its_line(text: str, line: int, why: str) -> None:
    with pytest.raises(Invalid) as refusal:
        from_csv(text)
    assert (refusal.value.details["line"], refusal.value.details["why"]) == (line, why)


def test_a_table_with_semicolons_says_the_same() -> None:
    text = to_csv([Entry(BEGIN, BEGIN + timedelta(hours=1), "a@b.example", "Ann")])
    assert from_csv("\ufeff" + text.replace(",", ";")) == from_csv(text)


def test_what_changes_is_told_by_person_in_whole_stretches() -> None:
    """Ann has every day; Bob comes for two days in a row, and a day of her own is no change."""
    day = timedelta(days=1)
    rotation = Rotation(date(2026, 1, 1), 0, 1, ("Ann",))
    before = Rota("1", "h", "Guard", Role.RADIOLOGIST, "UTC", "", (Layer(rotation),))
    nights = [
        Override.of(str(at), BEGIN + at * day, BEGIN + (at + 1) * day, who)
        for at, who in enumerate(("Bob", "Bob", "Ann", "Cleo"), 1)
    ]
    found = changes(before, before.override(*nights), BEGIN, BEGIN + 6 * day)
    assert found == [
        Change(BEGIN + day, BEGIN + 3 * day, "Ann", "Bob"),
        Change(BEGIN + 4 * day, BEGIN + 5 * day, "Ann", "Cleo"),
    ]
    assert changes(before, before, BEGIN, BEGIN + 6 * day) == []


def _calendar(*lines: str) -> str:
    whole = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", "BEGIN:VEVENT", "UID:1", *lines]
    return "\r\n".join([*whole, "END:VEVENT", "END:VCALENDAR", ""])


def test_times_without_a_zone_are_of_the_rotas_and_a_day_is_a_whole_day() -> None:
    night = _calendar("DTSTART:20261024T200000", "DTEND:20261025T080000", "SUMMARY:Rita")
    (entry,) = from_calendar(night, ROME)
    assert entry.end - entry.start == timedelta(hours=13)
    assert (entry.person, entry.name) == ("", "Rita")
    day = _calendar("DTSTART;VALUE=DATE:20260329", "DTEND;VALUE=DATE:20260330", "SUMMARY:Rita")
    (entry,) = from_calendar(day, ROME)
    assert entry.end - entry.start == timedelta(hours=23)


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        _calendar("SUMMARY:Rita"),
        _calendar("DTSTART:20260101T080000Z", "DTEND:20260101T200000Z", "RRULE:FREQ=DAILY"),
    ],
)
def test_what_is_no_calendar_of_single_duties_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        from_calendar(text, ROME)


def starts(*lines: str) -> list[str]:
    found = from_calendar(_calendar(*lines, "SUMMARY:Rita"), ROME)
    return [each.start.astimezone(ROME).strftime("%m-%d %H:%M") for each in found]


def test_an_event_that_repeats_is_a_duty_each_time() -> None:
    night = ("DTSTART;TZID=Europe/Rome:20261023T200000", "DTEND;TZID=Europe/Rome:20261024T080000")
    assert starts(*night, "RRULE:FREQ=DAILY;COUNT=3") == [
        "10-23 20:00",
        "10-24 20:00",
        "10-25 20:00",
    ]
    assert starts(*night, "RRULE:FREQ=DAILY;INTERVAL=2;UNTIL=20261027T190000Z") == [
        "10-23 20:00",
        "10-25 20:00",
        "10-27 20:00",
    ]
    weekly = "RRULE:FREQ=WEEKLY;INTERVAL=2;WKST=MO;BYDAY=FR,SU;UNTIL=20261108"
    assert starts(*night, weekly) == [
        "10-23 20:00",
        "10-25 20:00",
        "11-06 20:00",
        "11-08 20:00",
    ]
    left_out = "EXDATE;TZID=Europe/Rome:20261030T200000"
    assert starts(*night, "RRULE:FREQ=WEEKLY;COUNT=3", left_out) == ["10-23 20:00", "11-06 20:00"]


def test_a_roster_that_repeats_goes_out_and_comes_back_the_same() -> None:
    """Each night of both clocks' changes, without the one left out."""
    for day in ("20260326", "20261022"):
        text = _calendar(
            f"DTSTART;TZID=Europe/Rome:{day}T200000",
            "DURATION:PT12H",
            "RRULE:FREQ=DAILY;COUNT=5",
            f"EXDATE;TZID=Europe/Rome:{int(day) + 1}T200000",
            "SUMMARY:Rita",
        )
        roster = from_calendar(text, ROME)
        assert len(roster) == 4
        assert from_csv(to_csv(roster)) == roster
        again = to_calendar(roster, "rota", "Guard", BEGIN).decode()
        assert from_calendar(again, ROME) == roster


def test_the_week_of_a_repetition_begins_where_it_says() -> None:
    """The example of RFC 5545 §3.8.5.3: the same rule, other weeks."""
    first = ("DTSTART;TZID=Europe/Rome:19970805T090000", "DTEND;TZID=Europe/Rome:19970805T100000")
    rule = "RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST="
    assert [one[:5] for one in starts(*first, f"{rule}MO")] == ["08-05", "08-10", "08-19", "08-24"]
    assert [one[:5] for one in starts(*first, f"{rule}SU")] == ["08-05", "08-17", "08-19", "08-31"]


def test_a_repeated_night_keeps_to_the_wall_clock_when_the_clocks_change() -> None:
    night = _calendar(
        "DTSTART;TZID=Europe/Rome:20261024T200000",
        "DTEND;TZID=Europe/Rome:20261025T080000",
        "RRULE:FREQ=DAILY;COUNT=2",
    )
    long, usual = from_calendar(night, ROME)
    assert long.end - long.start == timedelta(hours=13)
    assert usual.end - usual.start == timedelta(hours=12)


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("RRULE:FREQ=DAILY", "end"),
        ("RRULE:FREQ=MONTHLY;COUNT=3", "days or weeks"),
        ("RRULE:FREQ=WEEKLY;BYDAY=1MO;COUNT=3", "days or weeks"),
        ("RRULE:FREQ=DAILY;BYHOUR=8,20;COUNT=3", "days or weeks"),
        ("RRULE:FREQ=DAILY;INTERVAL=0;COUNT=3", "days or weeks"),
        ("RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=3", "own days"),
        ("RRULE:FREQ=DAILY;COUNT=1001", "too many"),
        ("RDATE:20260105T080000Z", "of its own"),
        ("RECURRENCE-ID:20260101T080000Z", "of its own"),
    ],
)
def test_a_repetition_that_a_roster_has_no_place_for_is_refused(rule: str, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        from_calendar(_calendar("DTSTART:20260101T080000Z", "DTEND:20260101T200000Z", rule), ROME)
