"""Reports of every service: started with a case, written by one author, signed, addended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from server.domain.access import Actor
from server.domain.accounts import User
from server.domain.errors import Forbidden, NotFound
from server.domain.patients import Patient
from server.domain.reports import AUTHORS, Report, ReportKind, ReportUnsigned, title_of
from server.domain.texts import is_storable
from server.domain.timeline import EventType, Sender
from server.services.access import access
from server.services.changes import tell_changed
from server.services.ports.clock import Clock, Fresh
from server.services.ports.papers import Papers
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.qualifications import account_of, holds
from server.services.report_papers import paper_of
from server.services.timeline import append


class ReportHook(Protocol):
    """What a service has to say about the signing of its reports."""

    async def gate(self, uow: UnitOfWork, report: Report, interim: bool) -> None:
        """Raise to forbid it."""

    async def signed(self, uow: UnitOfWork, report: Report, now: datetime) -> None:
        """Follow it, in the same transaction."""


@runtime_checkable
class FindingsHook(ReportHook, Protocol):
    """A service that follows critical findings, too."""

    async def findings(self, uow: UnitOfWork, report: Report, now: datetime) -> None:
        """One was noted, or read back; in the same transaction."""


async def start_report(
    uow: UnitOfWork,
    kind: ReportKind,
    room_id: str,
    subject: str,
    patient_id: str | None,
    title: str,
    by: User,
    now: datetime,
    fresh: Fresh,
) -> Report:
    """The report of a case, whoever writes it; made when there is none. Raises Forbidden."""
    known = await uow.reports.of_subject(kind, subject)
    if known is not None:
        return known
    _require_qualified(by, kind)
    report = Report(
        id=fresh.id(),
        room=room_id,
        kind=kind,
        subject=subject,
        patient=patient_id,
        title=title_of(title),
        author=by.id,
        author_name=by.name,
        created_at=now,
        changed_at=now,
    )
    if not await uow.reports.add(report):
        return await uow.reports.of_subject(kind, subject) or report
    await _tell(uow, report, EventType.REPORT_STARTED, by, now, fresh)
    return report


async def take_over(
    uow: UnitOfWork, report: Report, by: User, now: datetime, fresh: Fresh
) -> Report:
    """Make somebody else the author; idempotent. Raises Forbidden, ReportFinal."""
    if report.author == by.id:
        return report
    _require_qualified(by, report.kind)
    taken = report.take_over(by.id, by.name, now)
    await uow.reports.update(taken)
    await _tell(uow, taken, EventType.REPORT_TAKEN_OVER, by, now, fresh)
    return taken


class Reports:
    """Use cases of reports."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        fresh: Fresh,
        papers: Papers,
        hooks: Mapping[ReportKind, ReportHook],
    ) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._papers = papers
        self._hooks = hooks

    async def get(self, actor: Actor, report_id: str) -> Report:
        """A report as the caller may see it. Raises NotFound."""
        async with self._database.reading() as uow:
            report = await reachable(uow, actor, report_id)
            return await as_seen(uow, actor, report)

    async def of_room(self, actor: Actor, room_id: str) -> Sequence[Report]:
        """A room's reports, oldest first."""
        async with self._database.reading() as uow:
            await access(uow, actor, room_id, even_closed=True)
            found = await uow.reports.of_room(room_id)
            return [await as_seen(uow, actor, report) for report in found]

    async def write(
        self, actor: Actor, report_id: str, version: int, findings: str, conclusion: str
    ) -> Report:
        """Store a newer version. Raises ReportOutdated, ReportFinal, NotAuthor, Invalid."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            report, by = await self._own(uow, actor, report_id)
            written = report.write(version, findings, conclusion, now)
            await uow.reports.update(written)
            await uow.reports.keep(written.kept())
            facts = {"version": written.version}
            await uow.audit.record(now, by.id, "report.written", written.id, facts)
            return written

    async def add_critical(self, actor: Actor, report_id: str, text: str) -> Report:
        """Note a finding that somebody must hear of. Raises ReportFinal, NotAuthor."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            report, by = await self._own(uow, actor, report_id)
            changed = report.add_critical(self._fresh.id(), text, now)
            await uow.reports.keep(changed.kept())
            await self._follow(uow, changed, now)
            return await self._store(uow, changed, EventType.REPORT_CRITICAL_ADDED, by, now)

    async def read_back(
        self, actor: Actor, report_id: str, critical: str, receiver: str, told_at: datetime
    ) -> Report:
        """Record who heard a critical finding, when, and that it was read back."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            report, by = await self._own(uow, actor, report_id)
            changed = report.read_back(critical, receiver, told_at, now)
            await self._follow(uow, changed, now)
            return await self._store(uow, changed, EventType.REPORT_READ_BACK, by, now)

    async def sign(
        self,
        actor: Actor,
        report_id: str,
        version: int,
        *,
        interim: bool = False,
        attestation: str | None = None,
    ) -> Report:
        """Vouch for the version seen; the service of its kind may forbid it, and follows it."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            report, by = await self._own(uow, actor, report_id)
            signed = report.sign(
                version,
                by.id,
                by.name,
                by.profession,
                now,
                interim=interim,
                attestation=attestation,
            )
            hook = self._hooks.get(report.kind)
            if hook is not None:
                await hook.gate(uow, signed, interim)
            await self._store(uow, signed, EventType.REPORT_SIGNED, by, now)
            if hook is not None:
                await hook.signed(uow, signed, now)
            return signed

    async def addend(self, actor: Actor, report_id: str, text: str) -> Report:
        """Add to a final report: its author, or a colleague in the room. Raises Forbidden."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            report = await reachable(uow, actor, report_id, locked=True)
            by = await account_of(uow, actor)
            _require_qualified(by, report.kind)
            changed = report.addend(self._fresh.id(), text, by.id, by.name, by.profession, now)
            return await self._store(uow, changed, EventType.REPORT_ADDENDED, by, now)

    async def paper(self, actor: Actor, report_id: str, locale: str) -> bytes:
        """The signed report as PDF. Raises ReportUnsigned."""
        async with self._database.reading() as uow:
            report = await as_signed(uow, await reachable(uow, actor, report_id))
            paper = await paper_of(uow, report, locale)
        return await self._papers.render(paper)

    async def _follow(self, uow: UnitOfWork, report: Report, now: datetime) -> None:
        hook = self._hooks.get(report.kind)
        if isinstance(hook, FindingsHook):
            await hook.findings(uow, report, now)

    async def signed(self, actor: Actor, report_id: str) -> tuple[Report, Patient | None]:
        """What is signed, and about whom. Raises NotFound, ReportUnsigned."""
        async with self._database.reading() as uow:
            report = await as_signed(uow, await reachable(uow, actor, report_id))
            if not report.signatures:
                raise ReportUnsigned
            patients = await uow.patients.named([report.patient] if report.patient else [])
            return report, patients.get(report.patient or "")

    async def _own(self, uow: UnitOfWork, actor: Actor, report_id: str) -> tuple[Report, User]:
        report = await reachable(uow, actor, report_id, locked=True)
        by = await account_of(uow, actor)
        report.require_author(by.id)
        _require_qualified(by, report.kind)
        return report, by

    async def _store(
        self, uow: UnitOfWork, report: Report, kind: EventType, by: User, now: datetime
    ) -> Report:
        await uow.reports.update(report)
        await _tell(uow, report, kind, by, now, self._fresh)
        return report


async def reachable(
    uow: UnitOfWork, actor: Actor, report_id: str, *, locked: bool = False
) -> Report:
    """A report in a room the caller is in. Raises NotFound."""
    actor.require_account()
    if not is_storable(report_id):
        raise NotFound
    report = await (uow.reports.lock if locked else uow.reports.find)(report_id)
    if report is None:
        raise NotFound
    await access(uow, actor, report.room, even_closed=True)
    return report


async def as_seen(uow: UnitOfWork, actor: Actor, report: Report) -> Report:
    """All to its author; to others what is signed."""
    if report.author == actor.person or report.signed_version == report.version:
        return report
    return await as_signed(uow, report)


async def as_signed(uow: UnitOfWork, report: Report) -> Report:
    """What was signed last; without words when nothing was."""
    if report.signed_version is None:
        return report.as_signed(None)
    return report.as_signed(await uow.reports.version(report.id, report.signed_version))


def _require_qualified(user: User, kind: ReportKind) -> None:
    if not holds(user, *AUTHORS[kind]):
        raise Forbidden(needs=" ".join(role.value for role in AUTHORS[kind]))


async def _tell(
    uow: UnitOfWork, report: Report, kind: EventType, by: User, now: datetime, fresh: Fresh
) -> None:
    """Timeline, audit and notice: which report, never its words."""
    data = {
        "report": report.id,
        "kind": report.kind.value,
        "state": report.state.value,
        "version": report.version,
        "unheard": report.unheard,
    }
    await append(uow, report.room, kind, Sender(by.id, by.name), data, now, fresh)
    await uow.audit.record(now, by.id, kind.value, report.id, data)
    people = await uow.memberships.with_accounts(report.room)
    tell_changed(uow, "reports", report.id, people)
    tell_changed(uow, "tasks", report.id, people)
