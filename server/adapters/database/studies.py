"""Studies, their checked images, readers and result links as rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Integer,
    Select,
    String,
    Table,
    Text,
    and_,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.accounts import user_roles, users
from server.adapters.database.inserts import insert_all_new, insert_new
from server.adapters.database.metadata import Id, Instant, metadata
from server.adapters.database.organisations import organisations
from server.domain.access import Role
from server.domain.accounts import Status
from server.domain.result_links import ResultLink
from server.domain.studies import TITLE_LIMIT, Image, Study, StudyState, Verdict
from server.services.ports.accounts import Colleague

studies = Table(
    "studies",
    metadata,
    Column("id", Id, primary_key=True),
    Column("room", Id, ForeignKey("rooms.id"), nullable=False, unique=True),
    Column("organisation", Id, ForeignKey("organisations.id"), nullable=False, index=True),
    Column("patient", Id, ForeignKey("patients.id"), nullable=False, index=True),
    Column("title", String(TITLE_LIMIT), nullable=False),
    Column("question", Text, nullable=False),
    Column("urgent", Boolean(create_constraint=False), nullable=False),
    Column("requester", Id, nullable=False, index=True),
    Column("requester_name", String(120), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("gp", Id, index=True),
    Column("state", String(20), nullable=False),
    Column("assignee", Id, index=True),
    Column("assignee_name", String(120)),
    Column("reported_at", Instant),
    Column("consent", Boolean(create_constraint=False), nullable=False),
    Column("consent_by", Id),
    Column("consent_at", Instant),
)
study_images = Table(
    "study_images",
    metadata,
    Column("document", Id, primary_key=True),
    Column("study", Id, ForeignKey("studies.id"), nullable=False, index=True),
    Column("verdict", String(20), nullable=False),
    Column("study_uid", String(64), nullable=False),
    Column("series_uid", String(64), nullable=False),
    Column("instance_uid", String(64), nullable=False),
)
study_readers = Table(
    "study_readers",
    metadata,
    Column("study", Id, ForeignKey("studies.id"), primary_key=True),
    Column("person", Id, primary_key=True),
    Column("at", Instant, nullable=False),
)
result_links = Table(
    "result_links",
    metadata,
    Column("id", Id, primary_key=True),
    Column("study", Id, ForeignKey("studies.id"), nullable=False, index=True),
    Column("secret_digest", String(64), nullable=False, unique=True),
    Column("pin_digest", String(64), nullable=False),
    Column("created_by", Id, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("used_at", Instant),
    Column("revoked_at", Instant),
    Column("reading_digest", String(64), unique=True),
)
PEOPLE_LIMIT = 200
_study, _link = studies.c, result_links.c


class StudyRows:
    """Studies on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, study: Study) -> None:
        """Store a new one."""
        await self._connection.execute(insert(studies).values(asdict(study)))

    async def find(self, study_id: str, *, locked: bool = False) -> Study | None:
        """One study; locked, it is held until the transaction ends."""
        query = select(studies).where(_study.id == study_id)
        return await self._one(query.with_for_update() if locked else query)

    async def of_room(self, room_id: str) -> Study | None:
        """The study that owns a room."""
        return await self._one(select(studies).where(_study.room == room_id))

    async def update(self, study: Study) -> None:
        """Store what changed."""
        row = update(studies).where(_study.id == study.id).values(asdict(study))
        await self._connection.execute(row)

    async def assigned_to(self, person: str, limit: int) -> Sequence[Study]:
        """What a radiologist is to read or read, unread first, newest first."""
        query = select(studies).where(_study.assignee == person)
        return await self._all(query.order_by(_study.state, _study.created_at.desc()), limit)

    async def of_organisations(self, organisations: Collection[str], limit: int) -> Sequence[Study]:
        """What was asked at these organisations, newest first."""
        query = select(studies).where(_study.organisation.in_(organisations))
        return await self._all(query.order_by(_study.created_at.desc()), limit)

    async def of_gp(self, person: str, limit: int) -> Sequence[Study]:
        """Reported studies whose patient's GP this is, newest first."""
        query = select(studies).where(_study.gp == person, _study.state == StudyState.REPORTED)
        return await self._all(query.order_by(_study.reported_at.desc()), limit)

    async def shared_of_patient(self, patient: str, limit: int) -> Sequence[Study]:
        """Reported studies of a patient who consented to sharing, newest first."""
        query = select(studies).where(
            _study.patient == patient,
            _study.state == StudyState.REPORTED,
            _study.consent.is_(True),
        )
        return await self._all(query.order_by(_study.reported_at.desc()), limit)

    async def unread_by(self, person: str, limit: int) -> Sequence[Study]:
        """Reported studies this person asked for, or is GP of, and has not read."""
        mine = and_(study_readers.c.study == _study.id, study_readers.c.person == person)
        query = (
            select(studies)
            .outerjoin(study_readers, mine)
            .where(
                or_(_study.requester == person, _study.gp == person),
                _study.state == StudyState.REPORTED,
                study_readers.c.at.is_(None),
            )
            .order_by(_study.reported_at)
        )
        return await self._all(query, limit)

    async def with_role(self, role: Role) -> Sequence[Colleague]:
        """Active people who hold a role somewhere, by name: whom a study may go to."""
        query = (
            select(users.c.id, users.c.name, users.c.profession, func.min(organisations.c.name))
            .join(user_roles, user_roles.c.user == users.c.id)
            .join(organisations, user_roles.c.organisation == organisations.c.id)
            .where(user_roles.c.role == role.value, users.c.status == Status.ACTIVE.value)
            .group_by(users.c.id, users.c.name, users.c.profession)
            .order_by(users.c.name, users.c.id)
            .limit(PEOPLE_LIMIT)
        )
        return [Colleague(*row) for row in await self._connection.execute(query)]

    async def read(self, study_id: str, person: str, now: datetime) -> None:
        """Note that somebody read the result; the first time counts."""
        row = {"study": study_id, "person": person, "at": now}
        await insert_new(self._connection, study_readers, row)

    async def images(self, study_id: str) -> Sequence[Image]:
        """Checked images."""
        rows = await self._connection.execute(
            select(study_images).where(study_images.c.study == study_id)
        )
        return [Image(**dict(row._mapping) | {"verdict": Verdict(row.verdict)}) for row in rows]

    async def add_images(self, images: Sequence[Image]) -> None:
        """Store verdicts; those of known documents stay."""
        if images:
            await insert_all_new(self._connection, study_images, [asdict(one) for one in images])

    async def add_link(self, link: ResultLink) -> None:
        """Store a new link."""
        await self._connection.execute(insert(result_links).values(asdict(link)))

    async def links(self, study_id: str) -> Sequence[ResultLink]:
        """A study's links, newest first."""
        query = select(result_links).where(_link.study == study_id)
        rows = await self._connection.execute(query.order_by(_link.created_at.desc(), _link.id))
        return [ResultLink(**row._mapping) for row in rows]

    async def link_by_secret(self, digest: str) -> ResultLink | None:
        """The one whose secret has this digest, held until the transaction ends."""
        query = select(result_links).where(_link.secret_digest == digest).with_for_update()
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else ResultLink(**row._mapping)

    async def link_by_reading(self, digest: str) -> ResultLink | None:
        """The one that was opened with this reading secret."""
        query = select(result_links).where(_link.reading_digest == digest)
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else ResultLink(**row._mapping)

    async def update_link(self, link: ResultLink) -> None:
        """Store what changed."""
        row = update(result_links).where(_link.id == link.id).values(asdict(link))
        await self._connection.execute(row)

    async def _one(self, query: Select[Any]) -> Study | None:
        found = await self._all(query, 1)
        return found[0] if found else None

    async def _all(self, query: Select[Any], limit: int) -> list[Study]:
        rows = await self._connection.execute(query.limit(limit))
        return [Study(**dict(row._mapping) | {"state": StudyState(row.state)}) for row in rows]
