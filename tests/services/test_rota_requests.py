"""Cover and swap on a real database; the quality of a rota and its nightly check."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.rate_limits import WindowRateLimits
from server.domain.access import Actor, Role
from server.domain.contact_methods import Kind
from server.domain.deadlines import Deadline
from server.domain.errors import Forbidden, Invalid, NotFound, Unauthenticated
from server.domain.organisations import Organisation
from server.domain.rosters import Entry, from_csv, to_csv
from server.domain.rota import Layer, Rotation, on_call
from server.domain.rota_requests import DutyMoved, RequestEnded, RequestState, Stretch
from server.domain.tasks import Task
from server.services import rota_requests, rotas
from server.services.deadlines import Deadlines, Handler
from server.services.ports.clock import Fresh
from server.services.ports.unit_of_work import UnitOfWork
from server.services.reach import Reach
from server.services.rota_quality import RotaQuality
from server.services.rota_requests import EXPIRE, RotaRequests
from server.services.rota_rosters import Rosters, in_one
from server.services.rotas import CHECK, RotaChange, Rotas
from server.web.roster_calendars import from_calendar, to_calendar
from tests.services.conftest import AddUser, FakeClock
from tests.services.contact_cast import Contacting

DAY = timedelta(days=1)


@dataclass
class Ward:
    """Rita, Rocco and Rhona take days in turn from 8:00 UTC; Rita has the first."""

    database: SqlDatabase
    clock: FakeClock
    rotas: Rotas
    requests: RotaRequests
    quality: RotaQuality
    deadlines: Deadlines
    fresh: Fresh
    rita: Actor
    rocco: Actor
    rhona: Actor
    hospital: str
    rota: str
    first: datetime

    def turn(self, number: int) -> Stretch:
        """Somebody's whole day: Rita's are 0, 3 …, Rocco's 1, 4 …"""
        return Stretch(self.first + number * DAY, self.first + (number + 1) * DAY)

    async def cover(self, given: int = 3, taken: int | None = None) -> str:
        """Rita asks Rocco."""
        other = None if taken is None else self.turn(taken)
        seen = await self.requests.ask(
            self.rita, self.rota, self.rocco.person, self.turn(given), other, "A wedding"
        )
        return seen.items[0].id

    async def on_duty(self, number: int) -> str | None:
        """Who has the middle of a day."""
        sheet = await self.rotas.get(self.rita, self.rota)
        return on_call(sheet.rota, self.turn(number).start + DAY / 2)

    async def state(self, request: str) -> RequestState:
        """Where a request stands."""
        seen = await self.requests.list(self.rita, self.rota)
        return next(one.state for one in seen.items if one.id == request)

    async def tasks(self, actor: Actor) -> list[Task]:
        """What waits for somebody."""
        async with self.database.reading() as uow:
            user = await uow.accounts.find(actor.person)
            assert user is not None
            now = self.clock.now()
            asked = await rota_requests.tasks(uow, user, now)
            return [*asked, *await rotas.tasks(uow, user, now)]


@pytest.fixture
async def ward(
    database: SqlDatabase,
    clock: FakeClock,
    fresh: Fresh,
    add_user: AddUser,
    hospital: Organisation,
) -> Ward:
    rita, rocco, rhona = people = [
        await add_user(name, Role.RADIOLOGIST) for name in ("Rita", "Rocco", "Rhona")
    ]
    made, quality = Rotas(database, clock, fresh), RotaQuality(database, clock, Reach(fresh))
    requests = RotaRequests(database, clock, Reach(fresh, frozenset(Kind)))
    today: date = clock.now().date()
    layer = Layer(Rotation(today, 8, 1, tuple(each.person for each in people)))
    sheet = await made.create(
        people[0],
        hospital.id,
        {"name": "Guard", "role": Role.RADIOLOGIST, "zone": "UTC", "phone": "", "layers": (layer,)},
    )

    async def nothing(_uow: UnitOfWork, _due: Deadline, _now: datetime) -> None:
        """Duty moves elsewhere."""

    handlers: dict[str, Handler] = {
        CHECK: quality.check,
        EXPIRE: requests.expire,
        rotas.DUTY: nothing,
    }
    deadlines = Deadlines(database, clock, handlers)
    first = datetime.combine(today, datetime.min.time(), tzinfo=clock.now().tzinfo)
    first += timedelta(hours=8)
    return Ward(
        database,
        clock,
        made,
        requests,
        quality,
        deadlines,
        fresh,
        rita,
        rocco,
        rhona,
        hospital.id,
        sheet.rota.id,
        first,
    )


