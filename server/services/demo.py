"""A labelled demo network: invented people of invented hospitals, to try everything with."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from server.domain.access import Role
from server.domain.accounts import OrganisationRole, Status, User
from server.domain.organisations import Kind, Organisation
from server.services.ports.clock import Clock, Fresh
from server.services.ports.passwords import Passwords
from server.services.ports.unit_of_work import Database, UnitOfWork

DOMAIN = "demo.example"  # RFC 2606 §2: nobody's
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class Place:
    """A demo organisation."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Person:
    """A demo person; the e-mail is `login@demo.example`."""

    login: str
    name: str
    profession: str
    place: Place
    role: Role
    locale: str = "it"

    @property
    def email(self) -> str:
        """What the person signs in with."""
        return f"{self.login}@{DOMAIN}"


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """A demo person that was just made; the password is known only here."""

    email: str
    name: str
    role: Role
    organisation: str
    password: str = field(repr=False)


CENTRE = Place("Demo Oncology Centre", Kind.ONCOLOGY_CENTRE)
NORTH = Place("Demo Hospital North", Kind.HOSPITAL)
SOUTH = Place("Demo Hospital South", Kind.HOSPITAL)
LAKE = Place("Demo Hospital Lake", Kind.HOSPITAL)
TERRITORY = Place("Demo Community House", Kind.TERRITORY)
PLACES = (CENTRE, NORTH, SOUTH, LAKE, TERRITORY)

PEOPLE = (
    Person("admin", "Demo Ada Amministri", "administrator", CENTRE, Role.ADMINISTRATOR),
    Person("oncologist", "Demo Olga Oncologi", "radiation oncologist", CENTRE, Role.SPECIALIST),
    Person("surgeon", "Demo Carlo Chirurghi", "surgeon", NORTH, Role.SPECIALIST),
    Person("oncologue", "Démo Hélène Oncologue", "oncologist", SOUTH, Role.SPECIALIST, "fr"),
    Person("radiologist", "Demo Rita Radiologi", "radiologist", NORTH, Role.RADIOLOGIST),
    Person("radiologist2", "Demo Rocco Radiologi", "radiologist", SOUTH, Role.RADIOLOGIST),
    Person("radiologist3", "Demo Rhona Reader", "radiologist", LAKE, Role.RADIOLOGIST, "en"),
    Person("nurse", "Demo Nina Infermieri", "nurse", NORTH, Role.NURSE),
    Person("nurse2", "Demo Nadia Infermieri", "nurse", LAKE, Role.NURSE),
    Person("gp", "Demo Guido Medici", "general practitioner", LAKE, Role.GP),
    Person("casemanager", "Demo Clara Percorsi", "case manager", SOUTH, Role.CASE_MANAGER),
    Person("casemanager2", "Demo Tina Territori", "case manager", TERRITORY, Role.CASE_MANAGER),
    Person("pathologist", "Demo Paolo Patologi", "pathologist", CENTRE, Role.SPECIALIST),
    Person("radiotherapist", "Demo Rosa Radioterapi", "radiotherapist", NORTH, Role.SPECIALIST),
    Person("psychologist", "Demo Piera Psicologi", "psychologist", SOUTH, Role.PSYCHOLOGIST),
    Person("technician", "Demo Teo Tecnici", "radiographer", NORTH, Role.TECHNICIAN),
    Person("integrator", "Demo Ivo Integratori", "engineer", CENTRE, Role.INTEGRATOR),
    Person("clerk", "Demo Bruno Prenotazioni", "booking clerk", CENTRE, Role.BOOKING_CLERK),
)


@dataclass(frozen=True, slots=True)
class Cast:
    """The demo network that a service furnishes: organisations by name, people by login."""

    places: Mapping[str, str]
    people: Mapping[str, User]


Furnisher = Callable[[UnitOfWork, Cast, datetime, Fresh], Awaitable[None]]
"""Gives the demo network what a service needs to be tried; must do nothing the second time."""


class Demo:
    """Seeds the demo network."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        fresh: Fresh,
        passwords: Passwords,
        furnishers: Sequence[Furnisher] = (),
    ) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._passwords = passwords
        self._furnishers = furnishers

    async def seed(self) -> list[DemoLogin]:
        """Make whom and what is missing; answers the new people with their passwords."""
        missing = await self._missing()
        passwords = {person: _password(self._fresh.secret()) for person in missing}
        hashes = {person: await self._passwords.hash(passwords[person]) for person in missing}
        if not missing:
            return []
        now = self._clock.now()
        async with self._database.transaction() as uow:
            ids = await self._places(uow)
            made = [
                person
                for person in missing
                if await self._add(uow, person, ids, hashes[person], now)
            ]
            if made:  # another process that starts just now may have been first
                data = {"people": len(made)}
                await uow.audit.record(now, "system", "demo.seeded", "demo", data)
                await self._furnish(uow, now)
        return [
            DemoLogin(person.email, person.name, person.role, person.place.name, passwords[person])
            for person in made
        ]

    async def furnish(self) -> None:
        """Give the network again what the services need to be tried."""
        async with self._database.transaction() as uow:
            await self._furnish(uow, self._clock.now())

    async def _furnish(self, uow: UnitOfWork, now: datetime) -> None:
        places = {each.name: each.id for each in await uow.organisations.all()}
        people = {}
        for person in PEOPLE:
            known = await uow.accounts.credentials(email=person.email)
            if known is not None:
                people[person.login] = known.user
        cast = Cast(places, people)
        for furnish in self._furnishers:
            await furnish(uow, cast, now, self._fresh)

    async def _missing(self) -> list[Person]:
        async with self._database.reading() as uow:
            known = await uow.accounts.taken(frozenset(person.email for person in PEOPLE))
        return [person for person in PEOPLE if person.email not in known]

    async def _places(self, uow: UnitOfWork) -> dict[str, str]:
        for place in PLACES:
            await uow.organisations.add(
                Organisation(self._fresh.id(), place.name, place.kind, is_demo=True)
            )
        return {
            organisation.name: organisation.id for organisation in await uow.organisations.all()
        }

    async def _add(
        self,
        uow: UnitOfWork,
        person: Person,
        ids: dict[str, str],
        password_hash: str,
        now: datetime,
    ) -> bool:
        organisation = ids[person.place.name]
        user = User(
            id=self._fresh.id(),
            email=person.email,
            name=person.name,
            profession=person.profession,
            locale=person.locale,
            status=Status.ACTIVE,
            is_demo=True,
            has_totp=False,
            registered_at=now,
            organisation=organisation,
            roles=(OrganisationRole(organisation, person.role),),
        )
        return await uow.accounts.add(user, password_hash)


def _password(random: str) -> str:
    """Sixteen letters in groups of four (79 bits), easy to type."""
    digits = hashlib.sha256(random.encode()).digest()[:16]
    letters = "".join(_LETTERS[digit % len(_LETTERS)] for digit in digits)
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))
