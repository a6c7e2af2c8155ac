"""Transactions: SQLite writes one at a time, PostgreSQL as it likes; publish after commit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from sqlalchemy import URL, func, select
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from server.adapters.database import sqlite
from server.adapters.database.accounts import AccountRows
from server.adapters.database.alarms import AlarmRows
from server.adapters.database.audit import AuditRows
from server.adapters.database.boards import BoardRows
from server.adapters.database.call_quality import CallQualityRows
from server.adapters.database.consultations import ConsultationRows
from server.adapters.database.contacts import ContactMessageRows, ContactMethodRows
from server.adapters.database.deadlines import DeadlineRows
from server.adapters.database.documents import DocumentRows
from server.adapters.database.events import EventRows
from server.adapters.database.figures import FigureRows
from server.adapters.database.guard_audit import GuardAuditRows
from server.adapters.database.guard_drills import DrillRows
from server.adapters.database.guard_figures import GuardFigureRows
from server.adapters.database.guard_handovers import HandOverRows
from server.adapters.database.guard_notifications import ConsoleRows, NotificationRows
from server.adapters.database.guard_pasts import GuardPastRows
from server.adapters.database.guard_requests import GuardRequestRows, GuardServiceRows
from server.adapters.database.guard_rings import RingRows
from server.adapters.database.idempotency import IdempotencyRows
from server.adapters.database.invitations import InvitationRows
from server.adapters.database.keys import KeyRows
from server.adapters.database.memberships import MembershipRows
from server.adapters.database.messages import MessageRows
from server.adapters.database.opinions import OpinionRows
from server.adapters.database.organisations import OrganisationRows
from server.adapters.database.outbox import Outbox, is_about
from server.adapters.database.pacs import PacsRows
from server.adapters.database.pathway_templates import TemplateRows
from server.adapters.database.pathway_visit_rows import VisitRows
from server.adapters.database.pathways import PathwayRows
from server.adapters.database.patients import PatientRows
from server.adapters.database.practice import PracticeRows
from server.adapters.database.presence import PresenceRows
from server.adapters.database.pushes import PushRows
from server.adapters.database.quiet_hours import QuietHourRows
from server.adapters.database.recordings import RecordingRows
from server.adapters.database.report_templates import ReportTemplateRows
from server.adapters.database.reports import ReportRows
from server.adapters.database.rooms import RoomRows
from server.adapters.database.rota_requests import RotaRequestRows
from server.adapters.database.rotas import RotaRows
from server.adapters.database.server_watch import Connection, ServerWatch
from server.adapters.database.sessions import SessionRows
from server.adapters.database.slots import SlotRows
from server.adapters.database.standings import StandingRows
from server.adapters.database.studies import StudyRows
from server.adapters.database.televisits import TelevisitRows
from server.adapters.database.threads import ThreadRows
from server.adapters.database.uploads import UploadRows
from server.adapters.database.webhooks import WebhookRows
from server.domain.errors import Unavailable
from server.services.ports.bus import Bus, Notice
from server.services.ports.clock import Clock

_OUT_OF_REACH = (OperationalError, InterfaceError, PoolTimeoutError, OSError)


class SqlUnitOfWork:
    """The repositories of one open transaction."""

    def __init__(self, connection: AsyncConnection, clock: Clock) -> None:
        self.connection = connection
        self.audit = AuditRows(connection)
        self.accounts = AccountRows(connection)
        self.organisations = OrganisationRows(connection)
        self.sessions = SessionRows(connection)
        self.keys = KeyRows(connection)
        self.idempotency = IdempotencyRows(connection)
        self.rooms = RoomRows(connection)
        self.memberships = MembershipRows(connection)
        self.events = EventRows(connection)
        self.messages = MessageRows(connection)
        self.invitations = InvitationRows(connection)
        self.presences = PresenceRows(connection)
        self.standings = StandingRows(connection)
        self.documents = DocumentRows(connection)
        self.uploads = UploadRows(connection)
        self.deadlines = DeadlineRows(connection)
        self.alarms = AlarmRows(connection)
        self.patients = PatientRows(connection)
        self.pathway_templates = TemplateRows(connection)
        self.pathways = PathwayRows(connection)
        self.pathway_visits = VisitRows(connection)
        self.webhooks = WebhookRows(connection)
        self.pushes = PushRows(connection)
        self.contact_methods = ContactMethodRows(connection)
        self.contact_messages = ContactMessageRows(connection)
        self.practice = PracticeRows(connection)
        self.call_quality = CallQualityRows(connection)
        self.figures = FigureRows(connection)
        self.guard_figures = GuardFigureRows(connection)
        self.guard_pasts = GuardPastRows(connection)
        self.recordings = RecordingRows(connection)
        self.reports = ReportRows(connection)
        self.report_templates = ReportTemplateRows(connection)
        self.televisits = TelevisitRows(connection)
        self.studies = StudyRows(connection)
        self.pacs = PacsRows(connection)
        self.rotas = RotaRows(connection)
        self.threads = ThreadRows(connection)
        self.rota_requests = RotaRequestRows(connection)
        self.slots = SlotRows(connection)
        self.consultations = ConsultationRows(connection)
        self.opinions = OpinionRows(connection)
        self.boards = BoardRows(connection)
        self.guard_services = GuardServiceRows(connection)
        self.guard_requests = GuardRequestRows(connection)
        self.guard_handovers = HandOverRows(connection)
        self.guard_notifications = NotificationRows(connection)
        self.guard_rings = RingRows(connection)
        self.guard_audit = GuardAuditRows(connection)
        self.quiet_hours = QuietHourRows(connection)
        self.guard_drills = DrillRows(connection)
        self.guard_consoles = ConsoleRows(connection)
        self.outbox = Outbox(connection)
        self._clock = clock
        self.notices: list[Notice] = []
        self._sure: list[int] = []  # which of them leave through the outbox

    def publish(self, notice: Notice) -> None:
        """Send to live sockets once committed; best effort."""
        self.notices.append(notice)

    async def withdraw(self, name: str, request: str) -> None:
        """Forget what a crash kept from being sent about a guard request."""
        await self.outbox.withdraw(name, request)
        self._sure = [at for at in self._sure if not is_about(self.notices[at], name, request)]

    async def publish_surely(self, notice: Notice) -> None:
        """The same through the outbox: a crash delays it, never loses it."""
        self._sure.append(len(self.notices))
        self.notices.append(notice)

    async def store_notices(self) -> Sequence[tuple[int | None, Notice]]:
        """The last thing of a transaction: all that must leave is stored in one statement.

        Answers every notice in order, and the number under which the outbox has it, if it does.
        """
        sure = [self.notices[at] for at in self._sure]
        numbers = await self.outbox.add(sure, self._clock.now())
        known = dict(zip(self._sure, numbers, strict=True))
        return [(known.get(at), notice) for at, notice in enumerate(self.notices)]


class _Whole:
    """One transaction of several parts: a part that failed fails all."""

    def __init__(
        self, uow: SqlUnitOfWork, opened_by: tuple[AsyncEngine, asyncio.Task[Any] | None]
    ) -> None:
        self.uow = uow
        self.opened_by = opened_by
        self._failed = False

    @asynccontextmanager
    async def part(self) -> AsyncIterator[SqlUnitOfWork]:
        try:
            yield self.uow
        except BaseException:
            self._failed = True
            raise

    def require_sound(self) -> None:
        """Raises RuntimeError where somebody went on after a part had failed."""
        if self._failed:
            raise RuntimeError("a part of the transaction failed: nothing of it is kept")


_whole: ContextVar[_Whole | None] = ContextVar("whole", default=None)


class SqlDatabase:
    """Opens units of work on one engine."""

    def __init__(self, engine: AsyncEngine, bus: Bus, clock: Clock) -> None:
        self.engine = engine
        self._bus = bus
        self._clock = clock
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._writing = asyncio.Lock()
        self._server = (
            None if self._is_sqlite else ServerWatch(_create_postgresql(engine.url, 1), clock)
        )
        self._published: list[int] = []

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqlUnitOfWork]:
        """Read and write; commits on a clean exit, then publishes in commit order.

        Within this task's `whole` it is a part of that. Raises Unavailable when the database is
        out of reach.
        """
        if (larger := self._larger()) is not None:
            async with larger.part() as uow:
                yield uow
            return
        async with self._one_writer():
            async with self._connect(writing=True) as connection:
                uow = SqlUnitOfWork(connection, self._clock)
                yield uow
                leaving = await uow.store_notices()
                await connection.commit()
            await self._publish(leaving)

    @asynccontextmanager
    async def whole(self) -> AsyncIterator[SqlUnitOfWork]:
        """A transaction that each one which this task opens within it is part of."""
        async with self.transaction() as uow:
            larger = _Whole(uow, (self.engine, asyncio.current_task()))
            token = _whole.set(larger)
            try:
                yield uow
            finally:
                _whole.reset(token)
            larger.require_sound()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[SqlUnitOfWork]:
        """Read only: whatever was written is rolled back; within `whole`, what that sees."""
        if (larger := self._larger()) is not None:
            yield larger.uow
            return
        async with self._connect(writing=False) as connection:
            yield SqlUnitOfWork(connection, self._clock)

    async def flush_outbox(self) -> int:
        """Forget what was published, publish what a crash left behind; answers how much."""
        published, self._published = self._published, []
        async with self.transaction() as uow:
            await uow.outbox.delete(published)
            overdue = await uow.outbox.overdue(self._clock.now())
        for number, notice in overdue:
            await self._bus.publish(notice)
            self._published.append(number)
        return len(overdue)

    async def server_time(self) -> datetime | None:
        """What the database server's own clock says; None where there is no server."""
        if self._is_sqlite:
            return None
        async with self.reading() as uow:
            told: datetime | None = await uow.connection.scalar(select(func.clock_timestamp()))
        return told

    async def watch(self) -> None:
        """See whether the database server answers, until cancelled; a file needs no watching."""
        if self._server is not None:
            await self._server.watch()

    async def close(self) -> None:
        """Close every connection."""
        if self._server is not None:
            await self._server.close()
        await self.engine.dispose()

    def _larger(self) -> _Whole | None:
        larger = _whole.get()  # a task started within it inherits the variable, not the right
        if larger is None or larger.opened_by != (self.engine, asyncio.current_task()):
            return None
        return larger

    def _one_writer(self) -> AbstractAsyncContextManager[Any]:
        return self._writing if self._is_sqlite else nullcontext()

    @asynccontextmanager
    async def _connect(self, *, writing: bool) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._patience(), self.engine.connect() as connection:
                if self._is_sqlite:
                    begin = "BEGIN IMMEDIATE" if writing else "BEGIN"
                    await connection.exec_driver_sql(begin)
                elif not writing:  # every query of a reading sees one moment, as SQLite's do
                    await connection.execution_options(isolation_level="REPEATABLE READ")
                yield connection
        except DBAPIError as error:
            if isinstance(error, _OUT_OF_REACH) or error.connection_invalidated:
                raise Unavailable from error
            raise
        except (PoolTimeoutError, ConnectionError) as error:
            raise Unavailable from error

    def _patience(self) -> AbstractAsyncContextManager[None]:
        return nullcontext() if self._server is None else self._server.patience()

    async def _publish(self, notices: Sequence[tuple[int | None, Notice]]) -> None:
        for number, notice in notices:
            try:
                await self._bus.publish(notice)
            except Unavailable:
                continue
            if number is not None:
                self._published.append(number)


def create_engine(url: str) -> AsyncEngine:
    """An engine for `sqlite+aiosqlite:///…` or `postgresql+asyncpg://…`."""
    if url.startswith("sqlite"):
        return sqlite.create_engine(url)
    return _create_postgresql(url, 20)


def _create_postgresql(url: str | URL, connections: int) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=min(connections, 10),
        max_overflow=max(connections - 10, 0),
        pool_pre_ping=True,
        connect_args={"connection_class": Connection},
    )
