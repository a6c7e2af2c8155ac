"""Boards on real databases: the store's contract, and one open case at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from server.adapters.bus import LocalBus
from server.adapters.clock import SystemClock
from server.adapters.database.unit_of_work import SqlDatabase, create_engine
from server.domain.board_cases import BoardCase, CaseState
from server.domain.boards import Board, Participant
from server.domain.decision_sheets import Guideline, Sheet
from server.domain.patients import Patient
from server.domain.quorum import Attendee, Presence, Quorum
from server.domain.rooms import Room
from server.domain.specialties import Specialty
from server.domain.timeline import EventType, Sender
from server.services.timeline import append
from tests.adapters.databases import KINDS, migrated_database

NOW = datetime(2026, 11, 22, 3, 4, 5, 678901, UTC)
OLGA = Participant("olga", "Olga", "oncologist", Specialty.MEDICAL_ONCOLOGY)
RITA = Participant("rita", "Rita", "radiologist", Specialty.RADIOLOGY)
THERE = Attendee("olga", "Olga", "oncologist", Specialty.MEDICAL_ONCOLOGY, Presence.WHOLE)


@pytest.fixture(params=KINDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SqlDatabase]:
    async with migrated_database(request, tmp_path) as url:
        opened = SqlDatabase(create_engine(url), LocalBus(), SystemClock())
        async with opened.transaction() as uow:
            await uow.patients.add(Patient("p", "Mario", date(1950, 1, 2), "ID1"))
        yield opened
        await opened.close()


async def call(database: SqlDatabase, name: str, hours: int, *people: Participant) -> Board:
    async with database.transaction() as uow:
        await uow.rooms.add(Room.create(f"room-{name}", "clara", NOW, title=name))
        board = Board.create(
            name,
            f"room-{name}",
            "clara",
            NOW,
            title=name,
            starts_at=NOW + timedelta(hours=hours),
            duration_minutes=60,
            coordinator="olga",
            participants=(OLGA, *people),
        )
        await uow.boards.add(board)
    return board


def case(name: str, board: str, position: int = 0, **changes: Any) -> BoardCase:
    new = BoardCase(name, board, position, "p", "Surgery?", "olga", "olga", NOW)
    return replace(new, **changes)


async def test_boards_are_found_by_person_and_time(database: SqlDatabase) -> None:
    past, soon = await call(database, "past", -3), await call(database, "soon", 1, RITA)
    later = await call(database, "later", 2)
    async with database.reading() as uow:
        assert await uow.boards.find("soon") == soon
        assert await uow.boards.of_room("room-soon") == soon
        assert await uow.boards.find("none") is None
        ask = uow.boards.of_person
        assert await ask("olga", since=NOW, until=None, limit=9) == [soon, later]
        assert await ask("olga", since=NOW, until=None, limit=1) == [soon]
        assert await ask("olga", since=None, until=NOW, limit=9) == [past]
        assert await ask("rita", since=NOW, until=None, limit=9) == [soon]
        assert await ask("clara", since=NOW, until=None, limit=9) == [soon, later]
        assert await ask("nobody", since=NOW, until=None, limit=9) == []


async def test_a_board_changes_with_its_chairs(database: SqlDatabase) -> None:
    board = await call(database, "b", 1, RITA)
    changed = board.change(title="New", duration_minutes=30, participants=(OLGA,))
    async with database.transaction() as uow:
        await uow.boards.update(changed)
    async with database.reading() as uow:
        assert await uow.boards.find("b") == changed


async def test_cases_survive_storage(database: SqlDatabase) -> None:
    await call(database, "b", 1)
    sheet = Sheet("Surgery", Guideline.OUTSIDE, "frail", "ESMO", "visit")
    done = case("c", "b", informed_on=NOW.date()).open(NOW).write(0, sheet)
    done = done.decide(1, Quorum((THERE,)), NOW + timedelta(minutes=5))
    async with database.transaction() as uow:
        await uow.boards.add_case(case("c", "b", 1))
        await uow.boards.add_case(case("d", "b", 0, represents="c"))
        await uow.boards.update_case(done)
    async with database.reading() as uow:
        assert await uow.boards.case("b", "c") == done
        assert await uow.boards.case("other", "c") is None
        assert {one.id for one in await uow.boards.agenda("b")} == {"c", "d"}
        assert (await uow.boards.states(["b"]))["b"].count(CaseState.DECIDED) == 1
        [(board, waiting)] = await uow.boards.unfinished("olga")
        assert (board.id, waiting) == ("b", done)
        assert await uow.boards.unfinished("rita") == []
        [seen] = await uow.boards.discussed(NOW, NOW + timedelta(hours=1))
        assert (seen.quorum_met, seen.guideline) == (False, Guideline.OUTSIDE)
        assert seen.specialties == (Specialty.MEDICAL_ONCOLOGY,)
        assert await uow.boards.discussed(NOW + timedelta(hours=1), NOW + timedelta(hours=2)) == []
    async with database.transaction() as uow:
        await uow.boards.remove_case("d")
        assert [one.id for one in await uow.boards.agenda("b")] == ["c"]


async def test_one_case_of_a_board_is_open(database: SqlDatabase) -> None:
    await call(database, "b", 1)
    await call(database, "other", 1)
    async with database.transaction() as uow:
        await uow.boards.add_case(case("c", "b").open(NOW))
        await uow.boards.add_case(case("d", "other").open(NOW))
    with pytest.raises(IntegrityError):
        async with database.transaction() as uow:
            await uow.boards.add_case(case("e", "b").open(NOW))


async def test_events_are_found_by_type(database: SqlDatabase) -> None:
    await call(database, "b", 1)
    fresh = iter(range(9))

    class Ids:
        def id(self) -> str:
            return f"e{next(fresh)}"

        def secret(self) -> str:
            return "secret"

    async with database.transaction() as uow:
        for kind in (EventType.CALL_JOINED, EventType.ROOM_CHANGED, EventType.CALL_LEFT):
            data = {"peer": "1", "person": "olga"}
            await append(uow, "room-b", kind, Sender("olga", "Olga"), data, NOW, Ids())
        found = await uow.events.of_types("room-b", (EventType.CALL_JOINED, EventType.CALL_LEFT))
    assert [event.type for event in found] == [EventType.CALL_JOINED, EventType.CALL_LEFT]
