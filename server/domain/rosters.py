"""Rosters: who is on duty when, as lists that go out to spreadsheets and calendars and come back.

CSV is RFC 4180 with a header; a text that a spreadsheet would take for a formula is quoted by an
apostrophe, so that reading undoes exactly what writing did. Semicolons are taken in, too: where the
comma is for decimals spreadsheets write those.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import StringIO

from server.domain.errors import Invalid
from server.domain.rota import OVERRIDES_LIMIT, Rota, shifts
from server.domain.tables import FORMULA

COLUMNS = ("start", "end", "person", "name")
_FORMULA = (*FORMULA, "'")


@dataclass(frozen=True, slots=True)
class Entry:
    """One duty: `person` is a mail address; where it is empty the name must do."""

    start: datetime
    end: datetime
    person: str
    name: str


@dataclass(frozen=True, slots=True)
class Change:
    """A stretch that becomes another's; nobody's where it is None."""

    start: datetime
    end: datetime
    former: str | None
    coming: str | None


def changes(before: Rota, after: Rota, start: datetime, end: datetime) -> list[Change]:
    """Where a rota and what becomes of it name different people, by time."""
    olds, news = shifts(before, start, end), shifts(after, start, end)
    found: list[Change] = []
    since, at_old, at_new = start, 0, 0
    while since < end:
        old, new = olds[at_old], news[at_new]
        until = min(old.end, new.end)
        if old.member != new.member:
            _join(found, Change(since, until, old.member, new.member))
        at_old += old.end == until
        at_new += new.end == until
        since = until
    return found


def _join(found: list[Change], change: Change) -> None:
    last = found[-1] if found else None
    if last and last == replace(change, start=last.start, end=change.start):
        found[-1] = replace(last, end=change.end)
    else:
        found.append(change)


def to_csv(entries: Iterable[Entry]) -> str:
    """A table with a line for each."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for each in entries:
        writer.writerow(
            (_instant(each.start), _instant(each.end), _plain(each.person), _plain(each.name))
        )
    return text.getvalue()


def from_csv(text: str) -> list[Entry]:
    """The lines of a table. Raises Invalid with the line's number and `why`."""
    table = text.removeprefix("\ufeff")
    mark = ";" if table.startswith(f"{COLUMNS[0]};") else ","
    rows = csv.reader(StringIO(table, newline=""), delimiter=mark, strict=True)
    try:
        if tuple(next(rows, [])) != COLUMNS:
            raise Invalid(
                "The first line must be: start,end,person,name", path="text", line=1, why="header"
            )
        found = []
        for row in rows:
            if row:
                found.append(_entry(row, rows.line_num))
            if len(found) > OVERRIDES_LIMIT:
                raise Invalid(
                    "There are too many lines.", path="text", line=rows.line_num, why="many"
                )
    except csv.Error as error:
        raise Invalid("This is no CSV.", path="text", line=rows.line_num, why="table") from error
    return found


def _entry(row: list[str], line: int) -> Entry:
    if len(row) != len(COLUMNS):
        raise Invalid("A line has four columns.", path="text", line=line, why="columns")
    start, end, person, name = row
    try:
        since, until = datetime.fromisoformat(start), datetime.fromisoformat(end)
    except ValueError as error:
        raise Invalid(
            "A time must be like 2026-01-31T20:00:00Z.", path="text", line=line, why="time"
        ) from error
    if since.tzinfo is None or until.tzinfo is None:
        raise Invalid("A time must name its zone, like Z.", path="text", line=line, why="zone")
    try:
        since, until = since.astimezone(UTC), until.astimezone(UTC)
    except OverflowError as error:
        raise Invalid("A time is out of reach.", path="text", line=line, why="time") from error
    return Entry(since, until, _meant(person), _meant(name))


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _meant(text: str) -> str:
    return text.removeprefix("'")
