"""A night on guard, told in sentences: who asks, who answers, and what everybody sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pytest

from server.domain.errors import DomainError
from server.domain.guard import Priority, Question
from server.domain.patients import Identity
from server.domain.reports import Report
from server.services.guard_requests import FileRequest
from server.services.idempotency import StoredAnswer
from tests.scenarios.cast import Turns
from tests.scenarios.hours import Hours, at_rome


@dataclass(frozen=True)
class View:
    """A request as its requester sees it."""

    wire: Mapping[str, Any]

    @property
    def state(self) -> str:
        return str(self.wire["state"])

    @property
    def step(self) -> int:
        return int(self.wire["step"])

    @property
    def no_cover(self) -> bool:
        return bool(self.wire["no_cover"])

    @property
    def phone(self) -> str:
        return str(self.wire["phone"])

    @property
    def accepted_by(self) -> str | None:
        by = self.wire["accepted_by"]
        return by and str(by["name"])

    @property
    def story(self) -> list[str]:
        """What happened, in order."""
        return [entry["type"].removeprefix("guard.") for entry in self.wire["log"]]

    @property
    def alerted(self) -> list[tuple[str, int]]:
        """Who was alerted at which step, in order."""
        return [(data["name"], data["step"]) for data in self.told("alerted")]

    @property
    def outcomes(self) -> dict[str, str | None]:
        """What became of the last alert of each person."""
        return {one["name"]: one["outcome"] for one in self.wire["notifications"]}

    @property
    def ready(self) -> dict[str, bool]:
        """Who could be heard to be called, when alerted last."""
        return {one["name"]: one["ready"] for one in self.wire["notifications"]}

    def told(self, kind: str) -> list[Mapping[str, Any]]:
        """The data of every event of a kind."""
        return [one["data"] for one in self.wire["log"] if one["type"] == f"guard.{kind}"]

    def after(self, kind: str, person: str | None = None) -> float:
        """Seconds from the request to the last event of a kind, about a person."""
        at = [
            datetime.fromisoformat(one["at"])
            for one in self.wire["log"]
            if one["type"] == f"guard.{kind}" and person in (None, one["data"].get("name"))
        ]
        assert at, f"no {kind} of {person} in {self.story}"
        return (at[-1] - datetime.fromisoformat(self.wire["created_at"])).total_seconds()


class Night(Hours):
    """The vocabulary; a sentence about a request means the last one unless it names another."""

    def begins(self, local: str) -> None:
        """The clock of the ward shows "YYYY-MM-DD HH:MM"."""
        self.clock.go((at_rome(local) - self.clock.now()).total_seconds())

    async def guard(
        self,
        name: str,
        *steps: tuple[str | Turns | None, int],
        join_s: int = 180,
        report_minutes: int = 60,
        repeats: int = 0,
        own: tuple[str | None, int] | None = None,
    ) -> None:
        """A service: who answers at each step, and for how many seconds it rings there.

        `own`: whom the hospital that asks has itself, who is rung before all others.
        """
        await self.cast.guard(self.server, name, steps, join_s, report_minutes, repeats, own)

    async def request(
        self,
        service: str,
        priority: str = "emergency",
        *,
        wants_call: bool = False,
        by: str = "Nina",
        key: str | None = None,
    ) -> str:
        """Somebody asks; with a `key`, as a client that may repeat itself."""
        actor = await self.cast.person(self.server, by)
        self.cast.patients += 1
        patient = Identity("Ida Prova", date(1950, 2, 1), f"PRVDIA50B41F{self.cast.patients:04}")
        question = Question(Priority(priority), "Bleeding?", "+39 06 5550 0100", wants_call, 76)
        command = FileRequest(self.cast.services[service], patient, question)

        async def file() -> StoredAnswer:
            made = await self.server.guard.requests.file(actor, command)
            return StoredAnswer(201, str(made["id"]))

        if key is None:
            answer = await file()
        else:
            once = self.server.services.idempotency.once
            answer = await once(actor.person, key, "the same body", file)
        case = str(answer.body)
        if case not in self.cast.cases:
            self.cast.cases.append(case)
        await self.settle()
        return case

    async def sees(self, case: str | None = None, *, by: str = "Nina") -> View:
        """What somebody sees of a request now."""
        actor = await self.cast.person(self.server, by)
        return View(await self.server.guard.requests.get(actor, self._case(case)))

    async def requests(self, by: str = "Nina") -> list[str]:
        """Every request that somebody made, oldest first."""
        actor = await self.cast.person(self.server, by)
        found, _ = await self.server.guard.requests.mine(actor, None, None, 100)
        return [one["id"] for one in reversed(found)]

    async def queue(self, name: str) -> list[str]:
        """What somebody may take on, most urgent first."""
        actor = await self.cast.person(self.server, name)
        return [one["id"] for one in await self.server.guard.requests.queue(actor, None)]

    def is_alerted(self, name: str, case: str | None = None) -> bool:
        """Whether a page of theirs rings now."""
        return any(self._case(case) in page.ringing for page in self._pages_of(name))

    def sounds(self, name: str, case: str | None = None) -> int:
        """How often it rang for them so far, on whichever page."""
        return sum(page.sounds()[self._case(case)] for page in self._pages_of(name))

    def told(self, name: str, case: str | None = None) -> list[tuple[str, str | None]]:
        """Why it stopped ringing for them, and by whom, each time."""
        ended = [one for page in self._pages_of(name) for one in page.ended]
        ours = [one for one in ended if one["request"] == self._case(case)]
        return [(one["code"], one["by"] and one["by"]["name"]) for one in ours]

    async def looks(self, name: str, case: str | None = None, device: str = "desk") -> None:
        """Somebody looks at the alert."""
        await self.server.guard.consoles.seen(await self._who(name), device, self._case(case))
        await self.settle()

    async def accepts(self, name: str, case: str | None = None) -> None:
        """Somebody takes it on."""
        await self.server.guard.acceptance.accept(await self._who(name), self._case(case))
        await self.settle()

    async def opens(self, name: str, *, by_phone: bool = False) -> None:
        """Whoever took it opens the case, or calls the requester by telephone."""
        who = await self._who(name)
        await self.server.guard.acceptance.open(who, self._case(None), by_phone=by_phone)
        await self.settle()

    async def joins_the_call(self, name: str) -> None:
        """Somebody enters the room and its call."""
        view = await self.sees()
        room, who = view.wire["room"], await self._who(name)
        peer = await self.server.live.presence.join(who, room, "desk")
        await self.server.live.calls.join(who, room, peer.id)
        await self.settle()

    async def releases(self, name: str, reason: str = "another emergency") -> None:
        """Whoever took it gives it back."""
        who = await self._who(name)
        await self.server.guard.acceptance.release(who, self._case(None), reason)
        await self.settle()

    async def refers(self, name: str, to: str) -> None:
        """Whoever took it asks a colleague."""
        who, colleague = await self._who(name), await self._who(to)
        await self.server.guard.acceptance.refer(who, self._case(None), colleague.person)
        await self.settle()

    async def cancels(self, by: str = "Nina", case: str | None = None) -> None:
        """The question is moot."""
        who = await self._who(by)
        await self.server.guard.requests.cancel(who, self._case(case), "moved elsewhere")
        await self.settle()

    async def acknowledges(self, by: str = "Nina") -> None:
        """The requester read the final report."""
        await self.server.guard.requests.acknowledge(await self._who(by), self._case(None))
        await self.settle()

    async def writes(self, name: str, *, critical: str | None = None) -> None:
        """Findings and conclusion, and a critical finding."""
        who, report = await self._who(name), await self._report(name)
        reports = self.server.services.care.reports
        report = await reports.write(who, report.id, report.version, "No fracture.", "Normal.")
        if critical is not None:
            await reports.add_critical(who, report.id, critical)

    async def is_read_back(self, name: str, receiver: str) -> None:
        """Somebody heard every critical finding by telephone and read it back."""
        who, report = await self._who(name), await self._report(name)
        for critical in report.criticals:
            now = self.clock.now()
            await self.server.services.care.reports.read_back(
                who, report.id, critical.id, receiver, now
            )

    async def signs(self, name: str, *, interim: bool = False) -> None:
        """The author vouches for the report."""
        who, report = await self._who(name), await self._report(name)
        reports = self.server.services.care.reports
        await reports.sign(
            who, report.id, report.version, interim=interim, attestation="read on viewer 3"
        )
        await self.settle()

    async def offered(self, name: str) -> Mapping[str, Any]:
        """The guard that waits for somebody's answer."""
        waiting = await self.server.guard.handovers.mine(await self._who(name))
        [handover] = waiting["items"]
        return dict(handover)

    async def takes_the_guard(self, name: str) -> None:
        """Whoever comes next takes over, with the open cases."""
        offered = await self.offered(name)
        await self.server.guard.handovers.accept(await self._who(name), offered["id"])
        await self.settle()

    async def refuses_the_guard(self, name: str) -> None:
        """Whoever comes next cannot."""
        offered = await self.offered(name)
        who = await self._who(name)
        await self.server.guard.handovers.refuse(who, offered["id"], "stuck in traffic")
        await self.settle()

    async def stands_in(self, name: str, rota: str, start: str, end: str) -> None:
        """Somebody instead of whom a rota names, between two local times of Rome."""
        member = await self._who(name)
        await self.server.services.care.rotas.stand_in(
            await self._who("Anna"),
            self.cast.rotas[rota],
            at_rome(start),
            at_rome(end),
            member.person,
        )

    async def incidents(self, action: str, case: str | None = None) -> int:
        """How many incidents of a kind the audit holds about a request."""
        async with self.server.database.reading() as uow:
            entries = await uow.audit.page(0, 10_000)
        return sum((one.action, one.subject) == (action, self._case(case)) for one in entries)

    async def _report(self, name: str) -> Report:
        view = await self.sees(by=name)
        reports = self.server.services.care.reports
        return await reports.get(await self._who(name), view.wire["report"])

    async def _who(self, name: str) -> Any:
        return await self.cast.person(self.server, name)

    def _case(self, case: str | None) -> str:
        return case or self.cast.cases[-1]


@contextmanager
def refused(code: str, **details: str) -> Iterator[None]:
    """What is done within is refused with this code, and with these details."""
    with pytest.raises(DomainError) as refusal:
        yield
    assert (refusal.value.code, refusal.value.details) == (code, details)


def in_turn(story: Sequence[str], *kinds: str) -> bool:
    """Whether these events happened in this order, with or without others between."""
    left = iter(story)
    return all(kind in left for kind in kinds)
