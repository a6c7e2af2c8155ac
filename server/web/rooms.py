"""Rooms over HTTP."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Annotated, cast

from pydantic import AfterValidator, AwareDatetime, Field

from server.domain.access import RoomRole
from server.domain.errors import Invalid
from server.domain.rooms import DURATION_LIMIT_MINUTES, TITLE_LIMIT, RoomChange, RoomKind, RoomState
from server.domain.snapshots import Overview
from server.services.ports.rooms import Position
from server.services.rooms import CreateRoom, RoomsPage
from server.web.members import GrantsView
from server.web.models import Instant, Nothing, Strict, View
from server.web.routing import Answer, Call, Routes

routes = Routes("rooms")


def _in_reach(at: datetime) -> datetime:
    if not 2000 <= at.year < 2200:
        raise ValueError("this year is out of reach")
    return at


Title = Annotated[str, Field(min_length=1, max_length=TITLE_LIMIT)]
When = Annotated[AwareDatetime, AfterValidator(_in_reach)]
Minutes = Annotated[int, Field(ge=1, le=DURATION_LIMIT_MINUTES)]


class InitialMember(Strict):
    """A colleague who belongs to the room from the start."""

    user: str
    role: RoomRole = RoomRole.MEMBER


class CreateRoomBody(Strict):
    """What the room is to be."""

    title: Title
    scheduled_at: When | None = None
    duration_minutes: Minutes | None = None
    lobby: bool = True
    members: Annotated[list[InitialMember], Field(max_length=63, default_factory=list)]
    encrypted: bool = False

    def to_command(self) -> CreateRoom:
        """The use case's command."""
        return CreateRoom(
            self.title,
            self.scheduled_at,
            self.duration_minutes,
            self.lobby,
            [(member.user, member.role) for member in self.members],
            self.encrypted,
        )


class ChangeRoomBody(Strict):
    """What is to change; what is absent stays."""

    title: Title = ""
    scheduled_at: When | None = None
    duration_minutes: Minutes | None = None
    lobby: bool = True
    locked: bool = False
    recordable: bool = False

    def to_change(self) -> RoomChange:
        """Only what was sent."""
        return cast(RoomChange, self.model_dump(exclude_unset=True))


class RoomsQuery(Strict):
    """Which rooms."""

    state: RoomState | None = None
    kind: RoomKind | None = None
    cursor: Annotated[str, Field(max_length=200)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class RoomView(View):
    """*Room* of docs/protocol.md §3."""

    id: str
    title: str
    kind: RoomKind
    state: RoomState
    scheduled_at: Instant | None
    duration_minutes: int | None
    lobby: bool
    locked: bool
    recordable: bool
    encrypted: bool
    created_at: Instant
    created_by: str
    seq: int
    my_role: RoomRole
    my_grants: GrantsView
    members_count: int
    people_present: int
    unread: int

    @classmethod
    def of(cls, overview: Overview) -> RoomView:
        """The view of a room as one person sees it."""
        return cls.model_validate(overview.to_wire())


class RoomsView(View):
    """A page of rooms."""

    items: list[RoomView]
    next: str | None

    @classmethod
    def of(cls, page: RoomsPage) -> RoomsView:
        """The view of a page."""
        following = None if page.next is None else write_cursor(page.next)
        return cls(items=[RoomView.of(one) for one in page.items], next=following)


def write_cursor(position: Position) -> str:
    """An opaque word for a place in the list."""
    text = f"{position.active_at.isoformat()} {position.room}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> Position:
    """The place it stands for. Raises Invalid."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        at, room = text.split(" ")
        active_at = datetime.fromisoformat(at)
        if not room.isprintable() or not 2000 <= active_at.year < 2200:
            raise ValueError("out of reach")
        active_at.timestamp()
        if active_at.tzinfo is None:
            raise ValueError("naive")
    except (ValueError, binascii.Error) as error:
        raise Invalid("The cursor is not one of ours.", path="cursor") from error
    return Position(active_at, room)


@routes.post("/api/v1/rooms", body=CreateRoomBody, answers={201: RoomView}, creates=True)
async def create(call: Call[CreateRoomBody, Nothing]) -> Answer:
    """Create a room; the caller becomes its host."""
    room = await call.services.rooms.create(call.actor, call.body.to_command())
    return Answer(201, RoomView.of(room))


@routes.get("/api/v1/rooms", query=RoomsQuery, answers={200: RoomsView})
async def index(call: Call[Nothing, RoomsQuery]) -> Answer:
    """List the caller's rooms, newest activity first."""
    query = call.query
    after = None if query.cursor is None else read_cursor(query.cursor)
    page = await call.services.rooms.list(
        call.actor, query.state, after, query.limit, kind=query.kind
    )
    return Answer(200, RoomsView.of(page))


@routes.get("/api/v1/rooms/{id}", answers={200: RoomView}, room_token=True)
async def show(call: Call[Nothing, Nothing]) -> Answer:
    """Describe a room."""
    return Answer(200, RoomView.of(await call.services.rooms.get(call.actor, call.path["id"])))


@routes.patch("/api/v1/rooms/{id}", body=ChangeRoomBody, answers={200: RoomView}, room_token=True)
async def change(call: Call[ChangeRoomBody, Nothing]) -> Answer:
    """Change, schedule, lock or unlock a room."""
    room = await call.services.rooms.change(call.actor, call.path["id"], call.body.to_change())
    return Answer(200, RoomView.of(room))


@routes.post("/api/v1/rooms/{id}/close", answers={200: RoomView}, room_token=True)
async def close(call: Call[Nothing, Nothing]) -> Answer:
    """Close a room for everybody."""
    return Answer(200, RoomView.of(await call.services.rooms.close(call.actor, call.path["id"])))
