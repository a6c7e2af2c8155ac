"""Opening a patient's follow-up at discharge, reading it, closing it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from server.domain.access import Actor, Role, RoomRole
from server.domain.accounts import Status, User
from server.domain.deadlines import Deadline
from server.domain.errors import Conflict, Forbidden, Invalid
from server.domain.pathway_templates import Template
from server.domain.pathway_visits import OPEN, Visit
from server.domain.pathways import (
    Ability,
    Pathway,
    PathwayState,
    code_of,
    organisations_as,
    require_discharge,
)
from server.domain.patients import Identity, Patient
from server.domain.rooms import RoomKind
from server.domain.texts import is_storable
from server.domain.timeline import EventType, Sender
from server.domain.windows import day_in
from server.services.case_rooms import Seat, close_room, open_room
from server.services.pathway_access import scope_of, standing, tell
from server.services.pathway_templates import find_template
from server.services.pathway_views import PathwayDetail, PathwayRow, detail, rows
from server.services.patients import identify
from server.services.ports.clock import Clock, Fresh
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.qualifications import account_of, holds, qualified
from server.services.timeline import append

OVERDUE = "pathways.overdue"
TEAM_LIMIT = 20
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_CODE_TRIES = 5


@dataclass(frozen=True, slots=True)
class OpenPathway:
    """A follow-up to open; `hospital` is asked of those who manage cases in several."""

    template: str
    name: str
    birth_date: date
    identifier: str
    discharged_on: date
    gp: str | None = None
    team: Sequence[str] = ()
    hospital: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The same with everybody and everything found."""

    by: User
    hospital: str
    template: Template
    patient: Patient
    discharged_on: date
    gp: User | None
    team: Sequence[User]


