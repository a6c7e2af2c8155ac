"""The guard's third contact: people without a page are written to, in time and no longer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.adapters.rate_limits import WindowRateLimits
from server.domain.access import Actor, Role
from server.domain.accounts import Status
from server.domain.contact_messages import REPEAT_FIRST
from server.domain.contact_methods import PROVED, Kind
from server.domain.guard import Priority
from server.domain.organisations import Organisation
from server.domain.quiet_hours import QuietHours
from server.domain.reports import ReportKind
from server.domain.webhooks import Outcome
from server.services.deadlines import Deadlines
from server.services.guard import guard
from server.services.guard_contacts import ContactChannel, GuardMessages
from server.services.reach import Reach
from server.services.reports import Reports
from server.services.rota_quality import RotaQuality
from server.services.webhook_signatures import signed
from tests.services.conftest import AddUser, FakeClock, RecordingBus
from tests.services.contact_cast import SECRET, VALUES, Contacting
from tests.services.guard_cast import Ward
from tests.services.test_guard_results import accepted
from tests.services.test_guard_results import signed as signed_by
from tests.services.test_reports import PapersKept

RITA = "rita@hospital.example"


class Team(Ward):
    """A ward whose radiologists can be written to."""

    def __init__(
        self,
        database: SqlDatabase,
        clock: FakeClock,
        fresh: SystemFresh,
        limits: WindowRateLimits,
    ) -> None:
        super().__init__(database, clock, fresh)
        self.reach = Reach(fresh, frozenset(Kind))
        self.guard = guard(database, clock, fresh, [ContactChannel(self.reach)], self.reach)
        self.deadlines = Deadlines(database, clock, self.guard.handlers)
        watchers = {"guard.alert": GuardMessages(fresh).follow}
        self.contacting = Contacting(database, clock, limits, watchers)

    async def pass_time(self, seconds: float, step: int = 1) -> None:
        """As the engines do, a step of some seconds at a time."""
        for _ in range(0, int(seconds), step):
            self.clock.advance(seconds=step)
            await self.deadlines.meet()
            await self.contacting.send()

    def written(self, to: str = RITA) -> list[str]:
        """What arrived."""
        return self.contacting.post.texts(to)

    async def ways(self, nurse: Actor, request: str) -> list[tuple[str, bool, str | None]]:
        """Each way to anybody: (channel, ready, state)."""
        seen = await self.look(nurse, request)
        return [
            (one["channel"], one["ready"], one["state"])
            for one in seen["notifications"]
            if one["device"]
        ]


@pytest.fixture
def team(
    database: SqlDatabase, clock: FakeClock, fresh: SystemFresh, limits: WindowRateLimits
) -> Team:
    return Team(database, clock, fresh, limits)


@pytest.fixture
async def nurse(add_user: AddUser) -> Actor:
    return await add_user("Nina", Role.NURSE)


@pytest.fixture
async def rita(add_user: AddUser) -> Actor:
    return await add_user("Rita", Role.RADIOLOGIST, locale="fr")


async def test_somebody_without_a_page_is_written_to_and_counts_as_ready(
    team: Team, hospital: Organisation, nurse: Actor, rita: Actor, add_user: AddUser
) -> None:
    await team.furnish(hospital.id, (rita, 120), (await add_user("Rocco", Role.RADIOLOGIST), 120))
    await team.contacting.proved(rita, Kind.EMAIL, after_s=20)
    request = await team.ask(nurse)
    assert request["step"] == 1, "nobody else is woken beside"
    assert await team.ways(nurse, request["id"]) == [("email", True, "queued")]
    await team.pass_time(19)
    assert team.written() == []
    await team.pass_time(1)
    [text] = team.written()
    link = f"https://hub.example/guard/requests/{request['id']}"
    assert text == f"Demande de garde : URGENCE VITALE, CT. Ouvrez Guardline : {link}"
    assert team.contacting.post.carried[0].is_urgent
    assert await team.ways(nurse, request["id"]) == [("email", True, "sent")]


async def test_acceptance_cancels_what_is_still_due(
    team: Team, hospital: Organisation, nurse: Actor, rita: Actor, add_user: AddUser
) -> None:
    rocco = await add_user("Rocco", Role.RADIOLOGIST)
    await team.furnish(hospital.id, (rita, 30), (rocco, 30))
    await team.contacting.proved(rita, Kind.EMAIL, after_s=60)
    request = await team.ask(nurse)
    await team.pass_time(31)
    await team.guard.acceptance.accept(rocco, request["id"])
    await team.pass_time(120, 10)
    assert team.written() == []


async def test_an_unanswered_alert_is_written_again_at_growing_intervals(
    team: Team, hospital: Organisation, nurse: Actor, rita: Actor
) -> None:
    await team.furnish(hospital.id, (rita, 3600))
    await team.contacting.proved(rita, Kind.EMAIL)
    request = await team.ask(nurse)
    first = REPEAT_FIRST.total_seconds()
    await team.pass_time(first - 20, 10)
    assert len(team.written()) == 1
    await team.pass_time(40, 10)
    assert len(team.written()) == 2
    await team.pass_time(first, 20)
    assert len(team.written()) == 2, "the next comes later still"
    await team.guard.requests.cancel(nurse, request["id"], "moot")
    await team.pass_time(2 * first, 60)
    assert len(team.written()) == 2


async def test_released_it_is_written_anew(
    team: Team, hospital: Organisation, nurse: Actor, rita: Actor
) -> None:
    await team.furnish(hospital.id, (rita, 3600))
    await team.contacting.proved(rita, Kind.EMAIL)
    request = await team.ask(nurse)
    await team.pass_time(2)
    await team.guard.acceptance.accept(rita, request["id"])
    await team.guard.acceptance.release(rita, request["id"], "another emergency")
    await team.pass_time(2)
    assert len(team.written()) == 2


async def test_a_contact_that_fails_or_was_not_proved_this_shift_makes_nobody_ready(
    team: Team,
    hospital: Organisation,
    nurse: Actor,
    rita: Actor,
    add_user: AddUser,
    clock: FakeClock,
) -> None:
    await team.furnish(hospital.id, (rita, 120), (await add_user("Rocco", Role.RADIOLOGIST), 120))
    await team.contacting.proved(rita, Kind.EMAIL)
    team.contacting.post.answers = [Outcome(550)]
    first = await team.ask(nurse)
    assert first["step"] == 1
    await team.pass_time(2)
    assert await team.ways(nurse, first["id"]) == [("email", True, "failed")]
    second = await team.ask(nurse)
    assert second["step"] == 2, "it failed: the next is alerted beside"
    await team.pass_time(2)
    assert (await team.ask(nurse))["step"] == 1, "it worked again"
    clock.advance(seconds=PROVED.total_seconds())
    stale = await team.ask(nurse)
    assert stale["step"] == 2
    assert ("email", False, "queued") in await team.ways(nurse, stale["id"]), "tried all the same"


async def test_the_gateway_reports_a_delivery_and_the_requester_sees_it(
    team: Team,
    hospital: Organisation,
    nurse: Actor,
    rita: Actor,
    clock: FakeClock,
    bus: RecordingBus,
) -> None:
    await team.furnish(hospital.id, (rita, 120))
    await team.contacting.proved(rita, Kind.SMS)
    request = await team.ask(nurse)
    await team.pass_time(1)
    [letter] = team.contacting.post.carried
    body = json.dumps({"type": "message.delivered", "data": {"message": letter.id}})
    bus.notices.clear()
    headers = signed(SECRET, "r", body, clock.now())
    await team.contacting.messages.report(headers, body.encode())
    seen = await team.look(nurse, request["id"])
    [row] = seen["notifications"]
    assert (row["channel"], row["state"]) == ("sms", "delivered")
    assert row["delivered_at"] is not None
    [told] = [one for one in seen["log"] if one["type"] == "guard.delivered"]
    assert (told["data"]["name"], told["data"]["channel"]) == ("Rita", "sms")
    assert nurse.person in {one.person for one in bus.named("guard.update")}, "live"


async def test_hazard_20_messages_say_nothing_of_the_patient(
    team: Team, hospital: Organisation, nurse: Actor, rita: Actor
) -> None:
    await team.furnish(hospital.id, (rita, 120))
    for kind in Kind:
        await team.contacting.proved(rita, kind)
    await team.ask(nurse)
    await team.pass_time(1)
    assert len(team.contacting.post.carried) == 3
    for letter in team.contacting.post.carried:
        said = f"{letter.subject} {letter.text} {letter.link}"
        for secret in ("Nina", "Ipsilon", "NPSNNI50B41F205X", "Bleeding", "7946", "1950"):
            assert secret not in said


async def test_routine_requests_wait_for_the_end_of_quiet_hours(
    team: Team, hospital: Organisation, nurse: Actor, rita: Actor, clock: FakeClock
) -> None:
    await team.furnish(hospital.id, (rita, 3600))
    await team.contacting.proved(rita, Kind.EMAIL)
    now = clock.now()
    quiet = QuietHours(now.time(), now.replace(minute=now.minute + 1).time(), "UTC")
    await team.guard.quiet.replace(rita, [quiet])
    await team.ask(nurse, priority=Priority.ROUTINE)
    await team.pass_time(50, 10)
    assert team.written() == []
    await team.pass_time(40, 10)
    assert len(team.written()) == 1


async def test_whoever_was_suspended_gets_nothing(
    team: Team, hospital: Organisation, nurse: Actor, rita: Actor, database: SqlDatabase
) -> None:
    await team.furnish(hospital.id, (rita, 120))
    await team.contacting.proved(rita, Kind.EMAIL, after_s=10)
    await team.ask(nurse)
    async with database.transaction() as uow:
        await uow.accounts.set_status(rita.person, Status.SUSPENDED)
    await team.pass_time(20)
    assert team.written() == []


async def test_a_drill_proves_contacts_once_a_shift(
    team: Team, hospital: Organisation, rita: Actor, add_user: AddUser, clock: FakeClock
) -> None:
    await team.furnish(hospital.id, (rita, 120))
    anna = await add_user("Anna", Role.ADMINISTRATOR)
    await team.contacting.proved(rita, Kind.EMAIL)
    clock.advance(seconds=PROVED.total_seconds())
    for _ in range(2):
        await team.guard.drills.start(anna, audible=True)
        await team.pass_time(300, 30)
    [text] = team.written()
    assert text.startswith("EXERCICE de garde : aucun patient")
    [method] = (await team.contacting.methods.list(rita)).methods
    assert method.is_ready(clock.now())


async def test_a_drill_says_how_far_it_came_on_each_way(
    team: Team, hospital: Organisation, rita: Actor, add_user: AddUser, clock: FakeClock
) -> None:
    """Without a page a proved contact will do; where it fails, nothing does."""
    await team.furnish(hospital.id, (rita, 120))
    anna = await add_user("Anna", Role.ADMINISTRATOR)
    await team.contacting.proved(rita, Kind.SMS)

    async def drilled(*, audible: bool) -> tuple[str, dict[str, str], list[str]]:
        await team.guard.drills.start(anna, audible=audible)
        await team.pass_time(150, 15)
        last = (await team.guard.drills.recent(anna))[0]
        ways = {one["channel"]: one["state"] for one in last["devices"]}
        return last["state"], ways, last["unreached"]

    assert await drilled(audible=False) == ("passed", {"sms": "proved"}, [])
    clock.advance(seconds=PROVED.total_seconds())
    assert await drilled(audible=False) == ("failed", {"sms": "unproved"}, ["Rita"])
    assert await drilled(audible=True) == ("passed", {"sms": "sent"}, [])
    clock.advance(seconds=PROVED.total_seconds())
    team.contacting.post.answers = [Outcome(422)]
    assert await drilled(audible=True) == ("failed", {"sms": "failed"}, ["Rita"])
    await team.guard.consoles.ready(rita, "desk", sound=True)
    drill = (await team.guard.drills.start(anna, audible=False))["id"]
    await team.guard.drills.acknowledge(rita, "desk", drill)
    await team.pass_time(45, 15)
    last = (await team.guard.drills.recent(anna))[0]
    ways = {one["channel"]: one["state"] for one in last["devices"]}
    assert (last["state"], ways) == ("passed", {"console": "seen", "sms": "failed"})


async def test_a_silent_drill_rings_no_telephone(
    team: Team, hospital: Organisation, rita: Actor, add_user: AddUser, clock: FakeClock
) -> None:
    await team.furnish(hospital.id, (rita, 120))
    anna = await add_user("Anna", Role.ADMINISTRATOR)
    await team.contacting.proved(rita, Kind.VOICE)
    clock.advance(seconds=PROVED.total_seconds())
    await team.guard.drills.start(anna, audible=False)
    await team.pass_time(5)
    assert team.written(VALUES[Kind.VOICE]) == []


async def test_the_rota_tells_who_has_no_contact_besides_a_page(
    team: Team,
    hospital: Organisation,
    rita: Actor,
    database: SqlDatabase,
    clock: FakeClock,
    fresh: SystemFresh,
) -> None:
    await team.furnish(hospital.id, (rita, 120))

    async def unreachable(reach: Reach) -> Any:
        async with database.reading() as uow:
            [rota] = await uow.rotas.all()
        return (await RotaQuality(database, clock, reach).report(rita, rota.id)).unreachable

    made = await team.contacting.methods.add(rita, Kind.SMS, VALUES[Kind.SMS], 0)
    assert await unreachable(team.reach) == [rita.person], "nobody answered there yet"
    code = await team.contacting.code(rita, made.id)
    await team.contacting.methods.prove(rita, made.id, code)
    assert await unreachable(team.reach) == []
    assert await unreachable(Reach(fresh)) == [rita.person], "this server cannot send there"


async def test_an_offered_guard_is_written_about_until_it_is_answered(
    team: Team, hospital: Organisation, rita: Actor, add_user: AddUser, database: SqlDatabase
) -> None:
    rocco = await add_user("Rocco", Role.RADIOLOGIST)
    await team.furnish(hospital.id, (rita, 120))
    async with database.reading() as uow:
        [rota] = await uow.rotas.all()
    await team.contacting.proved(rocco, Kind.EMAIL, value="rocco@hospital.example")
    offered = await team.guard.handovers.offer(rita, rota.id, rocco.person)
    await team.pass_time(1)
    [text] = team.written("rocco@hospital.example")
    assert text == "The guard is offered to you. Open Guardline: https://hub.example/guard"
    await team.guard.handovers.accept(rocco, offered["id"])
    await team.pass_time(1200, 60)
    assert len(team.written("rocco@hospital.example")) == 1


async def test_a_report_nobody_read_is_written_about_to_whoever_asked(
    team: Team,
    hospital: Organisation,
    nurse: Actor,
    rita: Actor,
    database: SqlDatabase,
    clock: FakeClock,
    fresh: SystemFresh,
) -> None:
    hooks = {ReportKind.GUARD: team.guard.reports}
    reports = Reports(database, clock, fresh, PapersKept(), hooks)
    await team.contacting.proved(nurse, Kind.SMS)
    request = await accepted(team, hospital, nurse, rita)
    await signed_by(reports, rita, request)
    await team.pass_time(660, 60)
    [text] = team.written("+393335550101")
    assert text.startswith("A result waits to be heard: CT. Open Guardline: https://hub.example/")
    await team.guard.requests.acknowledge(nurse, request["id"])
    await team.pass_time(1320, 60)
    assert len(team.written("+393335550101")) == 1
