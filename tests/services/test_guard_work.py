"""Working on a case: who joins the call that was asked for works on it, without another tap."""

from __future__ import annotations

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.access import Role
from server.domain.organisations import Organisation
from server.domain.presence import LeftReason
from server.services.calls import Calls
from server.services.presence import Presence
from tests.services.conftest import AddUser, FakeClock, RecordingBus
from tests.services.guard_cast import Ward
from tests.smoke.signalling.media import FakeMedia


async def test_joining_the_call_alone_is_work_and_stops_the_join_timer(
    database: SqlDatabase,
    clock: FakeClock,
    fresh: SystemFresh,
    bus: RecordingBus,
    hospital: Organisation,
    add_user: AddUser,
) -> None:
    ward = Ward(database, clock, fresh)
    nurse = await add_user("Nina", Role.NURSE)
    reader = await add_user("Rita", Role.RADIOLOGIST)
    await ward.furnish(hospital.id, (reader, 3600))
    await ward.guard.consoles.ready(reader, "desk", sound=True)
    made = await ward.ask(nurse, wants_call=True)
    await ward.guard.acceptance.accept(reader, made["id"])
    presence = Presence(database, clock, fresh, bus, "here")
    followers = (ward.guard.acceptance.joined,)
    calls = Calls(database, clock, fresh, FakeMedia(), followers=followers)
    await presence.renew()
    await calls.start(lambda _notice: None)
    for person in (nurse, reader):
        peer = await presence.join(person, made["room"], "tab")
        await calls.join(person, made["room"], peer.id)
        state = (await ward.look(nurse, made["id"]))["state"]
        assert state == ("accepted" if person is nurse else "working")
    assert ward.kinds(await ward.look(nurse, made["id"])).count("working") == 1
    await presence.leave(made["room"], [peer.id], LeftReason.LEFT)
    await ward.pass_time(200)
    assert (await ward.look(nurse, made["id"]))["state"] == "working", "joined once is enough"
