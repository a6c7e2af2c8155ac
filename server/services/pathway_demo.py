"""What follow-up brings to the demo network: two templates, a pathway under way, a visit late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from server.domain.pathway_templates import Mode, Performer, Step, Template
from server.domain.pathway_visits import Visit
from server.domain.patients import Identity
from server.domain.windows import ZONE, Offset, Unit, day_in
from server.services.demo import Cast
from server.services.pathway_templates import WriteTemplate, add_template
from server.services.pathways import OVERDUE, Plan, open_pathway
from server.services.patients import identify
from server.services.ports.clock import Fresh
from server.services.ports.unit_of_work import UnitOfWork

BREAST = "Follow-up dopo tumore della mammella"
PROSTATE = "Follow-up dopo radioterapia della prostata"
_HOLDERS = ("casemanager", "oncologue", "gp", "clerk", "nurse")
_DISCHARGED_AGO = timedelta(days=105)


def _step(title: str, months: int, margin: int, specialty: str | None, mode: Mode) -> Step:
    performer = Performer.GP if specialty is None else Performer.HOSPITAL
    offset = Offset(months, Unit.MONTHS)
    return Step.of(title, offset, (margin, margin), mode, performer, specialty)


def _steps() -> Mapping[str, list[Step]]:
    on_site, video = Mode.IN_PERSON, Mode.VIDEO
    return {
        BREAST: [
            _step("Visita oncologica", 1, 7, "Oncologia", on_site),
            _step("Controllo dal medico di famiglia", 2, 10, None, on_site),
            _step("Visita oncologica", 3, 7, "Oncologia", on_site),
            _step("Controllo dal medico di famiglia", 4, 10, None, on_site),
            _step("Televisita oncologica", 6, 14, "Oncologia", video),
            _step("Mammografia e visita", 12, 21, "Senologia", on_site),
        ],
        PROSTATE: [
            _step("Visita radioterapica", 1, 10, "Radioterapia", on_site),
            _step("PSA dal medico di famiglia", 3, 14, None, on_site),
            _step("Televisita radioterapica", 6, 14, "Radioterapia", video),
            _step("PSA dal medico di famiglia", 9, 14, None, on_site),
            _step("Visita radioterapica", 12, 21, "Radioterapia", on_site),
        ],
    }


async def furnish(uow: UnitOfWork, cast: Cast, now: datetime, fresh: Fresh) -> None:
    """Templates, and one patient discharged three and a half months ago; once."""
    known = {template.name for template in await uow.pathway_templates.all()}
    if BREAST in known or any(login not in cast.people for login in _HOLDERS):
        return
    by = cast.people["casemanager"]
    made: dict[str, Template] = {}
    for name, steps in _steps().items():
        wanted = WriteTemplate(name, ZONE, steps)
        made[name] = await add_template(uow, wanted, by.id, now, fresh)
    today = day_in(now, ZONE)
    identity = Identity.of("Demo Paola Pazienti", date(1961, 3, 14), "DEMO-FU-0001", today)
    patient = await identify(uow, identity, fresh)
    team = [cast.people["oncologue"], cast.people["clerk"], cast.people["nurse"]]
    gp, hospital = cast.people["gp"], by.organisation or by.roles[0].organisation
    discharged_on = today - _DISCHARGED_AGO
    plan = Plan(by, hospital, made[BREAST], patient, discharged_on, gp, team)
    _, visits = await open_pathway(uow, plan, now, fresh)
    first, second = visits[0], visits[1]
    await _held(uow, first, first.target, discharged_on, today)
    taken = replace(second, taken_by=gp.id, taken_at=now)
    await _held(uow, taken, second.target + timedelta(days=2), discharged_on, today)


async def _held(
    uow: UnitOfWork, visit: Visit, held_on: date, discharged_on: date, today: date
) -> None:
    await uow.pathway_visits.update(visit.complete(held_on, discharged_on, today))
    await uow.deadlines.cancel(visit.id, OVERDUE)
