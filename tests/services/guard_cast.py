"""A guard on a real SQLite file: who is on call, who asks, and time that is turned by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from math import ceil
from typing import Any

from sqlalchemy import func, select

from server.adapters.database.deadlines import deadlines
from server.adapters.database.unit_of_work import SqlDatabase
from server.domain.access import Actor, Role
from server.domain.guard import Priority, Question
from server.domain.guard_services import GuardService, Step
from server.domain.patients import Identity
from server.domain.rota import Layer, Rota, Rotation
from server.services.deadlines import Deadlines
from server.services.guard import Guard, guard
from server.services.guard_requests import FileRequest
from server.services.ports.clock import Clock, Fresh

PATIENT = Identity("Nina Ipsilon", date(1950, 2, 1), "NPSNNI50B41F205X")
PHONE = "+44 20 7946 0112"


@dataclass
class Ward:
    """The guard's services on one database, as one run of the server has them."""

    database: SqlDatabase
    clock: Any
    fresh: Fresh
    guard: Guard = field(init=False)
    deadlines: Deadlines = field(init=False)
    service: str = ""

    def __post_init__(self) -> None:
        self.guard = guard(self.database, self.clock, self.fresh)
        self.deadlines = Deadlines(self.database, self.clock, self.guard.handlers)

    async def furnish(
        self, organisation: str, *steps: tuple[Actor | None, int], name: str = "CT"
    ) -> None:
        """A service whose steps have somebody on call for ever, or nobody."""
        async with self.database.transaction() as uow:
            made = []
            for at, (person, delay_s) in enumerate(steps):
                members = (person.person,) if person else ()
                rotation = Rotation(date(2026, 1, 5), 8, 7, members)
                rota = Rota(
                    self.fresh.id(),
                    organisation,
                    f"{name}, step {at + 1}",
                    Role.RADIOLOGIST,
                    "Europe/Rome",
                    PHONE,
                    (Layer(rotation),),
                )
                assert await uow.rotas.add(rota)
                made.append(Step(rota.id, delay_s))
            service = GuardService(
                self.fresh.id(), organisation, name, "CT", PHONE, "Europe/Rome", tuple(made)
            )
            assert await uow.guard_services.add(service.check())
        self.service = service.id

    async def ask(
        self,
        actor: Actor,
        *,
        wants_call: bool = False,
        priority: Priority = Priority.EMERGENCY,
        justify_first: bool = False,
    ) -> dict[str, Any]:
        """File a request."""
        question = Question(
            priority,
            "Bleeding?",
            "+44 20 7946 0100",
            wants_call,
            76,
            justify_first=justify_first,
        )
        return await self.guard.requests.file(actor, FileRequest(self.service, PATIENT, question))

    async def look(self, actor: Actor, request: str) -> dict[str, Any]:
        """One request as somebody sees it now."""
        return await self.guard.requests.get(actor, request)

    async def pass_time(self, seconds: float) -> None:
        """Turn the clock, doing what is due in the second in which the engine does.

        Seconds in which nothing is due are passed over.
        """
        left = int(seconds)
        while left > 0:
            ahead = min(left, await self._idle_s() or left)
            self.clock.advance(seconds=ahead)
            await self.deadlines.meet()
            left -= ahead

    async def _idle_s(self) -> int | None:
        """Whole seconds until something is due, one at least; None when nothing is to come."""
        async with self.database.reading() as uow:
            due = await uow.connection.scalar(select(func.min(deadlines.c.due_at)))
        return max(1, ceil((due - self.clock.now()).total_seconds())) if due else None

    def kinds(self, request: dict[str, Any]) -> list[str]:
        """The request's life in words."""
        return [entry["type"].removeprefix("guard.") for entry in request["log"]]


def on_file(database: SqlDatabase, clock: Clock, fresh: Fresh) -> Ward:
    """The guard on a database."""
    return Ward(database, clock, fresh)
