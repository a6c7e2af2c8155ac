"""Guard services and requests as rows; the version makes each change a compare-and-set."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Row,
    Select,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.guard_notifications import rung
from server.adapters.database.inserts import insert_new
from server.adapters.database.metadata import Id, Instant, Json, NullableJson, metadata
from server.domain.guard import (
    CALL_BACK_LIMIT,
    DETAIL_LIMIT,
    OPEN,
    Priority,
    Question,
    Request,
    State,
)
from server.domain.guard_justification import Justification
from server.domain.guard_results import Promise, Targets, Unheard
from server.domain.guard_services import (
    MODALITY_LIMIT,
    NAME_LIMIT,
    PHONE_LIMIT,
    GuardService,
    Local,
    Step,
)

guard_services = Table(
    "guard_services",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation", Id, ForeignKey("organisations.id"), nullable=False),
    Column("name", String(NAME_LIMIT), nullable=False),
    Column("modality", String(MODALITY_LIMIT), nullable=False),
    Column("phone", String(PHONE_LIMIT), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("steps", Json, nullable=False),
    Column("join_s", Integer, nullable=False),
    Column("report_minutes", Integer, nullable=False),
    Column("repeats", Integer, nullable=False),
    Column("local", Json, nullable=False),
    Column("targets", Json, nullable=False),
    Column("retired_at", Instant),
    Column("version", Integer, nullable=False),
    Column("last_number", Integer, nullable=False),
    UniqueConstraint("organisation", "name"),
)

guard_requests = Table(
    "guard_requests",
    metadata,
    Column("id", Id, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("room", Id, ForeignKey("rooms.id"), nullable=False, unique=True),
    Column("service", Id, ForeignKey("guard_services.id"), nullable=False),
    Column("service_name", String(NAME_LIMIT), nullable=False),
    Column("modality", String(MODALITY_LIMIT), nullable=False),
    Column("phone", String(PHONE_LIMIT), nullable=False),
    Column("organisation", Id),
    Column("patient", Id, ForeignKey("patients.id"), nullable=False),
    Column("requester", Id, nullable=False, index=True),
    Column("requester_name", String(120), nullable=False),
    Column("created_at", Instant, nullable=False, index=True),
    Column("priority", String(20), nullable=False),
    Column("question", Text, nullable=False),
    Column("call_back", String(CALL_BACK_LIMIT), nullable=False),
    Column("wants_call", Boolean(create_constraint=False), nullable=False),
    Column("age", Integer),
    Column("allergy", String(DETAIL_LIMIT)),
    Column("creatinine", String(DETAIL_LIMIT)),
    Column("justify_first", Boolean(create_constraint=False), nullable=False),
    Column("justification", NullableJson),
    Column("exam_done_at", Instant),
    Column("promised", Json, nullable=False),
    Column("state", String(20), nullable=False),
    Column("step", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("next_at", Instant),
    Column("no_cover", Boolean(create_constraint=False), nullable=False),
    Column("accepted_by", Id, index=True),
    Column("accepted_name", String(120)),
    Column("accepted_at", Instant),
    Column("referred_to", Id, index=True),
    Column("passed_on", Id),
    Column("report", Id),
    Column("report_state", String(20)),
    Column("unheard", String(20)),
    Column("hear_round", Integer, nullable=False),
    Column("hear_to", Id, index=True),
    Column("hear_name", String(120)),
    Column("version", Integer, nullable=False),
    Index("ix_guard_requests_service_state", "service", "state"),
)

_QUESTION = ("call_back", "wants_call", "age", "allergy", "creatinine", "justify_first")
_SPECIAL = frozenset({"question", "promised", "state", "unheard", "justification"})
_PLAIN = tuple(field.name for field in fields(Request) if field.name not in _SPECIAL)


class GuardServiceRows:
    """Guard services on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, service: GuardService) -> bool:
        """Store a new one; False when its organisation has one of this name."""
        row = _service_row(service) | {"last_number": 0}
        return await insert_new(self._connection, guard_services, row)

    async def find(self, service: str) -> GuardService | None:
        """One service."""
        query = select(guard_services).where(guard_services.c.id == service)
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _service(row)

    async def named(self, services: Collection[str]) -> Mapping[str, GuardService]:
        """Those of the ids that exist, by id, in one query."""
        query = select(guard_services).where(guard_services.c.id.in_(services))
        rows = await self._connection.execute(query) if services else ()
        return {row.id: _service(row) for row in rows}

    async def all(self, *, retired: bool = False) -> Sequence[GuardService]:
        """Every one that takes requests, or ever did; by name."""
        query = select(guard_services).order_by(guard_services.c.name, guard_services.c.id)
        if not retired:
            query = query.where(guard_services.c.retired_at.is_(None))
        return [_service(row) for row in await self._connection.execute(query)]

    async def update(self, service: GuardService) -> bool:
        """Store it as the next version; False when it is not this version."""
        row = _service_row(service) | {"version": service.version + 1}
        here = guard_services.c.id == service.id, guard_services.c.version == service.version
        statement = update(guard_services).where(*here).values(row)
        return (await self._connection.execute(statement)).rowcount == 1

    async def next_number(self, service: str) -> int | None:
        """Count one more request of a service; None when it takes none any more."""
        column = guard_services.c.last_number
        here = guard_services.c.id == service, guard_services.c.retired_at.is_(None)
        statement = update(guard_services).where(*here)
        counted = statement.values(last_number=column + 1).returning(column)
        number = (await self._connection.execute(counted)).scalar_one_or_none()
        return None if number is None else int(number)


