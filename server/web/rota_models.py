"""What rotas look like over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, cast

from pydantic import Field

from server.domain.access import Role
from server.domain.accounts import User
from server.domain.rota import (
    MEMBERS_LIMIT,
    NAME_LIMIT,
    PERIOD_LIMIT_DAYS,
    PHONE_LIMIT,
    Rotation,
    Shift,
)
from server.services.rotas import RotaChange, Sheet
from server.web.models import Instant, Strict, View
from server.web.rooms import When

Id = Annotated[str, Field(min_length=1, max_length=80)]
Name = Annotated[str, Field(min_length=1, max_length=NAME_LIMIT)]
Phone = Annotated[str, Field(max_length=PHONE_LIMIT)]
Zone = Annotated[str, Field(min_length=1, max_length=64)]


class RotationBody(Strict):
    """Who takes turns, from which day and hour of the rota's zone on, each for how many days."""

    anchor: date
    hour: Annotated[int, Field(ge=0, le=23)]
    period_days: Annotated[int, Field(ge=1, le=PERIOD_LIMIT_DAYS)]
    members: Annotated[list[Id], Field(max_length=MEMBERS_LIMIT)]

    def to_rotation(self) -> Rotation:
        """The domain's rotation. Raises Invalid."""
        return Rotation.of(self.anchor, self.hour, self.period_days, tuple(self.members))


class CreateRotaBody(Strict):
    """What the rota is to be."""

    organisation: Id
    name: Name
    role: Role
    zone: Zone = "Europe/Rome"
    phone: Phone = ""
    rotation: RotationBody
    second: Id | None = None

    def to_values(self) -> RotaChange:
        """All but the organisation."""
        return {
            "name": self.name,
            "role": self.role,
            "zone": self.zone,
            "phone": self.phone,
            "rotation": self.rotation.to_rotation(),
            "second": self.second,
        }


class ChangeRotaBody(Strict):
    """What is to change; what is absent stays. `version` is the one that was read."""

    version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    name: Name = ""
    role: Role = Role.RADIOLOGIST
    zone: Zone = "UTC"
    phone: Phone = ""
    rotation: RotationBody | None = None
    second: Id | None = None

    def to_change(self) -> RotaChange:
        """Only what was sent."""
        sent: dict[str, Any] = {
            name: getattr(self, name) for name in self.model_fields_set - {"version", "rotation"}
        }
        if self.rotation is not None:
            sent["rotation"] = self.rotation.to_rotation()
        return cast(RotaChange, sent)


class OverrideBody(Strict):
    """Who stands in, and when."""

    member: Id
    start: When
    end: When


class MemberView(View):
    """Somebody on a rota."""

    id: str
    name: str


class RotationView(View):
    """The turns."""

    anchor: date
    hour: int
    period_days: int
    members: list[MemberView]


class ShiftView(View):
    """A stretch of duty; nobody's when `member` is null."""

    start: Instant
    end: Instant
    member: MemberView | None
    override: str | None


class OverrideView(View):
    """Somebody who stands in."""

    id: str
    start: Instant
    end: Instant
    member: MemberView


class DutyView(View):
    """Who is on duty now, and until when (null: until somebody changes the rota)."""

    rota: str
    name: str
    role: Role
    organisation_name: str
    phone: str
    person: MemberView | None
    until: Instant | None

    @classmethod
    def of(cls, sheet: Sheet) -> DutyView:
        """The view of now."""
        rota = sheet.rota
        return cls(
            rota=rota.id,
            name=rota.name,
            role=rota.role,
            organisation_name=sheet.organisation_name,
            phone=rota.phone,
            person=_person(sheet.holder),
            until=sheet.until,
        )


class RotaView(View):
    """*Rota* of docs/protocol.md."""

    id: str
    organisation: str
    organisation_name: str
    name: str
    role: Role
    zone: str
    phone: str
    rotation: RotationView
    overrides: list[OverrideView]
    second: str | None
    second_name: str | None
    on_call: MemberView | None
    until: Instant | None
    gaps: list[ShiftView]
    may_edit: bool
    version: int

    @classmethod
    def of(cls, sheet: Sheet) -> RotaView:
        """The view of a rota."""
        rota, rotation = sheet.rota, sheet.rota.rotation
        return cls(
            id=rota.id,
            organisation=rota.organisation,
            organisation_name=sheet.organisation_name,
            name=rota.name,
            role=rota.role,
            zone=rota.zone,
            phone=rota.phone,
            rotation=RotationView(
                anchor=rotation.anchor,
                hour=rotation.hour,
                period_days=rotation.period_days,
                members=[_member(sheet, one) for one in rotation.members],
            ),
            overrides=[
                OverrideView(
                    id=one.id, start=one.start, end=one.end, member=_member(sheet, one.member)
                )
                for one in rota.overrides
            ],
            second=rota.second,
            second_name=sheet.second_name,
            on_call=_person(sheet.holder),
            until=sheet.until,
            gaps=[shift_view(sheet, one) for one in sheet.gaps],
            may_edit=sheet.may_edit,
            version=rota.version,
        )


class RotasView(View):
    """By name."""

    items: list[RotaView]


class DutiesView(View):
    """By the rota's name."""

    items: list[DutyView]


class ShiftsView(View):
    """From `since` to `until` without gap or overlap."""

    items: list[ShiftView]


class ShiftsQuery(Strict):
    """Which stretch of time; four weeks from now unless said otherwise."""

    since: When | None = None
    until: When | None = None


def _member(sheet: Sheet, person: str) -> MemberView:
    return MemberView(id=person, name=sheet.people[person].name)


def _person(user: User | None) -> MemberView | None:
    return None if user is None else MemberView(id=user.id, name=user.name)


def shift_view(sheet: Sheet, shift: Shift) -> ShiftView:
    member = None if shift.member is None else _member(sheet, shift.member)
    return ShiftView(start=shift.start, end=shift.end, member=member, override=shift.override)
