"""What every move of a consultation brings with it: seats, grants, bookings, deadlines, news."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from server.domain.access import ROLE_GRANTS, Ability, Grants, RoomRole
from server.domain.accounts import User
from server.domain.consultations import Consultation, State
from server.domain.deadlines import Deadline
from server.domain.memberships import Membership, MembershipState
from server.domain.opinions import Doctor
from server.domain.rooms import RoomChange
from server.domain.timeline import EventType, Sender
from server.services.case_rooms import close_room, seat, unseat
from server.services.changes import tell_changed
from server.services.ports.clock import Fresh
from server.services.ports.unit_of_work import UnitOfWork
from server.services.timeline import append

LAPSE = "consultation.lapse"
"""At the time of the appointment: an unanswered request ends."""
CLOSE = "consultation.close"
"""Some time after the outcome: the room ends."""
CLOSE_AFTER = timedelta(hours=24)


async def settle(
    uow: UnitOfWork,
    former: Consultation,
    moved: Consultation,
    by: User | None,
    now: datetime,
    fresh: Fresh,
) -> None:
    """Store a move with all that follows from it, in the same transaction."""
    sender = Sender(by.id, by.name) if by else None
    told = await circle(uow, former)
    await uow.consultations.update(moved)
    if former.appointment != moved.appointment:
        await _reseat(uow, former, moved, sender, now, fresh)
        await _reschedule(uow, moved, sender, now, fresh)
    await regrant(uow, moved, sender, now, fresh)
    await _set_deadlines(uow, moved, now)
    step = moved.steps[-1]
    await announce(uow, moved, EventType(f"consultation.{step.move.value}"), sender, now, fresh)
    if moved.state is State.CANCELLED:
        await close_room(uow, moved.room, sender, now, fresh)
    tell(uow, moved, told | await circle(uow, moved))


async def announce(
    uow: UnitOfWork,
    consultation: Consultation,
    event: EventType,
    sender: Sender | None,
    now: datetime,
    fresh: Fresh,
    **data: Any,
) -> None:
    """Append to the room's timeline and to the audit trail."""
    where = {
        "consultation": consultation.id,
        "state": consultation.state.value,
        "round": consultation.round,
    }
    await append(uow, consultation.room, event, sender, where | data, now, fresh)
    actor = sender.id if sender else "system"
    trail = {"round": consultation.round} | data
    await uow.audit.record(now, actor, event.value, consultation.id, trail)


async def circle(uow: UnitOfWork, consultation: Consultation) -> frozenset[str]:
    """Whom it concerns: requester, consulted doctors, the centre's staff."""
    people = {consultation.requester}
    people |= {one.person for one in await uow.opinions.doctors([consultation.id])}
    if consultation.appointment is not None:
        people |= set(await uow.slots.staff(consultation.appointment.centre))
    return frozenset(people)


def tell(uow: UnitOfWork, consultation: Consultation, people: frozenset[str]) -> None:
    """Let them look again."""
    tell_changed(uow, "consultations", consultation.id, people)
    tell_changed(uow, "slots", consultation.id, people)
    tell_changed(uow, "tasks", consultation.id, people)


async def ask(
    uow: UnitOfWork,
    consultation: Consultation,
    doctor: User,
    by: Sender,
    now: datetime,
    fresh: Fresh,
) -> bool:
    """Ask a doctor's opinion, with a seat in the room; False when it is asked already."""
    place = next((role.organisation_name for role in doctor.roles), "")
    asked = Doctor(consultation.id, doctor.id, doctor.name, doctor.profession, place, by.id, now)
    is_new = await uow.opinions.ask(asked)
    role, grants = standing(consultation, doctor.id)
    await seat(uow, consultation.room, doctor.id, doctor.name, role, by, now, fresh, grants)
    return is_new


def standing(consultation: Consultation, person: str) -> tuple[RoomRole, Grants]:
    """Role and grants in the room: nobody reaches documents, or moderates, unless confirmed.

    Whoever moderates could grant documents to anybody.
    """
    if not consultation.documents_open:
        closed = ROLE_GRANTS[RoomRole.MEMBER]
        return RoomRole.MEMBER, Grants(closed.publish, closed.abilities - {Ability.DOCUMENTS})
    at = consultation.appointment
    is_host = person == consultation.requester or (at is not None and person == at.expert)
    role = RoomRole.HOST if is_host else RoomRole.MEMBER
    return role, ROLE_GRANTS[role]


async def regrant(
    uow: UnitOfWork, consultation: Consultation, by: Sender | None, now: datetime, fresh: Fresh
) -> None:
    """Give everybody in the room what the consultation's state allows."""
    for member in await uow.memberships.of_room(consultation.room):
        changed = _allowed(consultation, member)
        if changed == member:
            continue
        await uow.memberships.save(changed)
        data = changed.to_wire()
        await append(uow, consultation.room, EventType.MEMBER_CHANGED, by, data, now, fresh)
        trail = {"person": member.person, "role": changed.role.value}
        actor = by.id if by else "system"
        await uow.audit.record(now, actor, "member.changed", consultation.room, trail)


def _allowed(consultation: Consultation, member: Membership) -> Membership:
    if member.state is not MembershipState.ACTIVE or member.role not in _SEATED:
        return member
    return member.change(*standing(consultation, member.person))


_SEATED = frozenset({RoomRole.HOST, RoomRole.MEMBER})


async def _reseat(
    uow: UnitOfWork,
    former: Consultation,
    moved: Consultation,
    by: Sender | None,
    now: datetime,
    fresh: Fresh,
) -> None:
    old, new = former.appointment, moved.appointment
    if old is not None and (new is None or new.expert != old.expert):
        await uow.opinions.unask(moved.id, old.expert)
        await unseat(uow, moved.room, old.expert, by, now, fresh)
    if new is not None and by is not None:
        expert = await uow.accounts.find(new.expert)
        if expert is not None:
            await ask(uow, moved, expert, by, now, fresh)


async def _reschedule(
    uow: UnitOfWork, moved: Consultation, by: Sender | None, now: datetime, fresh: Fresh
) -> None:
    room, at = await uow.rooms.lock(moved.room), moved.appointment
    if room is None or room.closed_at is not None:
        return
    change = RoomChange(
        scheduled_at=at.starts_at if at else None, duration_minutes=at.minutes if at else None
    )
    await uow.rooms.update(room.change(change))
    data = room.change(change).describe()
    await append(uow, moved.room, EventType.ROOM_CHANGED, by, data, now, fresh)


async def _set_deadlines(uow: UnitOfWork, moved: Consultation, now: datetime) -> None:
    await uow.deadlines.cancel(moved.id, LAPSE, CLOSE)
    if moved.state is State.REQUESTED and moved.appointment is not None:
        await uow.deadlines.set(Deadline(LAPSE, moved.id, moved.appointment.starts_at))
    if moved.state is State.CONCLUDED:
        await uow.deadlines.set(Deadline(CLOSE, moved.id, now + CLOSE_AFTER))
