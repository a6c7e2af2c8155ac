from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from server.adapters.blobs import DiskBlobs
from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.access import ROLE_GRANTS, Actor, RoomRole
from server.domain.documents import HashMismatch, TypeRefused
from server.domain.errors import Conflict, Forbidden, LimitExceeded, NotFound
from server.domain.memberships import Membership, MembershipState
from server.domain.rooms import Room
from server.domain.uploads import Announcement, OffsetMismatch
from server.services.documents import Documents
from server.services.rooms import Rooms
from server.services.uploads import Uploads
from tests.services.conftest import AddUser, FakeClock, RecordingBus

PDF = b"%PDF-1.7\n" + b"x" * 991
SHA = hashlib.sha256(PDF).hexdigest()


@pytest.fixture
def rooms(database: SqlDatabase, clock: FakeClock, fresh: SystemFresh) -> Rooms:
    return Rooms(database, clock, fresh)


@pytest.fixture
def blobs(tmp_path: Path) -> DiskBlobs:
    return DiskBlobs(tmp_path / "blobs", reserve_bytes=0)


@pytest.fixture
def uploads(
    database: SqlDatabase, clock: FakeClock, fresh: SystemFresh, rooms: Rooms, blobs: DiskBlobs
) -> Uploads:
    return Uploads(database, clock, fresh, rooms, blobs, bytes_limit=10_000)


@pytest.fixture
def documents(
    database: SqlDatabase, clock: FakeClock, fresh: SystemFresh, rooms: Rooms, blobs: DiskBlobs
) -> Documents:
    return Documents(database, clock, fresh, rooms, blobs)


@pytest.fixture
async def ada(add_user: AddUser, database: SqlDatabase, clock: FakeClock) -> Actor:
    """Host of room `r1`."""
    actor = await add_user("Ada")
    await add_room(database, clock, "r1", actor)
    return actor


@pytest.fixture
async def bea(add_user: AddUser, database: SqlDatabase, clock: FakeClock, ada: Actor) -> Actor:
    """Member of room `r1`."""
    actor = await add_user("Bea")
    await add_member(database, clock, "r1", actor, RoomRole.MEMBER)
    return actor


async def add_room(database: SqlDatabase, clock: FakeClock, room: str, host: Actor) -> None:
    async with database.transaction() as uow:
        await uow.rooms.add(Room(room, "Room", clock.now(), host.person, clock.now()))
    await add_member(database, clock, room, host, RoomRole.HOST)


async def add_member(
    database: SqlDatabase, clock: FakeClock, room: str, actor: Actor, role: RoomRole
) -> None:
    state = MembershipState.ACTIVE
    grants = ROLE_GRANTS[role]
    member = Membership(room, actor.person, actor.name, role, grants, state, clock.now())
    async with database.transaction() as uow:
        await uow.memberships.save(member)


def announced(**changes: object) -> Announcement:
    plain = Announcement("r1", "c1", "referto.pdf", len(PDF), SHA, "application/pdf")
    return replace(plain, **changes)  # type: ignore[arg-type]


async def test_a_document_arrives_in_pieces_and_is_announced_once(
    uploads: Uploads, documents: Documents, ada: Actor, bea: Actor, bus: RecordingBus
) -> None:
    upload = (await uploads.begin(ada, announced())).upload
    assert await uploads.append(ada, upload.id, 0, PDF[:400]) == 400
    with pytest.raises(Conflict):
        await uploads.commit(ada, upload.id)
    again = await uploads.begin(ada, announced())
    assert (again.upload.id, again.offset) == (upload.id, 400)
    with pytest.raises(OffsetMismatch):
        await uploads.append(ada, upload.id, 0, PDF[:400])
    assert await uploads.append(ada, upload.id, 400, PDF[400:]) == len(PDF)
    document = await uploads.commit(ada, upload.id)
    assert await uploads.commit(ada, upload.id) == document
    assert (await uploads.begin(ada, announced())).is_complete
    assert [n.data["type"] for n in bus.named("event")] == ["document.added"]
    assert list(await documents.list(bea, "r1")) == [document]
    pieces = [piece async for piece in documents.stream(document, 9, len(PDF))]
    assert b"".join(pieces) == PDF[9:]


