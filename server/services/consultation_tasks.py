"""What consultations ask of a person: to answer, to join, to write, to conclude."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from server.domain.accounts import User
from server.domain.consultations import Consultation, State
from server.domain.opinions import Doctor, Opinion
from server.domain.tasks import Task, Urgency
from server.services.centres import centres_of
from server.services.ports.consultations import Wanted
from server.services.ports.unit_of_work import UnitOfWork

SOON = timedelta(hours=24)
_CONFIRMED = frozenset({State.CONFIRMED})
_REQUESTED = frozenset({State.REQUESTED})


async def tasks(uow: UnitOfWork, user: User, now: datetime) -> Sequence[Task]:
    """The person's tasks, in a fixed number of queries."""
    centres = await centres_of(uow, user)
    requests = await uow.consultations.list(Wanted(centres=centres, states=_REQUESTED))
    mine = await uow.consultations.list(Wanted(requester=user.id, states=_CONFIRMED))
    asked = await uow.consultations.list(Wanted(doctor=user.id, states=_CONFIRMED))
    ids = {one.id for one in (*mine, *asked)}
    doctors, opinions = await uow.opinions.doctors(ids), await uow.opinions.of(ids)
    found = [_confirm(one, now) for one in requests if one.requester != user.id]
    found += _joinable({one.id: one for one in (*mine, *asked)}.values(), now)
    for one in asked:
        if user.id not in _signed(one, opinions):
            found.append(_opinion(one, now))
    for one in mine:
        if _is_complete(one, doctors, opinions):
            found.append(_task("synthesis", one, Urgency.TODAY, None))
    return found


def _confirm(one: Consultation, now: datetime) -> Task:
    due = one.appointment.starts_at if one.appointment else None
    is_soon = due is not None and due - now < SOON
    return _task("confirm", one, Urgency.NOW if is_soon else Urgency.TODAY, due)


def _joinable(consultations: Iterable[Consultation], now: datetime) -> Iterator[Task]:
    for one in consultations:
        if one.is_near(now) and one.appointment is not None:
            place, due = f"/rooms/{one.room}", one.appointment.starts_at
            yield Task("consultations.join", one.id, one.title, Urgency.NOW, place, due)


def _opinion(one: Consultation, now: datetime) -> Task:
    due = one.appointment.ends_at if one.appointment else None
    is_over = due is not None and due <= now
    return _task("opinion", one, Urgency.TODAY if is_over else Urgency.LATER, due)


def _task(kind: str, one: Consultation, urgency: Urgency, due: datetime | None) -> Task:
    place = f"/consultations/{one.id}"
    return Task(f"consultations.{kind}", one.id, one.title, urgency, place, due)


def _signed(one: Consultation, opinions: Sequence[Opinion]) -> set[str]:
    return {
        each.doctor
        for each in opinions
        if (each.consultation, each.round) == (one.id, one.round) and each.seal is not None
    }


def _is_complete(one: Consultation, doctors: Sequence[Doctor], opinions: Sequence[Opinion]) -> bool:
    asked = {doctor.person for doctor in doctors if doctor.consultation == one.id}
    return bool(asked) and asked <= _signed(one, opinions)
