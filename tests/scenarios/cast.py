"""Who and what a story has: people by first name, rotas and services by theirs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from server.domain.access import Actor, Role
from server.domain.accounts import OrganisationRole, Status, User
from server.domain.guard_results import Targets
from server.domain.guard_services import Local, Step
from server.domain.organisations import Kind, Organisation
from server.domain.rota import Layer, Rotation
from server.domain.sessions import SESSION_LIFETIME, Session
from server.services.guard_services import NewService
from server.services.rotas import RotaChange
from tests.scenarios.server import Server

PHONE = "+39 06 5550 0112"
ZONE = "Europe/Rome"
LONG_AGO = date(2026, 1, 1)
ROLES = {"Nina": Role.NURSE, "Noemi": Role.NURSE, "Anna": Role.ADMINISTRATOR}
"""Everybody else is a radiologist."""


@dataclass(frozen=True)
class Turns:
    """A rota on which people take turns, from `hour` o'clock in Rome, `days` at a time."""

    people: tuple[str, ...]
    hour: int = 8
    days: int = 1
    since: date = LONG_AGO


def turns(*people: str, hour: int = 8, days: int = 1, since: date = LONG_AGO) -> Turns:
    """People in turn."""
    return Turns(people, hour, days, since)


@dataclass
class Cast:
    """What one process of the story must tell the next: names and ids, nothing alive."""

    hospital: str = ""
    people: dict[str, Actor] = field(default_factory=dict)
    rotas: dict[str, str] = field(default_factory=dict)
    services: dict[str, str] = field(default_factory=dict)
    patients: int = 0
    cases: list[str] = field(default_factory=list)

    async def person(self, server: Server, name: str) -> Actor:
        """Somebody, employed at the first mention."""
        if name not in self.people:
            self.people[name] = await self._employ(server, name, ROLES.get(name, Role.RADIOLOGIST))
        return self.people[name]

    async def guard(
        self,
        server: Server,
        name: str,
        steps: tuple[tuple[str | Turns | None, int], ...],
        join_s: int,
        report_minutes: int,
        repeats: int = 0,
        own: tuple[str | None, int] | None = None,
    ) -> None:
        """A service, and a rota for each of its steps."""
        admin = await self.person(server, "Anna")
        made = []
        for at, (who, delay_s) in enumerate(steps, 1):
            rota = await self._rota(server, f"{name}, step {at}", who)
            made.append(Step(rota, delay_s))
        local: tuple[Local, ...] = ()
        if own is not None:
            rota = await self._rota(server, f"{name}, our own", own[0])
            local = (Local(self.hospital, rota, own[1]),)
        command = NewService(
            self.hospital,
            name,
            "CT",
            PHONE,
            ZONE,
            tuple(made),
            join_s,
            report_minutes,
            repeats=repeats,
            local=local,
            targets=Targets(),
        )
        service = await server.guard.services.create(admin, command)
        self.services[name] = service["id"]

    async def _rota(self, server: Server, name: str, who: str | Turns | None) -> str:
        taken = who if isinstance(who, Turns) else Turns(() if who is None else (who,), 0, 1)
        members = [(await self.person(server, each)).person for each in taken.people]
        values = RotaChange(
            name=name,
            role=Role.RADIOLOGIST,
            zone=ZONE,
            phone=PHONE,
            layers=(Layer(Rotation.of(taken.since, taken.hour, taken.days, tuple(members))),),
        )
        sheet = await server.services.care.rotas.create(self.people["Anna"], self.hospital, values)
        self.rotas[name] = sheet.rota.id
        return sheet.rota.id

    async def _employ(self, server: Server, name: str, role: Role) -> Actor:
        core = server.inside.core
        now = core.clock.now()
        async with core.database.transaction() as uow:
            if not self.hospital:
                hospital = Organisation(
                    core.fresh.id(), "San Lorenzo", Kind.HOSPITAL, is_demo=False
                )
                assert await uow.organisations.add(hospital)
                self.hospital = hospital.id
            user = User(
                id=core.fresh.id(),
                email=f"{name.lower().replace(' ', '.')}@tests.example",
                name=name,
                profession="doctor",
                locale="en",
                status=Status.ACTIVE,
                is_demo=False,
                has_totp=False,
                registered_at=now,
                organisation=self.hospital,
                roles=(OrganisationRole(self.hospital, role),),
            )
            assert await uow.accounts.add(user, password_hash="unusable")
            session = Session(core.fresh.id(), user.id, now, now + SESSION_LIFETIME)
            await uow.sessions.add(session)
        return Actor(user.id, name, session.id, is_administrator=role is Role.ADMINISTRATOR)