async def test_damage_and_disguise_are_refused_and_discarded(
    uploads: Uploads, documents: Documents, ada: Actor
) -> None:
    wrong_hash = await uploads.begin(ada, announced(sha256="00" * 32))
    await uploads.append(ada, wrong_hash.upload.id, 0, PDF)
    with pytest.raises(HashMismatch):
        await uploads.commit(ada, wrong_hash.upload.id)
    page = b"<html>" + PDF[6:]
    digest = hashlib.sha256(page).hexdigest()
    disguised = await uploads.begin(ada, announced(client_id="c2", sha256=digest))
    await uploads.append(ada, disguised.upload.id, 0, page)
    with pytest.raises(TypeRefused):
        await uploads.commit(ada, disguised.upload.id)
    for gone in (wrong_hash, disguised):
        with pytest.raises(NotFound):
            await uploads.find(ada, gone.upload.id)
    assert list(await documents.list(ada, "r1")) == []


async def test_uploads_are_their_senders_own(uploads: Uploads, ada: Actor, bea: Actor) -> None:
    upload = (await uploads.begin(ada, announced())).upload
    for attempt in (
        uploads.find(bea, upload.id),
        uploads.append(bea, upload.id, 0, b"x"),
        uploads.commit(bea, upload.id),
        uploads.abort(bea, upload.id),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_strangers_and_people_without_the_grant_stay_out(
    uploads: Uploads,
    documents: Documents,
    ada: Actor,
    add_user: AddUser,
    database: SqlDatabase,
    clock: FakeClock,
) -> None:
    stranger = await add_user("Stranger")
    observer = await add_user("Observer")
    await add_member(database, clock, "r1", observer, RoomRole.OBSERVER)
    with pytest.raises(NotFound):
        await uploads.begin(stranger, announced())
    with pytest.raises(NotFound):
        await documents.list(stranger, "r1")
    with pytest.raises(Forbidden):
        await uploads.begin(observer, announced())
    with pytest.raises(Forbidden):
        await documents.list(observer, "r1")


async def test_own_documents_are_taken_back_and_others_moderated(
    uploads: Uploads, documents: Documents, blobs: DiskBlobs, ada: Actor, bea: Actor
) -> None:
    upload = (await uploads.begin(ada, announced())).upload
    await uploads.append(ada, upload.id, 0, PDF)
    document = await uploads.commit(ada, upload.id)
    with pytest.raises(Forbidden):
        await documents.remove(bea, "r1", document.id)
    await documents.remove(ada, "r1", document.id)
    with pytest.raises(NotFound):
        await documents.find(ada, "r1", document.id)
    assert await documents.purge() == 1
    assert await documents.purge() == 0
    assert not await blobs.is_whole(document.id)


async def test_unfinished_uploads_are_limited_and_expire(
    uploads: Uploads, ada: Actor, clock: FakeClock
) -> None:
    first = (await uploads.begin(ada, announced(client_id="c0"))).upload
    for n in range(1, 20):
        await uploads.begin(ada, announced(client_id=f"c{n}"))
    with pytest.raises(LimitExceeded):
        await uploads.begin(ada, announced(client_id="c20"))
    await uploads.abort(ada, first.id)
    await uploads.begin(ada, announced(client_id="c20"))
    clock.advance(hours=25)
    assert await uploads.expire() == 20
    assert await uploads.expire() == 0


async def test_a_reused_client_id_cannot_mean_another_document(
    uploads: Uploads, ada: Actor
) -> None:
    await uploads.begin(ada, announced())
    with pytest.raises(Conflict):
        await uploads.begin(ada, announced(bytes=5))
