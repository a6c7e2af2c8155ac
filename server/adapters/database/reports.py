"""Reports as rows, and each version that was ever written."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    Row,
    Select,
    String,
    Table,
    Text,
    UniqueConstraint,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.inserts import insert_new
from server.adapters.database.metadata import Id, Instant, Json, metadata
from server.domain.report_parts import NOTE_LIMIT, Addendum, Critical, Signature, Version
from server.domain.reports import NAME_LIMIT, TITLE_LIMIT, Report, ReportKind, ReportState

reports = Table(
    "reports",
    metadata,
    Column("id", Id, primary_key=True),
    Column("room", Id, ForeignKey("rooms.id"), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("subject", Id, nullable=False),
    Column("patient", Id, ForeignKey("patients.id")),
    Column("title", String(TITLE_LIMIT), nullable=False),
    Column("author", Id, nullable=False),
    Column("author_name", String(NAME_LIMIT), nullable=False),
    Column("state", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("findings", Text, nullable=False),
    Column("conclusion", Text, nullable=False),
    Column("attestation", String(NOTE_LIMIT)),
    Column("criticals", Json, nullable=False),
    Column("unheard", Integer, nullable=False),
    Column("signatures", Json, nullable=False),
    Column("addenda", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    UniqueConstraint("kind", "subject"),
    Index("ix_reports_author_unheard", "author", "unheard"),
)
report_versions = Table(
    "report_versions",
    metadata,
    Column("report", Id, ForeignKey("reports.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("author", Id, nullable=False),
    Column("findings", Text, nullable=False),
    Column("conclusion", Text, nullable=False),
    Column("at", Instant, nullable=False),
)


class ReportRows:
    """Reports on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, report: Report) -> bool:
        """Store a new one; False when the case has one of this kind."""
        return await insert_new(self._connection, reports, _values(report))

    async def find(self, report_id: str) -> Report | None:
        """One report."""
        return await self._one(select(reports).where(reports.c.id == report_id))

    async def lock(self, report_id: str) -> Report | None:
        """The same, held until the transaction ends."""
        return await self._one(select(reports).where(reports.c.id == report_id).with_for_update())

    async def of_subject(self, kind: ReportKind, subject: str) -> Report | None:
        """A case's report."""
        return (await self.of_subjects(kind, [subject])).get(subject)

    async def of_subjects(
        self, kind: ReportKind, subjects: Collection[str]
    ) -> Mapping[str, Report]:
        """Reports by case, in one query."""
        if not subjects:
            return {}
        query = select(reports).where(reports.c.kind == kind, reports.c.subject.in_(subjects))
        return {found.subject: found for found in await self._all(query)}

    async def of_room(self, room_id: str) -> Sequence[Report]:
        """A room's reports, oldest first."""
        query = select(reports).where(reports.c.room == room_id)
        return await self._all(query.order_by(reports.c.created_at, reports.c.id))

    async def update(self, report: Report) -> None:
        """Store what changed."""
        statement = update(reports).where(reports.c.id == report.id).values(_values(report))
        await self._connection.execute(statement)

    async def keep(self, version: Version) -> None:
        """Add a version; versions never change."""
        await self._connection.execute(insert(report_versions).values(asdict(version)))

    async def version(self, report_id: str, version: int) -> Version | None:
        """What a report said."""
        query = select(report_versions).where(
            report_versions.c.report == report_id, report_versions.c.version == version
        )
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else Version(**row._mapping)

    async def versions(self, report_id: str) -> Sequence[Version]:
        """Everything a report ever said, oldest first."""
        query = select(report_versions).where(report_versions.c.report == report_id)
        rows = await self._connection.execute(query.order_by(report_versions.c.version))
        return [Version(**row._mapping) for row in rows]

    async def unheard(self, author: str) -> Sequence[Report]:
        """An author's reports with critical findings that nobody read back."""
        query = select(reports).where(reports.c.author == author, reports.c.unheard > 0)
        return await self._all(query.order_by(reports.c.changed_at))

    async def _one(self, query: Select[Any]) -> Report | None:
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _report(row)

    async def _all(self, query: Select[Any]) -> list[Report]:
        return [_report(row) for row in await self._connection.execute(query)]


def _values(report: Report) -> dict[str, Any]:
    parts = ("criticals", "signatures", "addenda")
    lists = {name: [one.to_wire() for one in getattr(report, name)] for name in parts}
    plain = {
        column.name: getattr(report, column.name)
        for column in reports.c
        if column.name not in parts
    }
    return plain | lists | {"kind": report.kind.value, "state": report.state.value}


def _report(row: Row[Any]) -> Report:
    values = dict(row._mapping)
    values.pop("unheard")
    return Report(
        **values
        | {
            "kind": ReportKind(values["kind"]),
            "state": ReportState(values["state"]),
            "criticals": tuple(Critical(**_timed(one)) for one in values["criticals"]),
            "signatures": tuple(Signature(**_timed(one)) for one in values["signatures"]),
            "addenda": tuple(Addendum(**_timed(one)) for one in values["addenda"]),
        }
    )


def _timed(wire: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(value) if name in _TIMES and value else value
        for name, value in wire.items()
    }


_TIMES = frozenset({"at", "added_at", "told_at"})
