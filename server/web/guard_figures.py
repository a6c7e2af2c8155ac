"""The guard's figures over HTTP."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from aiohttp import web
from pydantic import Field

from server.domain.guard_figures import By, Measure
from server.services.guard_figures import Asked
from server.web.models import Nothing, Strict, View
from server.web.pathway_figures import Day
from server.web.routing import Answer, Call, Routes

routes = Routes("guard")

Id = Annotated[str, Field(min_length=1, max_length=80)]


class Table(StrEnum):
    """What a file holds."""

    TIMES = "times"
    LOAD = "load"


class FiguresQuery(Strict):
    """Which days, both included; the last 30 unless said; of one service or of all."""

    from_: Day | None = Field(default=None, alias="from")
    to: Day | None = None
    service: Id | None = None

    @property
    def asked(self) -> Asked:
        """What the use case is asked."""
        return Asked(self.from_, self.to, self.service)


class TableQuery(FiguresQuery):
    """The same, and which table of it."""

    table: Table = Table.TIMES


class TimesView(View):
    """*GuardTimes* of docs/protocol.md; seconds."""

    measure: Measure
    count: int
    p50_s: float | None
    p90_s: float | None
    within: int | None
    of: int | None
    share: float | None


class GroupView(View):
    """*GuardGroup* of docs/protocol.md."""

    key: str
    name: str
    requests: int
    times: list[TimesView]


class LoadView(View):
    """*GuardLoad* of docs/protocol.md."""

    person: str
    name: str
    accepted: int
    at_night: int
    night_share: float | None
    reported: int
    hours: float
    nights: int


class FiguresView(View):
    """*GuardFigures* of docs/protocol.md."""

    first: str
    last: str
    all: GroupView
    services: list[GroupView]
    sites: list[GroupView]
    hours: list[GroupView]
    priorities: list[GroupView]
    people: list[LoadView]


@routes.get("/api/v1/guard/figures", query=FiguresQuery, answers={200: FiguresView})
async def read(call: Call[Nothing, FiguresQuery]) -> Answer:
    """How soon the guard answered, and who carried it."""
    found = await call.services.care.guard.figures.read(call.actor, call.query.asked)
    groups = {by: [GroupView.model_validate(one) for one in found.of(by)] for by in By}
    view = FiguresView(
        first=found.period.first.isoformat(),
        last=found.period.last.isoformat(),
        all=groups[By.ALL][0],
        services=groups[By.SERVICE],
        sites=groups[By.SITE],
        hours=groups[By.HOUR],
        priorities=groups[By.PRIORITY],
        people=[LoadView.model_validate(one) for one in found.people],
    )
    return Answer(200, view)


@routes.get("/api/v1/guard/figures.csv", query=TableQuery, answers={200: None}, streams=True)
async def download(call: Call[Nothing, TableQuery]) -> web.StreamResponse:
    """One table of the same as CSV."""
    figures, table = call.services.care.guard.figures, call.query.table
    write = figures.times_csv if table is Table.TIMES else figures.load_csv
    return web.Response(
        text=await write(call.actor, call.query.asked),
        content_type="text/csv",
        charset="utf-8",
        headers={
            "Cache-Control": "private, no-store",
            "Content-Disposition": f'attachment; filename="guard-{table.value}.csv"',
        },
    )
