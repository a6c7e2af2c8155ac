"""Quiet hours over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import Annotated

from pydantic import Field

from server.domain.quiet_hours import DEVICE_LIMIT, EVERYWHERE, QUIET_LIMIT, QuietHours
from server.web.models import Nothing, Strict, View
from server.web.routing import Answer, Call, Routes

routes = Routes("guard")

Hour = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class QuietBody(Strict):
    """One daily time of quiet; without a device, on all of them."""

    start: Hour
    end: Hour
    zone: Annotated[str, Field(min_length=1, max_length=64)]
    device: Annotated[str, Field(min_length=1, max_length=DEVICE_LIMIT)] | None = None

    def to_domain(self) -> QuietHours:
        """Parsed."""
        start, end = time.fromisoformat(self.start), time.fromisoformat(self.end)
        return QuietHours(start, end, self.zone, self.device or EVERYWHERE)


class QuietHoursBody(Strict):
    """All of mine."""

    items: Annotated[list[QuietBody], Field(max_length=QUIET_LIMIT)]


class QuietView(View):
    """One item of *QuietHours* of docs/protocol.md."""

    start: str
    end: str
    zone: str
    device: str | None


class QuietHoursView(View):
    """All of mine."""

    items: list[QuietView]


@routes.get("/api/v1/guard/quiet-hours", answers={200: QuietHoursView})
async def get(call: Call[Nothing, Nothing]) -> Answer:
    """When routine requests make no sound on my devices."""
    return _answer(await call.services.care.guard.quiet.get(call.actor))


@routes.put("/api/v1/guard/quiet-hours", body=QuietHoursBody, answers={200: QuietHoursView})
async def put(call: Call[QuietHoursBody, Nothing]) -> Answer:
    """Choose when routine requests make no sound; emergencies and urgent ones always do."""
    hours = [one.to_domain() for one in call.body.items]
    return _answer(await call.services.care.guard.quiet.replace(call.actor, hours))


def _answer(found: Sequence[QuietHours]) -> Answer:
    items = [QuietView.model_validate(one.to_wire()) for one in found]
    return Answer(200, QuietHoursView(items=items))
