"""A gateway that fails, or says nothing any more, is an alarm until messages arrive again."""

from __future__ import annotations

import json

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.rate_limits import WindowRateLimits
from server.domain.access import Actor, Role
from server.domain.contact_health import REPORT_TIME, WINDOW
from server.domain.contact_methods import Kind
from server.domain.webhooks import Outcome
from server.services.alarms import tasks
from server.services.contact_watch import ContactWatch
from server.services.webhook_signatures import signed
from tests.services.conftest import AddUser, FakeClock
from tests.services.contact_cast import SECRET, Contacting

ALARM = ["alarm.contacts_silent"]


class Desk(Contacting):
    """Contacts, and an administrator who watches them."""

    async def alarms(self, admin: Actor) -> list[str]:
        """After a look at what became of messages: (kind, which way)."""
        await ContactWatch(self.database, self.clock, self.kinds).check()
        async with self.database.reading() as uow:
            user = (await uow.accounts.named([admin.person]))[admin.person]
            return [one.kind for one in await tasks(uow, user, self.clock.now())]

    async def delivered(self, message: str) -> None:
        """The gateway reports."""
        body = json.dumps({"type": "message.delivered", "data": {"message": message}})
        await self.messages.report(signed(SECRET, "r", body, self.clock.now()), body.encode())


@pytest.fixture
def desk(database: SqlDatabase, clock: FakeClock, limits: WindowRateLimits) -> Desk:
    return Desk(database, clock, limits)


@pytest.fixture
async def admin(add_user: AddUser) -> Actor:
    return await add_user("Ada", Role.ADMINISTRATOR)


@pytest.mark.parametrize("kind", [Kind.SMS, Kind.EMAIL])
async def test_what_fails_again_and_again_is_an_alarm_until_something_is_taken(
    desk: Desk, admin: Actor, clock: FakeClock, kind: Kind
) -> None:
    method = await desk.proved(admin, kind)
    clock.advance(seconds=1)
    await desk.methods.test(admin, method.id)
    desk.post.answers = [Outcome(None, "timeout")] * 3
    for wait in (2, 5):
        await desk.send()
        assert await desk.alarms(admin) == []
        clock.advance(seconds=wait)
    await desk.send()
    assert await desk.alarms(admin) == ALARM
    clock.advance(seconds=15)
    await desk.send()
    assert await desk.alarms(admin) == []


async def test_one_wrong_number_is_no_alarm(desk: Desk, admin: Actor, clock: FakeClock) -> None:
    method = await desk.proved(admin)
    for _ in range(3):
        clock.advance(seconds=60)
        desk.post.answers = [Outcome(422)]
        await desk.methods.test(admin, method.id)
        await desk.send()
    assert await desk.alarms(admin) == []


async def test_a_gateway_that_reports_nothing_is_an_alarm_until_it_does(
    desk: Desk, admin: Actor, clock: FakeClock
) -> None:
    method = await desk.proved(admin)
    await desk.delivered((await sent(desk, admin, method.id, clock))[-1])
    for _ in range(3):
        assert await desk.alarms(admin) == []
        messages = await sent(desk, admin, method.id, clock)
    assert await desk.alarms(admin) == [], "the last may still be reported"
    clock.advance(seconds=REPORT_TIME.total_seconds())
    assert await desk.alarms(admin) == ALARM
    await desk.delivered(messages[-1])
    assert await desk.alarms(admin) == []
    clock.advance(seconds=WINDOW.total_seconds())
    assert await desk.alarms(admin) == []


async def sent(desk: Desk, person: Actor, method: str, clock: FakeClock) -> list[str]:
    clock.advance(seconds=60)
    await desk.methods.test(person, method)
    await desk.send()
    return [letter.id for letter in desk.post.carried]
