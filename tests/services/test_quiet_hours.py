"""Alarm fatigue: what can wait keeps quiet, nothing is dropped, the worst comes first."""

from __future__ import annotations

from datetime import time

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.access import Actor, Role
from server.domain.guard import Priority
from server.domain.organisations import Organisation
from server.domain.quiet_hours import QuietHours
from server.services.deadlines import Deadlines
from server.services.guard import guard
from server.services.guard_push import PushChannel
from server.services.pushes import Pushes
from tests.services.conftest import AddUser, FakeClock, RecordingBus
from tests.services.guard_cast import Ward
from tests.services.test_pushes import Device, PushService, device, pushes, service, subscribe

__all__ = ["device", "pushes", "service"]

MORNING = QuietHours(time(8), time(9, 1), "UTC")
"""The tests begin at 08:00 UTC."""


@pytest.fixture
def ward(database: SqlDatabase, clock: FakeClock, fresh: SystemFresh) -> Ward:
    made = Ward(database, clock, fresh)
    made.guard = guard(database, clock, fresh, [PushChannel(fresh)])
    made.deadlines = Deadlines(database, clock, made.guard.handlers)
    return made


@pytest.fixture
async def nurse(add_user: AddUser) -> Actor:
    return await add_user("Nina", Role.NURSE)


@pytest.fixture
async def rita(ward: Ward, hospital: Organisation, add_user: AddUser) -> Actor:
    rita = await add_user("Rita", Role.RADIOLOGIST)
    await ward.furnish(hospital.id, (rita, 3600))
    await ward.guard.consoles.ready(rita, "desk", sound=True)
    return rita


def pushed(service: PushService, device: Device) -> list[str]:
    """The requests that a device was woken for."""
    return [device.read(body)["place"].rpartition("/")[2] for _, _, body in service.got]


async def test_hazard_15_of_fifty_routine_and_one_critical_the_critical_comes_first(
    ward: Ward, nurse: Actor, rita: Actor, pushes: Pushes, service: PushService, device: Device
) -> None:
    await subscribe(pushes, rita, device)
    routine = [(await ward.ask(nurse, priority=Priority.ROUTINE))["id"] for _ in range(50)]
    critical = (await ward.ask(nurse))["id"]
    ringing = [one["request"] for one in await ward.guard.consoles.pending(rita)]
    assert ringing == [critical, *routine], "none is dropped, none is doubled"
    shown = [one["request"] for one in await ward.guard.consoles.alerts(rita)]
    assert shown == ringing
    assert await pushes.send() == 50, "as many as leave at once"
    assert critical in pushed(service, device)
    assert await pushes.send() == 1
    assert sorted(pushed(service, device)) == sorted(ringing)


async def test_hazard_15_quiet_hours_silence_what_can_wait_and_never_an_emergency(
    ward: Ward,
    nurse: Actor,
    rita: Actor,
    bus: RecordingBus,
    pushes: Pushes,
    service: PushService,
    device: Device,
) -> None:
    await subscribe(pushes, rita, device)
    await ward.guard.quiet.replace(rita, [MORNING])
    can_wait = (await ward.ask(nurse, priority=Priority.ROUTINE))["id"]
    for priority in (Priority.URGENT, Priority.EMERGENCY):
        await ward.ask(nurse, priority=priority)
    alerts = [one.data for one in bus.named("guard.alert")]
    assert [one["silent_on"] for one in alerts] == [["*"], [], []]
    await pushes.send()
    assert len(service.got) == 2, "the routine one waits"
    pending = {one["request"]: one["silent_on"] for one in await ward.guard.consoles.pending(rita)}
    assert pending[can_wait] == ["*"]
    assert len(pending) == 3, "silent, and there"
    ward.clock.advance(hours=1, minutes=1)
    await ward.deadlines.meet()
    await pushes.send()
    assert len(service.got) == 5, "with the end of the quiet hours the waiting one comes too"
    assert [one.person for one in bus.named("guard.repeat")] == [rita.person]
    pending = {one["request"]: one["silent_on"] for one in await ward.guard.consoles.pending(rita)}
    assert pending[can_wait] == []


async def test_quiet_hours_of_one_device_leave_the_others_loud(
    ward: Ward, nurse: Actor, rita: Actor, bus: RecordingBus
) -> None:
    await ward.guard.quiet.replace(
        rita, [QuietHours(MORNING.start, MORNING.end, MORNING.zone, "desk")]
    )
    await ward.ask(nurse, priority=Priority.ROUTINE)
    [alert] = bus.named("guard.alert")
    assert alert.data["silent_on"] == ["desk"]
    assert [one.device for one in await ward.guard.quiet.get(rita)] == ["desk"]
