"""Policies: a person by name, words for the requester, a trust's own rota first, once more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.access import Actor, Role
from server.domain.guard_services import Local, Step
from server.domain.organisations import Organisation
from tests.services.conftest import AddUser, FakeClock, RecordingBus
from tests.services.guard_cast import Ward


@pytest.fixture
def ward(database: SqlDatabase, clock: FakeClock, fresh: SystemFresh) -> Ward:
    return Ward(database, clock, fresh)


async def change(ward: Ward, steps: tuple[Step, ...], **changes: object) -> None:
    """Another policy for the ward's service; its rotas are those of its former steps."""
    async with ward.database.transaction() as uow:
        known = await uow.guard_services.find(ward.service)
        assert known is not None
        changed = replace(known, steps=steps, **changes)  # type: ignore[arg-type]
        assert await uow.guard_services.update(changed.check())


async def test_own_trust_first_then_words_then_a_person_and_all_again(
    ward: Ward,
    hospital: Organisation,
    add_user: AddUser,
    bus: RecordingBus,
) -> None:
    nurse: Actor = await add_user("Nina", Role.NURSE)
    own, named = await add_user("Rita", Role.RADIOLOGIST), await add_user("Rocco", Role.RADIOLOGIST)
    await ward.furnish(hospital.id, (own, 60))
    async with ward.database.reading() as uow:
        service = await uow.guard_services.find(ward.service)
    assert service is not None
    rota = service.steps[0].rota
    assert rota is not None
    steps = (Step(None, 30, text="Ring the switchboard."), Step(None, 60, person=named.person))
    await change(ward, steps, repeats=1, local=(Local(hospital.id, rota, 20),))
    for person in (own, named):
        await ward.guard.consoles.ready(person, "desk", sound=True)
    made = await ward.ask(nurse)
    assert [one["name"] for one in made["notifications"]] == ["Rita"]
    await ward.pass_time(10)
    for person in (own, named):
        await ward.guard.consoles.ready(person, "desk", sound=True)
    await ward.pass_time(10)
    words = (await ward.look(nurse, made["id"]))["log"][-1]
    assert words["type"] == "guard.phone_tree"
    assert words["data"]["text"] == "Ring the switchboard."
    for _ in range(12):
        await ward.pass_time(10)
        for person in (own, named):
            await ward.guard.consoles.ready(person, "desk", sound=True)
    found = await ward.look(nurse, made["id"])
    assert "Rocco" in {one["name"] for one in found["notifications"]}
    assert ward.kinds(found).count("phone_tree") == 2, "gone through again"
    accepted = await ward.guard.acceptance.accept(named, made["id"])
    assert accepted["accepted_by"]["name"] == "Rocco"