class GuardRequestRows:
    """Guard requests on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, request: Request) -> None:
        """Store a new one."""
        await self._connection.execute(insert(guard_requests).values(_request_row(request)))

    async def find(self, request: str) -> Request | None:
        """One request."""
        return await self._one(select(guard_requests).where(guard_requests.c.id == request))

    async def named(self, requests: Collection[str]) -> Mapping[str, Request]:
        """Those of the ids that exist, by id, in one query."""
        query = select(guard_requests).where(guard_requests.c.id.in_(requests))
        return {one.id: one for one in await self._many(query)} if requests else {}

    async def lock(self, request: str) -> Request | None:
        """The same, kept as it is until the transaction ends."""
        query = select(guard_requests).where(guard_requests.c.id == request)
        return await self._one(query.with_for_update())

    async def lock_all(self, requests: Collection[str]) -> Sequence[Request]:
        """Several, locked in one order everywhere."""
        query = select(guard_requests).where(guard_requests.c.id.in_(requests))
        return await self._many(query.order_by(guard_requests.c.id).with_for_update())

    async def of_room(self, room: str) -> Request | None:
        """The one whose room it is."""
        return await self._one(select(guard_requests).where(guard_requests.c.room == room))

    async def update(self, request: Request) -> bool:
        """Store it as the next version; False when somebody else was faster."""
        here = guard_requests.c.id == request.id, guard_requests.c.version == request.version
        row = _request_row(replace(request, version=request.version + 1))
        statement = update(guard_requests).where(*here).values(row)
        return (await self._connection.execute(statement)).rowcount == 1

    async def update_locked(self, requests: Sequence[Request]) -> Sequence[Request]:
        """Store several that this transaction locked or added, each as its next version."""
        column = guard_requests.c
        here = column.id == bindparam("this"), column.version == bindparam("known")
        moved = [replace(one, version=one.version + 1) for one in requests]
        rows = [
            {name: value for name, value in _request_row(one).items() if name != "id"}
            | {"this": one.id, "known": one.version - 1}
            for one in moved
        ]
        if rows:
            await self._connection.execute(update(guard_requests).where(*here), rows)
        return moved

    async def of_person(
        self, person: str, states: Collection[State], before: str | None, limit: int
    ) -> Sequence[Request]:
        """Those somebody made or accepted, newest first, older than an id."""
        column = guard_requests.c
        query = select(guard_requests).where(
            or_(
                column.requester == person,
                column.accepted_by == person,
                column.hear_to == person,
            ),
            column.state.in_([state.value for state in states]),
        )
        if before is not None:
            query = query.where(column.id < before)
        return await self._many(query.order_by(column.id.desc()).limit(limit))

    async def waiting(
        self, services: Collection[str], person: str, states: Collection[State], limit: int
    ) -> Sequence[Request]:
        """Those of services that nobody accepted, and those referred to a person; oldest first."""
        column = guard_requests.c
        free = and_(
            column.service.in_(services), column.state.in_([state.value for state in states])
        )
        query = select(guard_requests).where(or_(free, column.referred_to == person))
        return await self._many(query.order_by(column.created_at, column.id).limit(limit))

    async def is_busy(self, service: str) -> bool:
        """Whether a service has requests that are neither closed nor cancelled."""
        column = guard_requests.c
        over = [State.CLOSED.value, State.CANCELLED.value]
        query = select(column.id).where(column.service == service, column.state.not_in(over))
        return (await self._connection.execute(query.limit(1))).first() is not None

    async def ringing(self, person: str, limit: int) -> Sequence[Request]:
        """Those that ring for somebody, the most urgent first, then the oldest."""
        column = guard_requests.c
        rank = case({one.value: one.rank for one in Priority}, value=column.priority)
        query = select(guard_requests).where(column.id.in_(rung(person)), is_ringing())
        return await self._many(query.order_by(rank, column.created_at, column.id).limit(limit))

    async def _one(self, query: Select[Any]) -> Request | None:
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _request(row)

    async def _many(self, query: Select[Any]) -> list[Request]:
        return [_request(row) for row in await self._connection.execute(query)]


def is_ringing() -> ColumnElement[bool]:
    """Whether a request waits for somebody to take it on: anybody, or a colleague."""
    column = guard_requests.c
    waits = column.state.in_([state.value for state in OPEN])
    return or_(waits, column.referred_to.is_not(None))


def _service_row(service: GuardService) -> dict[str, Any]:
    row = {field.name: getattr(service, field.name) for field in fields(service)}
    steps = [asdict(one) for one in service.steps]
    local = [asdict(one) for one in service.local]
    return row | {"steps": steps, "local": local, "targets": service.targets.to_wire()}


def _service(row: Row[Any]) -> GuardService:
    values = dict(row._mapping)
    del values["last_number"]
    steps = tuple(Step(**step) for step in values["steps"])
    local = tuple(Local(**one) for one in values["local"])
    targets = Targets.from_wire(values["targets"])
    return GuardService(**values | {"steps": steps, "local": local, "targets": targets})


def _request_row(request: Request) -> dict[str, Any]:
    question = request.question
    return {
        **{name: getattr(request, name) for name in _PLAIN},
        **{name: getattr(question, name) for name in _QUESTION},
        "priority": question.priority.value,
        "question": question.text,
        "state": request.state.value,
        "promised": asdict(request.promised),
        "unheard": request.unheard.value if request.unheard else None,
        "justification": request.justification.to_row() if request.justification else None,
    }


def _request(row: Row[Any]) -> Request:
    values = row._mapping
    question = Question(
        Priority(values["priority"]),
        values["question"],
        **{name: values[name] for name in _QUESTION},
    )
    plain = {name: values[name] for name in _PLAIN}
    unheard = Unheard(values["unheard"]) if values["unheard"] else None
    answer = values["justification"]
    return Request(
        **plain,
        question=question,
        promised=Promise(**values["promised"]),
        state=State(values["state"]),
        unheard=unheard,
        justification=Justification.from_row(answer) if answer else None,
    )
