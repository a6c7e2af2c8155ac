"""Slots of expert centres."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, NaiveDatetime

from server.domain.slots import (
    IN_A_ROW_MOST,
    MINUTES_LEAST,
    MINUTES_MOST,
    WEEKS_MOST,
    Series,
    Slot,
)
from server.services.slots import Search
from server.web.models import Instant, Nothing, Strict, View
from server.web.rooms import When
from server.web.routing import Answer, Call, Routes

routes = Routes("slots")

Id = Annotated[str, Field(min_length=1, max_length=80)]


class Named(View):
    """Something with an id and a name to show."""

    id: str
    name: str


class SlotView(View):
    """*Slot* of docs/protocol.md."""

    id: str
    centre: Named
    expert: Named
    starts_at: Instant
    minutes: int
    is_free: bool
    consultation: str | None = None
    """Whose it is; only in the centre's own agenda."""

    @classmethod
    def of(cls, slot: Slot, *, is_own: bool = False) -> SlotView:
        """The view of a slot."""
        whose = slot.consultation if is_own else None
        return cls.model_validate(slot.to_wire() | {"consultation": whose})


class SlotsView(View):
    """Earliest first."""

    items: list[SlotView]


class ExpertView(View):
    """A specialist for whom the caller may publish."""

    id: str
    name: str
    centre: Named


class ExpertsView(View):
    """By name."""

    items: list[ExpertView]


class FreeQuery(Strict):
    """Which free slots."""

    since: When | None = None
    until: When | None = None
    centre: Id | None = None
    expert: Id | None = None


class SeriesBody(Strict):
    """Slots in a row, perhaps weekly, by the clock on the wall of `zone`."""

    expert: Id | None = None
    centre: Id | None = None
    first: NaiveDatetime
    zone: Annotated[str, Field(min_length=1, max_length=64)] = "Europe/Rome"
    minutes: Annotated[int, Field(ge=MINUTES_LEAST, le=MINUTES_MOST)] = 30
    in_a_row: Annotated[int, Field(ge=1, le=IN_A_ROW_MOST)] = 1
    weeks: Annotated[int, Field(ge=1, le=WEEKS_MOST)] = 1

    def to_series(self) -> Series:
        """The domain's series."""
        first: datetime = self.first
        return Series(first, self.zone, self.minutes, self.in_a_row, self.weeks)


@routes.get("/api/v1/slots", query=FreeQuery, answers={200: SlotsView})
async def free(call: Call[Nothing, FreeQuery]) -> Answer:
    """List free slots, earliest first."""
    query = call.query
    search = Search(query.since, query.until, query.centre, query.expert)
    slots = await call.services.care.slots.free(call.actor, search)
    return Answer(200, SlotsView(items=[SlotView.of(slot) for slot in slots]))


@routes.get("/api/v1/slots/agenda", answers={200: SlotsView})
async def agenda(call: Call[Nothing, Nothing]) -> Answer:
    """List my centre's slots, booked ones too."""
    slots = await call.services.care.slots.agenda(call.actor)
    return Answer(200, SlotsView(items=[SlotView.of(slot, is_own=True) for slot in slots]))


@routes.get("/api/v1/slots/experts", answers={200: ExpertsView})
async def experts(call: Call[Nothing, Nothing]) -> Answer:
    """List the experts for whom I may publish slots."""
    found = await call.services.care.slots.experts(call.actor)
    items = [
        ExpertView(id=one.person, name=one.name, centre=Named(id=one.centre, name=one.centre_name))
        for one in found
    ]
    return Answer(200, ExpertsView(items=items))


@routes.post("/api/v1/slots", body=SeriesBody, answers={201: SlotsView}, creates=True)
async def publish(call: Call[SeriesBody, Nothing]) -> Answer:
    """Publish slots: one, several in a row, or a weekly series."""
    body = call.body
    slots = await call.services.care.slots.publish(
        call.actor, body.expert, body.centre, body.to_series()
    )
    return Answer(201, SlotsView(items=[SlotView.of(slot, is_own=True) for slot in slots]))


@routes.delete("/api/v1/slots/{id}", answers={204: None})
async def withdraw(call: Call[Nothing, Nothing]) -> Answer:
    """Withdraw a free slot."""
    await call.services.care.slots.withdraw(call.actor, call.path["id"])
    return Answer(204)
