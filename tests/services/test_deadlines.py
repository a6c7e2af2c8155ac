"""What is due is done once, in one transaction with what it does, and survives failures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.domain.deadlines import Deadline
from server.domain.errors import Unavailable
from server.services.deadlines import CYCLE_LIMIT, TOGETHER_LIMIT, Deadlines, Together
from server.services.ports.unit_of_work import UnitOfWork
from tests.services.conftest import START, FakeClock

DAY = timedelta(days=1)

Met = list[tuple[str, datetime]]


@pytest.fixture
def met() -> Met:
    return []


@pytest.fixture
def deadlines(database: SqlDatabase, clock: FakeClock, met: Met) -> Deadlines:
    async def note(_uow: UnitOfWork, deadline: Deadline, now: datetime) -> None:
        met.append((deadline.subject, now))

    async def repeat(uow: UnitOfWork, deadline: Deadline, now: datetime) -> None:
        met.append((deadline.subject, now))
        due_at = now + timedelta(seconds=15)
        await uow.deadlines.set(Deadline(deadline.kind, deadline.subject, due_at))

    async def fail(uow: UnitOfWork, deadline: Deadline, now: datetime) -> None:
        await uow.deadlines.set(Deadline("note", "half done", now))
        if deadline.attempts < 2:
            raise RuntimeError
        met.append((deadline.subject, now))

    return Deadlines(database, clock, {"note": note, "repeat": repeat, "fail": fail})


async def put(database: SqlDatabase, kind: str, subject: str, seconds: float) -> None:
    async with database.transaction() as uow:
        await uow.deadlines.set(Deadline(kind, subject, START + timedelta(seconds=seconds)))


async def test_nothing_is_done_before_its_time_and_nothing_twice(
    database: SqlDatabase, deadlines: Deadlines, clock: FakeClock, met: Met
) -> None:
    await put(database, "note", "second", 20)
    await put(database, "note", "first", 10)
    assert await deadlines.meet() == 0
    clock.advance(seconds=20)
    assert await deadlines.meet() == 2
    assert await deadlines.meet() == 0
    assert [subject for subject, _ in met] == ["first", "second"]


async def test_a_later_instant_replaces_the_former_one(
    database: SqlDatabase, deadlines: Deadlines, clock: FakeClock, met: Met
) -> None:
    await put(database, "note", "moved", 10)
    await put(database, "note", "moved", 30)
    clock.advance(seconds=15)
    assert await deadlines.meet() == 0
    clock.advance(seconds=15)
    assert await deadlines.meet() == 1


async def test_what_is_cancelled_is_not_done(
    database: SqlDatabase, deadlines: Deadlines, clock: FakeClock, met: Met
) -> None:
    for subject in ("one", "all"):
        await put(database, "note", subject, 1)
        await put(database, "repeat", subject, 1)
    async with database.transaction() as uow:
        await uow.deadlines.cancel("one", "note")
        await uow.deadlines.cancel("all")
    clock.advance(seconds=2)
    assert await deadlines.meet() == 1
    assert met == [("one", clock.now())]


async def test_a_handler_may_set_the_next_one(
    database: SqlDatabase, deadlines: Deadlines, clock: FakeClock, met: Met
) -> None:
    await put(database, "repeat", "again", 0)
    for _ in range(3):
        await deadlines.meet()
        clock.advance(seconds=15)
    assert [at for _, at in met] == [START + timedelta(seconds=15 * each) for each in range(3)]


async def test_a_failure_undoes_what_was_begun_and_is_tried_again(
    database: SqlDatabase, deadlines: Deadlines, clock: FakeClock, met: Met
) -> None:
    await put(database, "fail", "stubborn", 0)
    await put(database, "note", "other", 0)
    assert await deadlines.meet() == 2
    assert met == [("other", START)]
    clock.advance(seconds=2)
    await deadlines.meet()
    clock.advance(seconds=4)
    await deadlines.meet()
    assert [subject for subject, _ in met] == ["other", "stubborn", "half done"]


async def test_a_deadline_of_an_unknown_kind_waits_for_a_version_that_knows_it(
    database: SqlDatabase, deadlines: Deadlines, clock: FakeClock, met: Met
) -> None:
    await put(database, "of a newer version", "x", 0)
    assert await deadlines.meet() == 1
    async with database.transaction() as uow:
        assert await uow.deadlines.take(clock.now()) is None
        clock.advance(seconds=2)
        assert await uow.deadlines.take(clock.now()) is not None


async def test_a_flood_leaves_the_other_steps_their_turn(
    database: SqlDatabase, deadlines: Deadlines, met: Met
) -> None:
    async with database.transaction() as uow:
        for each in range(CYCLE_LIMIT + 1):
            await uow.deadlines.set(Deadline("note", str(each), START))
    assert await deadlines.meet() == CYCLE_LIMIT
    assert await deadlines.meet() == 1
    assert len(met) == CYCLE_LIMIT + 1


async def test_a_database_out_of_reach_is_told(database: SqlDatabase, deadlines: Deadlines) -> None:
    async with database.engine.begin() as connection:
        await connection.exec_driver_sql("DROP TABLE deadlines")
    with pytest.raises(Unavailable):
        await deadlines.meet()


async def test_what_can_wait_waits_while_anything_else_is_due(
    database: SqlDatabase, clock: FakeClock, met: Met
) -> None:
    async def note(_uow: UnitOfWork, deadline: Deadline, now: datetime) -> None:
        met.append((deadline.subject, now))

    handlers = {"escalate": note, "repeat": note}
    for number in range(3):
        await put(database, "repeat", f"repeat {number}", number)
    await put(database, "escalate", "later", 9)
    await put(database, "escalate", "sooner", 8)
    clock.advance(seconds=10)
    assert await Deadlines(database, clock, handlers, patient={"repeat"}).meet() == 5
    expected = ["sooner", "later", "repeat 0", "repeat 1", "repeat 2"]
    assert [subject for subject, _ in met] == expected


async def test_what_is_due_together_is_met_together_and_a_failing_one_stops_no_other(
    database: SqlDatabase, clock: FakeClock
) -> None:
    rounds: list[list[str]] = []

    async def meet(uow: UnitOfWork, dues: Sequence[Deadline], now: datetime) -> None:
        subjects = [due.subject for due in dues]
        await uow.deadlines.set(*(Deadline("note", one, now + DAY) for one in subjects))
        rounds.append(subjects)
        if "poison" in subjects:
            raise RuntimeError

    deadlines = Deadlines(database, clock, {"many": Together(meet)})
    for subject in ("a", "poison", "b"):
        await put(database, "many", subject, 0)
    assert await deadlines.meet() == 3
    assert sorted(rounds[0]) == ["a", "b", "poison"]
    assert sorted(rounds[1:]) == [["a"], ["b"], ["poison"]], "each on its own"
    await put(database, "many", "c", 2)
    await put(database, "many", "d", 2)
    clock.advance(seconds=2)
    rounds.clear()
    assert await deadlines.meet() == 3
    assert sorted(map(sorted, rounds)) == [["c", "d"], ["poison"]], "what failed goes alone"
    async with database.reading() as uow:
        notes = await uow.deadlines.take_beside(Deadline("note", "", START), START + 2 * DAY, 9)
    assert sorted(one.subject for one in notes) == ["a", "b", "c", "d"], "the failed are undone"


async def test_no_more_than_so_many_are_met_in_one_transaction(
    database: SqlDatabase, clock: FakeClock
) -> None:
    rounds: list[int] = []

    async def meet(_uow: UnitOfWork, dues: Sequence[Deadline], _now: datetime) -> None:
        rounds.append(len(dues))

    async with database.transaction() as uow:
        many = range(CYCLE_LIMIT + 1)
        await uow.deadlines.set(*(Deadline("many", str(each), START) for each in many))
    deadlines = Deadlines(database, clock, {"many": Together(meet)})
    assert await deadlines.meet() == CYCLE_LIMIT
    assert rounds == [TOGETHER_LIMIT] * (CYCLE_LIMIT // TOGETHER_LIMIT)
    assert await deadlines.meet() == 1
