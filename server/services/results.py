"""Results at the patient's home: a link used once, and a code told by another way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from server.domain.access import Actor
from server.domain.errors import Forbidden, LimitExceeded, NotFound
from server.domain.invitations import SECRET_LIMIT, LinkInvalid, digest
from server.domain.reports import Report, ReportKind
from server.domain.result_links import (
    LINKS_LIMIT,
    READING,
    TRIES,
    ResultLink,
    ResultRefused,
    pin_of,
)
from server.domain.timeline import EventType, Sender
from server.services.ports.clock import Clock, Fresh
from server.services.ports.papers import Paper, Papers
from server.services.ports.rate_limits import Attempt, RateLimits
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.report_papers import paper_of
from server.services.reports import as_signed
from server.services.study_access import Standing, at_site, reach
from server.services.timeline import append


@dataclass(frozen=True, slots=True)
class Shared:
    """A new link and its code, which are told only now."""

    link: ResultLink
    url: str
    pin: str


@dataclass(frozen=True, slots=True)
class Result:
    """What the patient reads; `reading` fetches the paper for a quarter of an hour."""

    report: Report
    organisation: str
    reading: str
    until: datetime


class Results:
    """Use cases of result links."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        fresh: Fresh,
        papers: Papers,
        limits: RateLimits,
        public_url: str,
    ) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._papers = papers
        self._limits = limits
        self._public_url = public_url.rstrip("/")

    async def share(self, actor: Actor, study_id: str, expires_in: timedelta) -> Shared:
        """A link for the patient. Raises StudyUnreported, Forbidden, LimitExceeded."""
        now = self._clock.now()
        secret, pin = self._fresh.secret(), pin_of(self._fresh.secret())
        async with self._database.transaction() as uow:
            study, by = await at_site(uow, actor, study_id)
            study.require_reported()
            if len(await uow.studies.links(study.id)) >= LINKS_LIMIT:
                raise LimitExceeded(limit="links")
            made = (self._fresh.id(), study.id, secret, pin, by.id, now, expires_in)
            link = ResultLink.create(*made)
            await uow.studies.add_link(link)
            facts = {"study": study.id, "link": link.id}
            sender = Sender(by.id, by.name)
            kind = EventType.STUDY_SHARED
            await append(uow, study.room, kind, sender, facts, now, self._fresh)
            await uow.audit.record(now, by.id, kind.value, study.id, facts)
        return Shared(link, f"{self._public_url}/results#{secret}", pin)

    async def links(self, actor: Actor, study_id: str) -> Sequence[ResultLink]:
        """A study's links, without their secrets."""
        async with self._database.reading() as uow:
            study, _, standing = await reach(uow, actor, study_id)
            if standing is not Standing.SITE:
                raise Forbidden
            return await uow.studies.links(study.id)

    async def revoke(self, actor: Actor, study_id: str, link_id: str) -> None:
        """End a link; idempotent. Raises NotFound."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            study, by = await at_site(uow, actor, study_id)
            found = [one for one in await uow.studies.links(study.id) if one.id == link_id]
            if not found:
                raise NotFound
            await uow.studies.update_link(found[0].revoke(now))
            facts = {"link": link_id}
            await uow.audit.record(now, by.id, "study.unshared", study.id, facts)

    async def open(self, secret: str, birth_date: date, pin: str, address: str) -> Result:
        """Read once. Raises LinkInvalid, ResultRefused (`tries` left), RateLimited."""
        await self._limits.hit(Attempt.RESULT_BY_ADDRESS, address)
        if not secret or len(secret) > SECRET_LIMIT:
            raise LinkInvalid
        await self._limits.hit(Attempt.RESULT_BY_LINK, digest(secret))
        now, reading = self._clock.now(), self._fresh.secret()
        async with self._database.transaction() as uow:
            link = await uow.studies.link_by_secret(digest(secret))
            if link is None:
                raise LinkInvalid
            link.require_alive(now)
            study = await uow.studies.find(link.study)
            patient = None if study is None else await uow.patients.find(study.patient)
            if study is None or patient is None:
                raise LinkInvalid
            who = f"link:{link.id}"
            if link.fits(secret, pin, birth_date, patient.birth_date):
                opened = link.open(reading, now)
                await uow.studies.update_link(opened)
                await uow.audit.record(now, who, "result.opened", study.id, {})
                organisation = await _name_of(uow, study.organisation)
                report = await _report(uow, study.id)
                return Result(report, organisation, reading, now + READING)
            failed = link.fail()
            await uow.studies.update_link(failed)
            await uow.audit.record(now, who, "result.refused", study.id, {"tries": failed.tries})
        raise ResultRefused(tries=TRIES - failed.tries)

    async def paper(self, reading: str, locale: str, address: str) -> bytes:
        """The PDF, for a quarter of an hour after opening. Raises LinkInvalid, RateLimited."""
        await self._limits.hit(Attempt.RESULT_BY_ADDRESS, address)
        if not reading or len(reading) > SECRET_LIMIT:
            raise LinkInvalid
        return await self._papers.render(await self._paper(reading, locale))

    async def _paper(self, reading: str, locale: str) -> Paper:
        now = self._clock.now()
        async with self._database.transaction() as uow:
            link = await uow.studies.link_by_reading(digest(reading))
            if link is None:
                raise LinkInvalid
            link.require_reading(now)
            await uow.audit.record(now, f"link:{link.id}", "result.printed", link.study, {})
            return await paper_of(uow, await _report(uow, link.study), locale)


async def _report(uow: UnitOfWork, study_id: str) -> Report:
    report = await uow.reports.of_subject(ReportKind.TELEREPORT, study_id)
    if report is None:
        raise LinkInvalid
    return await as_signed(uow, report)


async def _name_of(uow: UnitOfWork, organisation: str) -> str:
    return next((one.name for one in await uow.organisations.all() if one.id == organisation), "")
