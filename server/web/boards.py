"""Boards (MDT meetings, RCP) over HTTP: meetings and their figures."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from server.domain.board_figures import MONTHS_LIMIT, Month
from server.domain.boards import DURATION_LIMIT_MINUTES, PARTICIPANTS_LIMIT, TITLE_LIMIT
from server.domain.specialties import Specialty
from server.services.boards import CallMeeting, Line, MeetingChange, When
from server.web.board_models import BoardView, PersonView
from server.web.models import Instant, Nothing, Strict, View
from server.web.rooms import When as Moment
from server.web.routing import Answer, Call, Routes

routes = Routes("boards")

Title = Annotated[str, Field(min_length=1, max_length=TITLE_LIMIT)]
Minutes = Annotated[int, Field(ge=1, le=DURATION_LIMIT_MINUTES)]
Text = Annotated[str, Field(min_length=1, max_length=80)]


class Chair(Strict):
    """Somebody who is to sit on the board."""

    person: Text
    specialty: Specialty


Chairs = Annotated[list[Chair], Field(min_length=1, max_length=PARTICIPANTS_LIMIT)]


class CallBody(Strict):
    """What the meeting is to be."""

    title: Title
    starts_at: Moment
    duration_minutes: Minutes = 60
    coordinator: Text
    participants: Chairs

    def to_command(self) -> CallMeeting:
        """The use case's command."""
        chairs = [(one.person, one.specialty) for one in self.participants]
        return CallMeeting(
            self.title, self.starts_at, self.duration_minutes, self.coordinator, chairs
        )


class ChangeBody(Strict):
    """What is to change; what is absent stays."""

    title: Title | None = None
    starts_at: Moment | None = None
    duration_minutes: Minutes | None = None
    participants: Chairs | None = None

    def to_command(self) -> MeetingChange:
        """The use case's command."""
        chairs = self.participants
        return MeetingChange(
            self.title,
            self.starts_at,
            self.duration_minutes,
            None if chairs is None else [(one.person, one.specialty) for one in chairs],
        )


class BoardsQuery(Strict):
    """Which meetings."""

    when: When = When.UPCOMING
    room: Annotated[str, Field(max_length=80)] | None = None


class LineView(View):
    """*BoardLine* of docs/protocol.md: a meeting in a list, with its cases' states."""

    id: str
    room: str
    title: str
    starts_at: Instant
    duration_minutes: int
    coordinator: str
    created_by: str
    participants: list[PersonView]
    cases: list[str]

    @classmethod
    def of(cls, line: Line) -> LineView:
        """The view of one line."""
        return cls.model_validate(line.to_wire())


class LinesView(View):
    """Meetings in order."""

    items: list[LineView]


class FiguresQuery(Strict):
    """So many months up to one."""

    months: Annotated[int, Field(ge=1, le=MONTHS_LIMIT)] = 12
    until: Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")] | None = None

    @property
    def last(self) -> date | None:
        """A day of the last month."""
        return None if self.until is None else date.fromisoformat(f"{self.until}-01")


class MonthView(View):
    """*Month* of docs/protocol.md."""

    month: str
    cases: int
    quorum_met: int
    quorum_rate: float | None
    signed: int
    returned: int
    outside: int
    specialties_mean: float | None
    specialties: dict[str, int]

    @classmethod
    def of(cls, month: Month) -> MonthView:
        """The view of one month."""
        return cls.model_validate(month.to_wire())


class MonthsView(View):
    """The oldest month first."""

    items: list[MonthView]


@routes.post("/api/v1/boards", body=CallBody, answers={201: BoardView}, creates=True)
async def create(call: Call[CallBody, Nothing]) -> Answer:
    """Call a meeting and open its room."""
    meeting = await call.services.care.boards.call(call.actor, call.body.to_command())
    return Answer(201, BoardView.of(meeting))


@routes.get("/api/v1/boards", query=BoardsQuery, answers={200: LinesView})
async def index(call: Call[Nothing, BoardsQuery]) -> Answer:
    """List my meetings, or find the one of a room."""
    boards, query = call.services.care.boards, call.query
    if query.room is None:
        lines = await boards.mine(call.actor, query.when)
    else:
        lines = await boards.of_room(call.actor, query.room)
    return Answer(200, LinesView(items=[LineView.of(line) for line in lines]))


@routes.get("/api/v1/boards/statistics", query=FiguresQuery, answers={200: MonthsView})
async def statistics(call: Call[Nothing, FiguresQuery]) -> Answer:
    """Activity and quality month by month."""
    query = call.query
    found = await call.services.care.board_figures.months(call.actor, query.months, query.last)
    return Answer(200, MonthsView(items=[MonthView.of(month) for month in found]))


@routes.get("/api/v1/boards/statistics.csv", query=FiguresQuery, answers={200: None})
async def statistics_csv(call: Call[Nothing, FiguresQuery]) -> web.StreamResponse:
    """The same as CSV."""
    query = call.query
    text = await call.services.care.board_figures.csv(call.actor, query.months, query.last)
    headers: dict[str, Any] = {
        "Content-Disposition": 'attachment; filename="boards.csv"',
        "Cache-Control": "private, no-store",
    }
    return web.Response(text=text, content_type="text/csv", headers=headers)


@routes.get("/api/v1/boards/{id}", answers={200: BoardView})
async def show(call: Call[Nothing, Nothing]) -> Answer:
    """A meeting with its agenda, and who is there now."""
    meeting = await call.services.care.boards.get(call.actor, call.path["id"])
    return Answer(200, BoardView.of(meeting))


@routes.patch("/api/v1/boards/{id}", body=ChangeBody, answers={200: BoardView})
async def change(call: Call[ChangeBody, Nothing]) -> Answer:
    """Move a meeting, or change who sits on it."""
    boards = call.services.care.boards
    meeting = await boards.change(call.actor, call.path["id"], call.body.to_command())
    return Answer(200, BoardView.of(meeting))
