"""Pulls: every instance once, only of this patient, resumed after a silence, within limits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from pydicom.uid import generate_uid

from server.adapters.blobs import DiskBlobs
from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.adapters.secret_box import AesSecretBox
from server.domain.access import Actor, Role
from server.domain.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from server.domain.pacs import Endpoint, Pull, PullState, RemoteStudy
from server.domain.studies import ImagesMismatch, Study
from server.services.pacs import PacsDesk
from server.services.pulls import Pulls
from server.services.studies import NewStudy, Studies
from tests.dicom import dicom
from tests.services.conftest import AddUser, FakeClock

BORN = date(1960, 5, 1)


@dataclass
class PacsOfTests:
    """Sends what it holds, and may fall silent after some instances."""

    held: list[bytes] = field(default_factory=list)
    announced: int = 0
    silent_after: int | None = None
    asked_with: list[str | None] = field(default_factory=list)

    async def find(
        self, endpoint: Endpoint, password: str | None, patient_id: str
    ) -> Sequence[RemoteStudy]:
        self.asked_with.append(password)
        count = self.announced or len(self.held)
        return [
            RemoteStudy("1.2", patient_id, BORN, "TC", ("CT",), "20261120", count),
            RemoteStudy("1.3", patient_id, date(1990, 1, 1), "TC", ("CT",), "20261120", 1),
        ]

    @asynccontextmanager
    async def fetch(
        self, endpoint: Endpoint, password: str | None, study_uid: str
    ) -> AsyncIterator[AsyncIterator[AsyncIterator[bytes]]]:
        yield self._parts()

    async def _parts(self) -> AsyncIterator[AsyncIterator[bytes]]:
        for number, data in enumerate(self.held):
            if number == self.silent_after:
                raise Unavailable
            yield self._pieces(data)

    async def _pieces(self, data: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(data), 300):
            yield data[start : start + 300]


@dataclass
class Stage:
    """A study at a hospital with a PACS."""

    desk: PacsDesk
    pulls: Pulls
    studies: Studies
    pacs: PacsOfTests
    database: SqlDatabase
    technician: Actor
    radiologist: Actor
    study: Study
    endpoint: Endpoint

    async def pull(self) -> Pull:
        """Ask, and let the worker work once."""
        where = self.technician, self.study.id, self.endpoint.id
        asked = await self.desk.pull(*where, await self.desk.offered(*where, "1.2"))
        assert await self.pulls.work()
        return await self.now(asked)

    async def now(self, pull: Pull) -> Pull:
        async with self.database.reading() as uow:
            found = await uow.pacs.pull(pull.id)
        assert found is not None
        return found

    async def documents(self) -> int:
        async with self.database.reading() as uow:
            return await uow.documents.count(self.study.room)


@pytest.fixture
async def stage(
    database: SqlDatabase, clock: FakeClock, fresh: SystemFresh, add_user: AddUser, tmp_path: Path
) -> Stage:
    technician = await add_user("Teo", Role.TECHNICIAN)
    radiologist = await add_user("Rita", Role.RADIOLOGIST)
    admin = await add_user("Ada", Role.ADMINISTRATOR)
    blobs, pacs = DiskBlobs(tmp_path / "blobs", reserve_bytes=0), PacsOfTests()
    desk = PacsDesk(database, clock, fresh, AesSecretBox(b"master"), pacs)
    studies = Studies(database, clock, fresh, blobs)
    new = NewStudy("TC torace", "", False, "Anna Bianchi", "1960-05-01", "BNCNNA60E41F205X")
    study = await studies.create(technician, new)
    endpoint = await desk.add(
        admin, study.organisation, "PACS", "https://pacs.example/dicom-web/", "u", "secret"
    )
    pulls = Pulls(database, clock, fresh, blobs, pacs, desk)
    return Stage(desk, pulls, studies, pacs, database, technician, radiologist, study, endpoint)


async def test_a_pull_brings_every_instance(stage: Stage) -> None:
    stage.pacs.held = [dicom(number=number) for number in (1, 2, 3)]
    pull = await stage.pull()
    assert (pull.state, pull.received, pull.missing) == (PullState.DONE, 3, 0)
    assert await stage.documents() == 3
    assert stage.pacs.asked_with == ["secret"]
    assert not await stage.pulls.work()
    assigned = await stage.studies.assign(
        stage.technician, stage.study.id, stage.radiologist.person
    )
    assert assigned.assignee == stage.radiologist.person


async def test_images_of_somebody_else_never_enter(stage: Stage) -> None:
    stage.pacs.held = [dicom(), dicom(patient_id="ALTRO"), b"no image", dicom(birth_date="")]
    pull = await stage.pull()
    assert (pull.state, pull.received, pull.refused) == (PullState.DONE, 1, 3)
    assert await stage.documents() == 1


async def test_a_withheld_slice_is_told(stage: Stage) -> None:
    stage.pacs.held, stage.pacs.announced = [dicom()], 3
    pull = await stage.pull()
    assert (pull.missing, pull.to_wire()["missing"]) == (2, 2)


async def test_a_silent_pacs_is_asked_again_and_nothing_comes_twice(
    stage: Stage, clock: FakeClock
) -> None:
    uid = generate_uid()
    stage.pacs.held = [dicom(study=uid, number=number) for number in (1, 2, 3)]
    stage.pacs.silent_after = 2
    pull = await stage.pull()
    assert pull.state is PullState.RUNNING
    assert not await stage.pulls.work(), "a moment passes first"
    clock.advance(minutes=2)
    stage.pacs.silent_after = None
    assert await stage.pulls.work()
    pull = await stage.now(pull)
    assert (pull.state, pull.received) == (PullState.DONE, 3)
    assert await stage.documents() == 3


async def test_a_dead_pacs_ends_in_failure(stage: Stage, clock: FakeClock) -> None:
    stage.pacs.held, stage.pacs.silent_after = [dicom()], 0
    pull = await stage.pull()
    for _ in range(2):
        clock.advance(minutes=2)
        assert await stage.pulls.work()
    pull = await stage.now(pull)
    assert (pull.state, pull.failure) == (PullState.FAILED, "unavailable")
    assert await stage.documents() == 0


async def test_only_one_pull_at_a_time_and_only_of_this_patient(stage: Stage) -> None:
    stage.pacs.held = [dicom()]
    asked = (stage.technician, stage.study.id, stage.endpoint.id)
    found = await stage.desk.search(*asked)
    assert [one.uid for one in found] == ["1.2"], "another birth date is left out"
    with pytest.raises(NotFound):
        await stage.desk.offered(*asked, "1.3")
    wanted = await stage.desk.offered(*asked, "1.2")
    await stage.desk.pull(*asked, wanted)
    with pytest.raises(Conflict):
        await stage.desk.pull(*asked, wanted)


async def test_only_administrators_name_a_pacs(stage: Stage) -> None:
    with pytest.raises(Forbidden):
        await stage.desk.all(stage.technician)
    assert "secret" not in repr(stage.endpoint)


async def test_uploaded_images_of_somebody_else_block_assignment(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hazard 8: the check itself, where images come by another way than a pull."""
    stage.pacs.held = [dicom()]
    await stage.pull()
    async with stage.database.transaction() as uow:
        (image,) = await uow.studies.images(stage.study.id)
        (document,) = await uow.documents.list(stage.study.room)
        other = stage.pulls._blobs
        blob = "foreign"
        await other.append(blob, 0, dicom(patient_id="ALTRO"))
        await other.promote(blob)
        await uow.documents.add(
            type(document)(
                blob,
                document.room,
                "2.dcm",
                1,
                "0" * 64,
                document.type,
                document.created_at,
                document.sender,
            )
        )
    assert image.document == document.id
    with pytest.raises(ImagesMismatch):
        await stage.studies.assign(stage.technician, stage.study.id, stage.radiologist.person)


async def test_an_odd_address_is_refused(stage: Stage, add_user: AddUser) -> None:
    admin = await add_user("Ugo", Role.ADMINISTRATOR)
    organisation = stage.study.organisation
    for url in ("ftp://x", "http://u:p@x/", "nonsense"):
        with pytest.raises(Invalid):
            await stage.desk.add(admin, organisation, "P", url, None, None)
