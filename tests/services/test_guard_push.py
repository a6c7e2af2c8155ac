"""The guard's second contact: devices whose page is closed are woken, and left alone in time."""

from __future__ import annotations

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.access import Actor, Role
from server.domain.organisations import Organisation
from server.domain.pushes import PROVED, Push
from server.services.deadlines import Deadlines
from server.services.guard import guard
from server.services.guard_push import PushChannel
from server.services.pushes import Pushes, push
from tests.services.conftest import AddUser, FakeClock
from tests.services.guard_cast import Ward
from tests.services.test_pushes import Device, device, pushes, service, subscribe

__all__ = ["device", "pushes", "service"]


@pytest.fixture
def ward(database: SqlDatabase, clock: FakeClock, fresh: SystemFresh) -> Ward:
    made = Ward(database, clock, fresh)
    made.guard = guard(database, clock, fresh, [PushChannel(fresh)])
    made.deadlines = Deadlines(database, clock, made.guard.handlers)
    return made


async def on_their_way(database: SqlDatabase, clock: FakeClock) -> list[Push]:
    async with database.transaction() as uow:
        return list(await uow.pushes.lease(clock.now(), clock.now(), 100))


async def test_a_radiologist_without_a_page_is_woken_and_counts_as_ready_once_proved(
    ward: Ward,
    database: SqlDatabase,
    clock: FakeClock,
    fresh: SystemFresh,
    hospital: Organisation,
    add_user: AddUser,
    pushes: Pushes,
    device: Device,
) -> None:
    nurse = await add_user("Nina", Role.NURSE)
    first: Actor = await add_user("Rita", Role.RADIOLOGIST)
    second: Actor = await add_user("Rocco", Role.RADIOLOGIST)
    await ward.furnish(hospital.id, (first, 120), (second, 120))
    phone = await subscribe(pushes, first, device)
    unproved = await ward.ask(nurse)
    assert unproved["step"] == 2, "an unproved device is woken, and the next step beside it"
    [sent] = await on_their_way(database, clock)
    assert (sent.person, sent.subject) == (first.person, unproved["id"])
    assert sent.payload() == {
        "kind": "guard.alert",
        "place": f"/guard/requests/{unproved['id']}",
        "tag": f"guard.alert {unproved['id']}",
    }
    assert await pushes.send() == 1  # the push service takes it: proved
    proved = await ward.ask(nurse)
    assert proved["step"] == 1
    ways = [(one["channel"], one["device"]) for one in proved["notifications"]]
    assert ways == [("push", phone)]
    await ward.pass_time(40)
    waiting = [one for one in await on_their_way(database, clock) if one.subject == proved["id"]]
    assert len(waiting) == 1, "what is still on its way is not doubled"
    await ward.guard.acceptance.accept(first, proved["id"])
    left = await on_their_way(database, clock)
    assert not [one for one in left if one.subject == proved["id"]], "silenced by acceptance"
    clock.advance(seconds=PROVED.total_seconds())
    async with database.transaction() as uow:
        await push(uow, first.person, "x", "y", "/", clock.now(), fresh)
    assert (await ward.ask(nurse))["step"] == 2, "proof does not outlast a shift"