async def test_a_request_is_written_by_e_mail_and_nobody_is_rung_for_it(
    ward: Ward, limits: WindowRateLimits
) -> None:
    contacting = Contacting(ward.database, ward.clock, limits)
    mail = await contacting.proved(ward.rocco, Kind.EMAIL, after_s=60)
    for kind in (Kind.SMS, Kind.VOICE):
        await contacting.proved(ward.rocco, kind)
    await ward.requests.withdraw(ward.rita, ward.rota, await ward.cover())
    ward.clock.advance(seconds=61)
    await contacting.send()
    assert contacting.post.carried == [], "withdrawn before it left"
    await ward.cover()
    ward.clock.advance(seconds=61)
    await contacting.send()
    assert [one.to for one in contacting.post.carried] == [mail.value]


async def test_a_colleague_takes_a_shift_and_both_may_rely_on_it(ward: Ward) -> None:
    request = await ward.cover()
    assert [task.kind for task in await ward.tasks(ward.rocco)] == ["rota.asked"]
    assert await ward.on_duty(3) == ward.rita.person
    await ward.requests.accept(ward.rocco, ward.rota, request)
    assert await ward.on_duty(3) == ward.rocco.person
    assert await ward.state(request) is RequestState.ACCEPTED
    assert await ward.tasks(ward.rocco) == []
    with pytest.raises(RequestEnded):
        await ward.requests.withdraw(ward.rita, ward.rota, request)


async def test_two_shifts_are_exchanged_at_once(ward: Ward) -> None:
    request = await ward.cover(3, 4)
    await ward.requests.accept(ward.rocco, ward.rota, request)
    assert [await ward.on_duty(day) for day in (3, 4)] == [ward.rocco.person, ward.rita.person]


async def test_only_the_colleague_answers_and_only_the_asker_withdraws(ward: Ward) -> None:
    request = await ward.cover()
    for wrong in (ward.rita, ward.rhona):
        with pytest.raises(Forbidden):
            await ward.requests.accept(wrong, ward.rota, request)
        with pytest.raises(Forbidden):
            await ward.requests.decline(wrong, ward.rota, request)
    with pytest.raises(Forbidden):
        await ward.requests.withdraw(ward.rocco, ward.rota, request)
    with pytest.raises(NotFound):
        await ward.requests.accept(ward.rocco, "another", request)
    await ward.requests.decline(ward.rocco, ward.rota, request)
    assert await ward.state(request) is RequestState.DECLINED
    assert await ward.on_duty(3) == ward.rita.person


async def test_of_two_colleagues_asked_for_one_shift_the_first_who_accepts_has_it(
    ward: Ward,
) -> None:
    first = await ward.cover()
    seen = await ward.requests.ask(ward.rita, ward.rota, ward.rhona.person, ward.turn(3), None, "")
    await ward.requests.accept(ward.rhona, ward.rota, seen.items[0].id)
    with pytest.raises(DutyMoved):
        await ward.requests.accept(ward.rocco, ward.rota, first)
    assert await ward.on_duty(3) == ward.rhona.person
    await ward.requests.withdraw(ward.rita, ward.rota, first)
    assert await ward.state(first) is RequestState.WITHDRAWN


async def test_an_unanswered_request_ends_when_its_shift_begins(ward: Ward) -> None:
    request = await ward.cover()
    ward.clock.advance(hours=24 * 3 + 24)
    with pytest.raises(RequestEnded):
        await ward.requests.accept(ward.rocco, ward.rota, request)
    await ward.deadlines.meet()
    assert await ward.state(request) is RequestState.EXPIRED
    assert await ward.on_duty(3) == ward.rita.person