class Pathways:
    """Use cases of pathways."""

    def __init__(self, database: Database, clock: Clock, fresh: Fresh) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh

    async def open(self, actor: Actor, wanted: OpenPathway) -> PathwayDetail:
        """Open a pathway with its room and visits. Raises PatientMismatch, Invalid, Forbidden."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            user = await qualified(uow, actor, Role.CASE_MANAGER)
            hospital = _hospital(user, wanted.hospital)
            template = await find_template(uow, wanted.template)
            template.require_current()
            today = day_in(now, template.zone)
            require_discharge(wanted.discharged_on, today)
            gp = None if wanted.gp is None else await _gp(uow, wanted.gp)
            if template.needs_gp and gp is None:
                raise Invalid("This template has visits of the GP: name the GP.", path="gp")
            team = await _team(uow, wanted.team)
            identity = Identity.of(wanted.name, wanted.birth_date, wanted.identifier, today)
            patient = await identify(uow, identity, self._fresh)
            plan = Plan(user, hospital, template, patient, wanted.discharged_on, gp, team)
            pathway, _ = await open_pathway(uow, plan, now, self._fresh)
            return await detail(uow, await standing(uow, actor, pathway.id))

    async def get(self, actor: Actor, pathway_id: str) -> PathwayDetail:
        """One pathway. Raises NotFound."""
        async with self._database.reading() as uow:
            return await detail(uow, await standing(uow, actor, pathway_id))

    async def page(
        self,
        actor: Actor,
        *,
        text: str = "",
        state: PathwayState | None = None,
        room: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> tuple[list[PathwayRow], str | None]:
        """The caller's pathways, newest first, and the cursor of the following page."""
        async with self._database.reading() as uow:
            user = await account_of(uow, actor)
            found = await uow.pathways.page(
                scope_of(user), text=text, state=state, room=room, after=after, limit=limit + 1
            )
            following = found[limit - 1].id if len(found) > limit else None
            return await rows(uow, found[:limit]), following

    async def close(self, actor: Actor, pathway_id: str) -> PathwayDetail:
        """End the follow-up and its room; visits to come are cancelled."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            before = await standing(uow, actor, pathway_id, locked=True)
            before.require(Ability.STEER)
            pathway = before.pathway.close(now)
            await uow.pathways.update(pathway)
            for visit in await uow.pathway_visits.of_pathway(pathway.id):
                if visit.state in OPEN:
                    await uow.pathway_visits.update(visit.cancel())
                    await uow.deadlines.cancel(visit.id, OVERDUE)
            sender = before.sender
            event = EventType.PATHWAY_CLOSED
            await append(uow, pathway.room, event, sender, {}, now, self._fresh)
            await close_room(uow, pathway.room, sender, now, self._fresh)
            await uow.audit.record(now, before.user.id, "pathway.closed", pathway.id, {})
            await tell(uow, pathway)
            return await detail(uow, await standing(uow, actor, pathway.id))


async def open_pathway(
    uow: UnitOfWork, plan: Plan, now: datetime, fresh: Fresh
) -> tuple[Pathway, list[Visit]]:
    """Store the pathway with its room, its visits and when each becomes overdue."""
    code = await _free_code(uow, fresh)
    title = f"{code} · {plan.template.name}"
    room = await open_room(uow, RoomKind.PATHWAY, title, plan.by, _seats(plan), now, fresh)
    pathway = Pathway(
        id=fresh.id(),
        code=code,
        title=plan.template.name,
        room=room.id,
        template=plan.template.id,
        patient=plan.patient.id,
        hospital=plan.hospital,
        responsible=plan.hospital,
        gp=plan.gp.id if plan.gp else None,
        zone=plan.template.zone,
        discharged_on=plan.discharged_on,
        opened_by=plan.by.id,
        opened_at=now,
    )
    visits = [
        Visit.plan(fresh.id(), pathway.id, number, step, plan.discharged_on)
        for number, step in enumerate(plan.template.steps, 1)
    ]
    await uow.pathways.add(pathway)
    await uow.pathway_visits.add(visits)
    for visit in visits:
        await set_deadline(uow, pathway, visit)
    data = {"pathway": pathway.id, "code": code, "visits": len(visits)}
    sender = Sender(plan.by.id, plan.by.name)
    await append(uow, room.id, EventType.PATHWAY_OPENED, sender, data, now, fresh)
    about = {"template": plan.template.id, "hospital": plan.hospital}
    await uow.audit.record(now, plan.by.id, "pathway.opened", pathway.id, about)
    await tell(uow, pathway)
    return pathway, visits


async def set_deadline(uow: UnitOfWork, pathway: Pathway, visit: Visit) -> None:
    """The visit becomes overdue at the end of its window, in whichever process is alive then."""
    due_at = visit.overdue_from(pathway.zone)
    await uow.deadlines.set(Deadline(OVERDUE, visit.id, due_at))


def _seats(plan: Plan) -> list[Seat]:
    seats: list[Seat] = [(plan.by.id, plan.by.name, RoomRole.HOST)]
    others = [*plan.team, *([plan.gp] if plan.gp else [])]
    return seats + [(one.id, one.name, RoomRole.MEMBER) for one in others if one.id != plan.by.id]


def _hospital(user: User, wanted: str | None) -> str:
    managed = organisations_as(user, Role.CASE_MANAGER)
    if wanted is None:
        if len(managed) > 1:
            raise Invalid("You manage cases in several places: name one.", path="hospital")
        return next(iter(managed))
    if wanted not in managed:
        raise Forbidden
    return wanted


async def _gp(uow: UnitOfWork, person: str) -> User:
    gp = await uow.accounts.find(person) if is_storable(person) else None
    if gp is None or gp.status is not Status.ACTIVE or not holds(gp, Role.GP):
        raise Invalid("This person is no general practitioner here.", path="gp")
    return gp


async def _team(uow: UnitOfWork, people: Sequence[str]) -> list[User]:
    if len(people) > TEAM_LIMIT:
        raise Invalid("A team has at most 20 people.", path="team")
    wanted = [one for one in dict.fromkeys(people) if is_storable(one)]
    known = await uow.accounts.named(wanted)
    team = [known[one] for one in wanted if one in known and known[one].status is Status.ACTIVE]
    if len(team) != len(set(people)):
        raise Invalid("Somebody of the team has no active account.", path="team")
    return team


async def _free_code(uow: UnitOfWork, fresh: Fresh) -> str:
    for _ in range(_CODE_TRIES):
        digits = hashlib.sha256(fresh.secret().encode()).digest()[:6]
        code = code_of("".join(_LETTERS[digit % len(_LETTERS)] for digit in digits))
        if not await uow.pathways.is_taken(code):
            return code
    raise Conflict("No free code was found: try again.")
