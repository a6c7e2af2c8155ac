"""Contact methods and messages on real databases: each is sent by one process, and cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.adapters.bus import LocalBus
from server.adapters.clock import SystemClock
from server.adapters.database.unit_of_work import SqlDatabase, create_engine
from server.domain.access import Role
from server.domain.contact_messages import Message, MessageState
from server.domain.contact_methods import ContactMethod, Kind
from server.domain.organisations import Kind as Organised
from server.domain.organisations import Organisation
from server.domain.webhooks import Outcome
from tests.adapters.databases import KINDS, migrated_database
from tests.adapters.test_guard_stores import add_user

NOW = datetime(2026, 11, 22, 3, 4, 5, 678901, UTC)
LATER = NOW + timedelta(seconds=45)


@pytest.fixture(params=KINDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SqlDatabase]:
    async with migrated_database(request, tmp_path) as url:
        opened = SqlDatabase(create_engine(url), LocalBus(), SystemClock())
        yield opened
        await opened.close()


async def furnish(database: SqlDatabase) -> tuple[ContactMethod, ContactMethod]:
    """Two contacts of one person: e-mail and SMS."""
    async with database.transaction() as uow:
        await uow.organisations.add(
            Organisation("o", "Hospital of Tests", Organised.HOSPITAL, is_demo=False)
        )
    rita = (await add_user(database, "o", "Rita", Role.RADIOLOGIST)).person
    mail = ContactMethod.create("m1", rita, Kind.EMAIL, "rita@hospital.example", 0, NOW)
    sms = ContactMethod.create("m2", rita, Kind.SMS, "+393335550101", 60, NOW)
    async with database.transaction() as uow:
        assert await uow.contact_methods.add(mail)
        assert await uow.contact_methods.add(sms)
        assert not await uow.contact_methods.add(replace(sms, id="m3"))
    return mail, sms


def message(method: ContactMethod, number: int, **changes: object) -> Message:
    made = Message(
        f"n{number}", method.id, method.kind, method.person, "guard.alert", "r", "/", NOW, NOW
    )
    return replace(made, **changes)  # type: ignore[arg-type]


async def test_methods_come_back_as_they_were(database: SqlDatabase) -> None:
    mail, sms = await furnish(database)
    proved = mail.issue("012345", NOW).attempt("012345", LATER).change(30, False)
    async with database.transaction() as uow:
        assert await uow.contact_methods.lock(mail.id, "somebody else") is None
        assert await uow.contact_methods.lock(mail.id, mail.person) == mail
        await uow.contact_methods.update(proved)
        await uow.contact_methods.failed(sms.id, "refused")
    async with database.reading() as uow:
        assert await uow.contact_methods.of(mail.person) == [proved, replace(sms, error="refused")]
        assert await uow.contact_methods.of_people([]) == {}
    async with database.transaction() as uow:
        await uow.contact_messages.enqueue([message(sms, 1)])
        await uow.contact_methods.took(sms.id, LATER)
        await uow.contact_methods.remove(mail.id)
        [left] = await uow.contact_methods.of(mail.person)
        assert left == replace(sms, used_at=LATER)
        await uow.contact_methods.remove(sms.id)
        assert await uow.contact_messages.find("n1") is None


async def test_the_most_urgent_of_the_right_channel_leaves_first(database: SqlDatabase) -> None:
    mail, sms = await furnish(database)
    made = [
        message(sms, 1, rank=2),
        message(sms, 2, rank=0),
        message(sms, 3, due_at=LATER),
        message(mail, 4),
    ]
    async with database.transaction() as uow:
        await uow.contact_messages.enqueue(made)
        found = await uow.contact_messages.lease([Kind.SMS, Kind.VOICE], NOW, LATER, 10)
        assert found == [made[1], made[0]]
        assert await uow.contact_messages.lease([Kind.SMS], NOW, LATER, 10) == []
        assert set((await uow.contact_messages.to({"n1", "n2"})).values()) == {sms}
        again = await uow.contact_messages.lease([Kind.SMS], LATER, LATER, 10)
        assert {one.id for one in again} == {"n1", "n2", "n3"}, "whoever took them died"


async def test_two_processes_send_each_message_once(database: SqlDatabase) -> None:
    _, sms = await furnish(database)
    async with database.transaction() as uow:
        await uow.contact_messages.enqueue([message(sms, number) for number in range(20)])

    async def take() -> list[str]:
        async with database.transaction() as uow:
            found = await uow.contact_messages.lease([Kind.SMS], NOW, LATER, 20)
            return [one.id for one in found]

    taken = [one for each in await asyncio.gather(*(take() for _ in range(4))) for one in each]
    assert sorted(taken) == sorted(f"n{number}" for number in range(20))


async def test_what_was_cancelled_is_not_recorded_and_the_first_report_stands(
    database: SqlDatabase,
) -> None:
    _, sms = await furnish(database)
    sent = message(sms, 1, sealed=b"x").after(Outcome(202), NOW)
    async with database.transaction() as uow:
        await uow.contact_messages.enqueue([message(sms, 1, sealed=b"x"), message(sms, 2)])
        assert await uow.contact_messages.record(sent)
        assert not await uow.contact_messages.record(sent)
        assert await uow.contact_messages.find("n1") == sent
        await uow.contact_messages.cancel("guard.alert", "another")
        await uow.contact_messages.cancel("guard.alert", "r")
        assert await uow.contact_messages.find("n2") is None
        assert await uow.contact_messages.about("guard.alert", ["r"], sms.person) == []
        delivered = replace(sent.report(MessageState.DELIVERED, LATER), is_over=True)
        assert await uow.contact_messages.report(delivered)
        assert not await uow.contact_messages.report(sent.report(MessageState.FAILED, LATER))
        assert await uow.contact_messages.find("n1") == delivered
        assert await uow.contact_messages.purge(LATER) == 0
        assert await uow.contact_messages.purge(LATER + timedelta(seconds=1)) == 1


async def test_a_method_that_is_switched_off_keeps_nothing_waiting(database: SqlDatabase) -> None:
    _, sms = await furnish(database)
    async with database.transaction() as uow:
        made = [message(sms, 1), message(sms, 2, kind="contact.code")]
        await uow.contact_messages.enqueue(made)
        await uow.contact_messages.cancel_for(sms.id, "contact.code")
        assert await uow.contact_messages.find("n2") is None
        await uow.contact_messages.cancel_for(sms.id)
        assert await uow.contact_messages.find("n1") is None
