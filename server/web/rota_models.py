"""What rotas look like over HTTP."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Any, cast

from pydantic import Field

from server.domain.access import Role
from server.domain.accounts import User
from server.domain.rota import (
    HOLIDAYS_LIMIT,
    LAYERS_LIMIT,
    NAME_LIMIT,
    PHONE_LIMIT,
    Layer,
    Rotation,
    Shift,
)
from server.domain.rota_layers import (
    LAYER_NAME_LIMIT,
    MEMBERS_LIMIT,
    PERIOD_LIMIT_DAYS,
    PERIOD_LIMIT_HOURS,
    RESTRICTIONS_LIMIT,
    Restriction,
)
from server.services.rotas import RotaChange, Sheet
from server.web.models import Instant, Strict, View
from server.web.rooms import When

Id = Annotated[str, Field(min_length=1, max_length=80)]
Name = Annotated[str, Field(min_length=1, max_length=NAME_LIMIT)]
Phone = Annotated[str, Field(max_length=PHONE_LIMIT)]
Zone = Annotated[str, Field(min_length=1, max_length=64)]
ClockTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class RotationBody(Strict):
    """Who takes turns, from which day and hour of the rota's zone on, each for how many days."""

    anchor: date
    hour: Annotated[int, Field(ge=0, le=23)]
    minute: Annotated[int, Field(ge=0, le=59)] = 0
    period_days: Annotated[int, Field(ge=1, le=PERIOD_LIMIT_DAYS)] = 1
    period_hours: Annotated[int, Field(ge=1, le=PERIOD_LIMIT_HOURS)] | None = None
    members: Annotated[list[Id], Field(max_length=MEMBERS_LIMIT)]

    def to_rotation(self) -> Rotation:
        """The domain's rotation. Raises Invalid."""
        return Rotation.of(
            self.anchor,
            self.hour,
            self.period_days,
            tuple(self.members),
            self.period_hours,
            self.minute,
        )


class RestrictionBody(Strict):
    """Hours of kinds of day: 0 Monday … 6 Sunday, 7 a holiday."""

    days: Annotated[list[Annotated[int, Field(ge=0, le=7)]], Field(min_length=1, max_length=8)]
    start: ClockTime
    end: ClockTime

    def to_restriction(self) -> Restriction:
        """The domain's restriction. Raises Invalid."""
        start, end = time.fromisoformat(self.start), time.fromisoformat(self.end)
        return Restriction.of(frozenset(self.days), start, end)


class LayerBody(Strict):
    """A rotation and when it applies; always without restrictions."""

    name: Annotated[str, Field(max_length=LAYER_NAME_LIMIT)] = ""
    rotation: RotationBody
    restrictions: Annotated[list[RestrictionBody], Field(max_length=RESTRICTIONS_LIMIT)] = Field(
        default_factory=list
    )

    def to_layer(self) -> Layer:
        """The domain's layer. Raises Invalid."""
        restrictions = tuple(each.to_restriction() for each in self.restrictions)
        return Layer(self.rotation.to_rotation(), self.name, restrictions)


Layers = Annotated[list[LayerBody], Field(min_length=1, max_length=LAYERS_LIMIT)]
Holidays = Annotated[list[date], Field(max_length=HOLIDAYS_LIMIT)]


class CreateRotaBody(Strict):
    """What the rota is to be."""

    organisation: Id
    name: Name
    role: Role
    zone: Zone = "Europe/Rome"
    phone: Phone = ""
    layers: Layers
    holidays: Holidays = Field(default_factory=list)
    second: Id | None = None

    def to_values(self) -> RotaChange:
        """All but the organisation."""
        return {
            "name": self.name,
            "role": self.role,
            "zone": self.zone,
            "phone": self.phone,
            "layers": tuple(layer.to_layer() for layer in self.layers),
            "holidays": frozenset(self.holidays),
            "second": self.second,
        }


class ChangeRotaBody(Strict):
    """What is to change; what is absent stays. `version` is the one that was read."""

    version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    name: Name = ""
    role: Role = Role.RADIOLOGIST
    zone: Zone = "UTC"
    phone: Phone = ""
    layers: Layers | None = None
    holidays: Holidays | None = None
    second: Id | None = None

    def to_change(self) -> RotaChange:
        """Only what was sent."""
        sent: dict[str, Any] = {
            name: getattr(self, name)
            for name in self.model_fields_set - {"version", "layers", "holidays"}
        }
        if self.layers is not None:
            sent["layers"] = tuple(layer.to_layer() for layer in self.layers)
        if self.holidays is not None:
            sent["holidays"] = frozenset(self.holidays)
        return cast(RotaChange, sent)


class OverrideBody(Strict):
    """Who stands in, and when; a temporary shift is planned, and gives way to stand-ins."""

    member: Id
    start: When
    end: When
    temporary: bool = False


class MemberView(View):
    """Somebody on a rota."""

    id: str
    name: str


class RotationView(View):
    """The turns."""

    anchor: date
    hour: int
    minute: int
    period_days: int
    period_hours: int | None
    members: list[MemberView]


class RestrictionView(View):
    """Hours of kinds of day."""

    days: list[int]
    start: str
    end: str


class LayerView(View):
    """A rotation and when it applies."""

    name: str
    rotation: RotationView
    restrictions: list[RestrictionView]

    @classmethod
    def of(cls, sheet: Sheet, layer: Layer) -> LayerView:
        """The view of a layer."""
        rotation = layer.rotation
        return cls(
            name=layer.name,
            rotation=RotationView(
                anchor=rotation.anchor,
                hour=rotation.hour,
                minute=rotation.minute,
                period_days=rotation.period_days,
                period_hours=rotation.period_hours,
                members=[_member(sheet, one) for one in rotation.members],
            ),
            restrictions=[
                RestrictionView(
                    days=sorted(each.days),
                    start=each.start.isoformat("minutes"),
                    end=each.end.isoformat("minutes"),
                )
                for each in layer.restrictions
            ],
        )


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
    temporary: bool


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
    layers: list[LayerView]
    holidays: list[date]
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
        rota = sheet.rota
        return cls(
            id=rota.id,
            organisation=rota.organisation,
            organisation_name=sheet.organisation_name,
            name=rota.name,
            role=rota.role,
            zone=rota.zone,
            phone=rota.phone,
            layers=[LayerView.of(sheet, layer) for layer in rota.layers],
            holidays=sorted(rota.holidays),
            overrides=[
                OverrideView(
                    id=one.id,
                    start=one.start,
                    end=one.end,
                    member=_member(sheet, one.member),
                    temporary=one.temporary,
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