async def test_nobody_asks_for_what_is_not_theirs_or_past(ward: Ward) -> None:
    async def ask(given: Stretch, taken: Stretch | None, asked: str) -> None:
        await ward.requests.ask(ward.rita, ward.rota, asked, given, taken, "")

    with pytest.raises(DutyMoved):
        await ask(ward.turn(1), None, ward.rocco.person)
    with pytest.raises(DutyMoved):
        await ask(ward.turn(3), ward.turn(5), ward.rocco.person)
    with pytest.raises(Invalid):
        await ask(ward.turn(-3), None, ward.rocco.person)
    with pytest.raises(Invalid):
        await ask(ward.turn(3), None, ward.rita.person)
    with pytest.raises(Invalid):
        await ask(ward.turn(3), None, "nobody")


async def test_the_report_tells_who_carries_what_and_who_is_on_two_rotas(ward: Ward) -> None:
    layer = Layer(Rotation(ward.first.date(), 8, 7, (ward.rita.person,)))
    values: rotas.RotaChange = {
        "name": "Second call",
        "role": Role.RADIOLOGIST,
        "zone": "UTC",
        "phone": "",
        "layers": (layer,),
    }
    await ward.rotas.create(ward.rita, ward.hospital, values)
    ward.clock.advance(hours=24)
    report = await ward.quality.report(ward.rita, ward.rota)
    assert report.gaps == []
    hours = {who: load.time / timedelta(hours=1) for who, load in report.loads.items()}
    assert sum(hours.values()) == 52 * 7 * 24
    assert sum(load.nights for load in report.loads.values()) == 52 * 7
    assert sum(load.days_off for load in report.loads.values()) == 52 * 2
    assert {each.member for each in report.overlaps} == {ward.rita.person}
    both = sum((each.end - each.start for each in report.overlaps), timedelta())
    assert both == report.loads[ward.rita.person].time
    assert 0 <= report.imbalance < 0.02
    assert set(report.unreachable) == {ward.rita.person, ward.rocco.person, ward.rhona.person}


async def test_a_gap_beyond_the_week_is_found_at_the_edit_and_each_night(ward: Ward) -> None:
    await ward.deadlines.meet()
    assert await ward.tasks(ward.rita) == []
    sheet = await ward.rotas.get(ward.rita, ward.rota)
    later = Layer(Rotation(ward.first.date() + 20 * DAY, 8, 1, (ward.rita.person,)))
    change: rotas.RotaChange = {"layers": (later,)}
    await ward.rotas.change(ward.rita, ward.rota, sheet.rota.version, change)
    filled = await ward.rotas.stand_in(
        ward.rita, ward.rota, ward.clock.now(), ward.turn(10).start, ward.rocco.person
    )
    await ward.deadlines.meet()
    (task,) = await ward.tasks(ward.rita)
    assert (task.kind, task.urgency, task.due_at) == ("rota.gap", "later", ward.turn(10).start)
    async with ward.database.reading() as uow:
        check = (await uow.rota_requests.checks())[filled.rota.id]
    ward.clock.advance(hours=24)
    await ward.deadlines.meet()
    async with ward.database.reading() as uow:
        again = (await uow.rota_requests.checks())[filled.rota.id]
    assert check.checked_at < again.checked_at
    assert (again.gaps, again.first_gap) == (1, ward.turn(10).start)


async def test_a_rota_with_overrides_is_the_same_after_csv_and_after_a_calendar(
    ward: Ward, clock: FakeClock
) -> None:
    """Layers, an override over a temporary shift: another rota says exactly the same."""
    second = ward.turn(1)
    for start, end, who, temporary in (
        (second.start, second.end + DAY, ward.rhona, True),
        (second.start + DAY / 3, second.end - DAY / 3, ward.rita, False),
    ):
        await ward.rotas.stand_in(ward.rita, ward.rota, start, end, who.person, temporary=temporary)
    rosters = Rosters(ward.database, clock, ward.fresh)
    begin, end = ward.turn(0).start, ward.turn(9).end
    gone_out = list((await rosters.read(ward.rita, ward.rota, begin, end)).entries)
    assert len(gone_out) > 10
    rome = ZoneInfo("Europe/Rome")
    forms = (
        from_csv(to_csv(gone_out)),
        from_calendar(to_calendar(gone_out, ward.rota, "Guard", clock.now()).decode(), rome),
    )
    for number, entries in enumerate(forms):
        empty = (Layer(Rotation(begin.date(), 8, 1)),)
        values: RotaChange = {"name": f"Copy {number}", "role": Role.RADIOLOGIST, "zone": "UTC"}
        copy = await ward.rotas.create(
            ward.rita, ward.hospital, {**values, "phone": "", "layers": empty}
        )
        await rosters.take_in(ward.rita, copy.rota.id, entries, replaces=False)
        came_in = await rosters.read(ward.rita, copy.rota.id, begin, end)
        assert list(came_in.entries) == gone_out


