"""Figures of the guard as its requests are answered: in time, late, or with nobody on duty."""

from __future__ import annotations

import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.access import Role
from server.domain.errors import Forbidden
from server.domain.figures import Measure
from server.domain.organisations import Organisation
from server.services.figures import Figures
from tests.services.conftest import AddUser, FakeClock
from tests.services.guard_cast import Ward


async def test_how_well_the_guard_answers(
    database: SqlDatabase,
    clock: FakeClock,
    fresh: SystemFresh,
    hospital: Organisation,
    add_user: AddUser,
) -> None:
    ward, figures = Ward(database, clock, fresh), Figures(database, clock)
    nurse = await add_user("Nina", Role.NURSE)
    rita = await add_user("Rita", Role.RADIOLOGIST)
    admin = await add_user("Ada", Role.ADMINISTRATOR)
    await ward.furnish(hospital.id, (rita, 600))
    await ward.guard.consoles.ready(rita, "desk", sound=True)
    for seconds in (119, 121):
        made = await ward.ask(nurse)
        clock.advance(seconds=seconds)
        await ward.guard.acceptance.accept(rita, made["id"])
    found = await figures.read(admin, 1)
    shares = {one.measure: (one.met, one.of) for one in found.quality}
    assert shares[Measure.GUARD_ACCEPTED_IN_TIME] == (1, 2)
    assert shares[Measure.GUARD_COVERED] == (2, 2)
    assert shares[Measure.BOARD_QUORUM] == (0, 0)
    assert [(one.service, one.opened) for one in found.use] == [("guard", 2)]
    assert "guard,2,0" in await figures.csv(admin, 1)
    with pytest.raises(Forbidden):
        await figures.read(rita, 1)
