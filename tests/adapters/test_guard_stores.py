"""The guard on real databases: one acceptance wins however many come at once (hazard 5)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from server.adapters.bus import LocalBus
from server.adapters.clock import SystemClock
from server.adapters.database.unit_of_work import SqlDatabase, create_engine
from server.adapters.fresh import SystemFresh
from server.domain.access import Actor, Role
from server.domain.accounts import OrganisationRole, Status, User
from server.domain.guard import AlreadyAccepted, Priority, Question
from server.domain.guard_notifications import Console, Notification, Outcome
from server.domain.guard_services import GuardService, Step
from server.domain.organisations import Kind, Organisation
from server.domain.patients import Identity
from server.domain.rota import Layer, Rota, Rotation
from server.domain.sessions import SESSION_LIFETIME, Session
from server.domain.timeline import EventType, Sender
from server.services.guard import Guard, guard
from server.services.guard_auditor import GuardAuditor
from server.services.guard_requests import FileRequest
from server.services.timeline import append
from tests.adapters.databases import KINDS, migrated_database

RADIOLOGISTS = 50
"""As many as a rota takes; each accepts on two devices."""
NOW = datetime(2026, 11, 22, 3, 4, 5, 678901, UTC)


@pytest.fixture(params=KINDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SqlDatabase]:
    async with migrated_database(request, tmp_path) as url:
        opened = SqlDatabase(create_engine(url), LocalBus(), SystemClock())
        yield opened
        await opened.close()


async def add_user(database: SqlDatabase, organisation: str, name: str, role: Role) -> Actor:
    fresh, now = SystemFresh(), SystemClock().now()
    user = User(
        id=fresh.id(),
        email=f"{fresh.id()}@tests.example",
        name=name,
        profession="doctor",
        locale="en",
        status=Status.ACTIVE,
        is_demo=False,
        has_totp=False,
        registered_at=now,
        organisation=organisation,
        roles=(OrganisationRole(organisation, role),),
    )
    session = Session(fresh.id(), user.id, now, now + SESSION_LIFETIME)
    async with database.transaction() as uow:
        assert await uow.accounts.add(user, password_hash="unusable")
        await uow.sessions.add(session)
    return Actor(user.id, name, session.id)


async def furnish(database: SqlDatabase) -> tuple[Guard, str, list[Actor]]:
    """A guard, its open request, and everybody who may accept it."""
    fresh = SystemFresh()
    organisation = Organisation(fresh.id(), "Hospital of Tests", Kind.HOSPITAL, is_demo=False)
    async with database.transaction() as uow:
        await uow.organisations.add(organisation)
    people = [
        await add_user(database, organisation.id, f"Radiologist {n}", Role.RADIOLOGIST)
        for n in range(RADIOLOGISTS)
    ]
    nurse = await add_user(database, organisation.id, "Nurse", Role.NURSE)
    rotation = Rotation(date(2026, 1, 5), 8, 7, tuple(each.person for each in people))
    layers = (Layer(rotation),)
    rota = Rota(fresh.id(), organisation.id, "Guard", Role.RADIOLOGIST, "Europe/Rome", "1", layers)
    steps = (Step(rota.id, 60),)
    service = GuardService(fresh.id(), organisation.id, "CT", "CT", "1", "Europe/Rome", steps)
    async with database.transaction() as uow:
        assert await uow.rotas.add(rota)
        assert await uow.guard_services.add(service)
    made = guard(database, SystemClock(), fresh)
    patient = Identity("Nina Ipsilon", date(1950, 2, 1), "NPSNNI50")
    question = Question(Priority.EMERGENCY, "Bleeding?", "1", wants_call=False)
    filed = await made.requests.file(nurse, FileRequest(service.id, patient, question))
    return made, filed["id"], people


async def test_of_a_hundred_acceptances_one_wins_and_the_others_are_told_who(
    database: SqlDatabase,
) -> None:
    made, request, people = await furnish(database)

    async def accept(person: Actor) -> str:
        try:
            return str((await made.acceptance.accept(person, request))["accepted_by"]["name"])
        except AlreadyAccepted as refusal:
            return f"told: {refusal.details['by']}"

    answers = await asyncio.gather(*(accept(person) for person in [*people, *people]))
    [winner] = {answer for answer in answers if not answer.startswith("told: ")}
    assert len(answers) == 100
    assert answers.count(winner) == 2, "a person's second device hears that the person won"
    assert answers.count(f"told: {winner}") == 98
    async with database.reading() as uow:
        found = await uow.guard_requests.find(request)
        assert found is not None
        assert found.accepted_name == winner
        assert not await uow.guard_notifications.pending(request)


async def test_a_change_of_an_old_version_is_not_stored(database: SqlDatabase) -> None:
    _, request, people = await furnish(database)
    async with database.transaction() as uow:
        found = await uow.guard_requests.find(request)
        assert found is not None
        accepted = found.accept(people[0].person, "Radiologist 0", NOW)
        assert await uow.guard_requests.update(accepted)
        assert not await uow.guard_requests.update(accepted)
    async with database.reading() as uow:
        stored = await uow.guard_requests.find(request)
        assert stored is not None
        assert (stored.version, stored.accepted_at) == (found.version + 1, NOW)
        assert await uow.guard_requests.of_room(found.room) == stored


async def test_notifications_and_consoles_come_back_as_they_were(database: SqlDatabase) -> None:
    _, request, _ = await furnish(database)
    one = Notification(request, 2, 1, "p", "Rita", "push", "phone", True, NOW)
    async with database.transaction() as uow:
        for _ in range(2):
            await uow.guard_notifications.add(one)
        assert await uow.guard_notifications.mark_delivered(one, NOW)
        assert not await uow.guard_notifications.mark_delivered(one, NOW + timedelta(seconds=1))
        assert await uow.guard_notifications.mark_seen(one, NOW)
        [found] = await uow.guard_notifications.pending_of("p")
        assert (found.delivered_at, found.seen_at, found.notified_at) == (NOW, NOW, NOW)
        await uow.guard_notifications.end(request, Outcome.ACCEPTED, "p")
        await uow.guard_notifications.end(request, Outcome.TAKEN)
        sent = await uow.guard_notifications.of_requests([request])
        outcomes = {each.person == "p": each.outcome for each in sent}
        assert outcomes == {True: Outcome.ACCEPTED, False: Outcome.TAKEN}
        desk = Console("p", "desk", True, NOW)
        await uow.guard_consoles.save(desk)
        await uow.guard_consoles.save(Console("q", "desk", False, NOW))
        assert await uow.guard_consoles.of(["p", "q"], NOW) == []
        later = NOW + timedelta(seconds=15)
        await uow.guard_consoles.renew([("p", "desk")], later)
        assert await uow.guard_consoles.of(["p", "q"], NOW) == [Console("p", "desk", True, later)]
        await uow.guard_consoles.remove("p", "desk")
        assert await uow.guard_consoles.of(["p"], NOW) == []


async def test_the_auditor_finds_what_nothing_watches(database: SqlDatabase) -> None:
    made, request, people = await furnish(database)
    auditor = GuardAuditor(database, SystemClock())
    await auditor.audit()
    await auditor.probe()
    async with database.transaction() as uow:
        await uow.deadlines.cancel(request)
    await auditor.audit()
    now = SystemClock().now()
    async with database.transaction() as uow:
        due = await uow.deadlines.take(now)
        assert due is not None
        assert (due.kind, due.subject) == ("guard.escalate", request)
    await made.acceptance.accept(people[0], request)
    await auditor.audit()
    async with database.transaction() as uow:
        assert not await uow.guard_audit.unattended("guard.lost", now), "its deadline is known"
        assert await uow.guard_audit.unattended("another", now) == [request]
        await uow.guard_consoles.save(
            Console(people[0].person, "d", has_sound=False, until=now + timedelta(minutes=1))
        )
        assert not await uow.guard_audit.unattended("another", now)


async def test_passages_are_read_from_the_log_in_one_query(database: SqlDatabase) -> None:
    made, request, people = await furnish(database)
    accepted = await made.acceptance.accept(people[0], request)
    fresh, now = SystemFresh(), SystemClock().now()
    one = Notification(request, 1, 1, "p", "Rita", "push", "phone", True, now)
    sent = (now + timedelta(seconds=1), now + timedelta(seconds=2))
    async with database.transaction() as uow:
        await uow.guard_notifications.add(one)
        await uow.guard_notifications.mark_delivered(one, sent[0])
        await uow.guard_notifications.mark_seen(one, sent[1])
        for name, kind, data in (
            ("nurse", EventType.CALL_JOINED, {}),
            (people[0].person, EventType.GUARD_WORKING, {"by_phone": False}),
            (people[0].person, EventType.GUARD_WORKING, {"by_phone": True}),
            (people[0].person, EventType.CALL_JOINED, {}),
            (people[0].person, EventType.GUARD_REPORTED, {"interim": True}),
        ):
            now += timedelta(seconds=10)
            sender = Sender(name, name)
            await append(uow, accepted["room"], kind, sender, data, now, fresh)
    begin, end = now - timedelta(minutes=5), now + timedelta(minutes=5)
    async with database.reading() as uow:
        store = uow.guard_figures
        [[found]] = [some async for some in store.passages(begin, end, None)]
        [[same]] = [some async for some in store.passages(begin, end, accepted["service"])]
        assert [some async for some in store.passages(begin, end, "another")] == []
        assert [some async for some in store.passages(begin, begin, None)] == []
    assert found == same
    assert (found.person, found.site != "") == (people[0].person, True)
    assert (found.delivered_at, found.seen_at) == sent
    assert found.accepted_at == found.held_at
    assert found.joined_at == now - timedelta(seconds=20), "by telephone, before the call"
    assert found.reported_at == now