async def test_a_roster_is_taken_in_and_goes_out_the_same(ward: Ward) -> None:
    people = {"Rita": ward.rita, "Rocco": ward.rocco, "Rhona": ward.rhona}
    async with ward.database.reading() as uow:
        users = await uow.accounts.named({each.person for each in people.values()})
    mails = [users[each.person].email for each in people.values()]
    nights = [
        Entry(ward.turn(day).start, ward.turn(day + 1).start, mails[day % 2], "")
        for day in range(9)
    ]
    named = [
        Entry(one.start, one.end, one.person, ["Rita", "Rocco"][n % 2])
        for n, one in enumerate(nights)
    ]
    rosters = Rosters(ward.database, ward.clock, ward.fresh)
    told = await rosters.preview(ward.rita, ward.rota, nights, replaces=True)
    assert (await ward.rotas.get(ward.rita, ward.rota)).rota.overrides == ()
    assert await rosters.take_in(ward.rita, ward.rota, nights, replaces=True) == told
    assert (told.added, told.removed) == (9, 0)
    # Rita, Rocco, Rhona in turn become Rita and Rocco in turn.
    names = [
        (told.named[one.former or ""].name, told.named[one.coming or ""].name)
        for one in told.changes
    ]
    assert names == [
        ("Rhona", "Rita"),
        ("Rita", "Rocco"),
        ("Rocco", "Rita"),
        ("Rhona", "Rocco"),
        ("Rhona", "Rita"),
    ]
    again = await rosters.take_in(ward.rita, ward.rota, nights, replaces=True)
    assert (again.added, again.removed, list(again.changes)) == (9, 9, [])
    sheet = await ward.rotas.get(ward.rita, ward.rota)
    assert len(sheet.rota.overrides) == 9
    roster = await rosters.read(ward.rita, ward.rota, nights[0].start, nights[-1].end)
    assert list(roster.entries) == named
    stranger = replace(nights[0], person="nobody@tests.example")
    with pytest.raises(Invalid):
        await rosters.take_in(ward.rita, ward.rota, [stranger], replaces=True)
    with pytest.raises(Invalid):
        await rosters.take_in(ward.rita, ward.rota, [nights[0], nights[0]], replaces=True)
    backwards = replace(nights[0], end=nights[0].start)
    with pytest.raises(Invalid) as refusal:
        await rosters.preview(ward.rita, ward.rota, [backwards], replaces=True)
    assert (refusal.value.details["entry"], refusal.value.details["why"]) == (1, "end")


async def test_a_feed_opens_with_its_own_password_alone_and_ends_with_it(ward: Ward) -> None:
    rosters = Rosters(ward.database, ward.clock, ward.fresh)
    user, former = await rosters.renew_feed(ward.rocco)
    _, mine = await rosters.feed(user.email, former, None)
    assert {each.name for each in in_one(mine)} == {"Rocco"}
    _, password = await rosters.renew_feed(ward.rocco)
    _, whole = await rosters.feed(user.email, password, ward.rota)
    assert {each.name for each in in_one(whole)} == {"Rita", "Rocco", "Rhona"}
    for wrong in (former, "", "wrong"):
        with pytest.raises(Unauthenticated):
            await rosters.feed(user.email, wrong, None)
    await rosters.end_feed(ward.rocco)
    for gone in (password, ""):
        with pytest.raises(Unauthenticated):
            await rosters.feed(user.email, gone, None)
