"""Members of a room, its lobby and its tokens over HTTP."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from server.domain.access import Ability, Grants, RoomRole, Source
from server.domain.memberships import Membership, MembershipState
from server.services.room_tokens import RoomToken
from server.web.models import Nothing, Strict, View
from server.web.routing import Answer, Call, Routes

routes = Routes("members")

Person = Annotated[str, Field(min_length=1, max_length=80)]


class GrantsBody(Strict):
    """All that a person may do; what is absent is not granted."""

    publish: Annotated[list[Source], Field(default_factory=list)]
    subscribe: bool = False
    chat: bool = False
    documents: bool = False
    moderate: bool = False
    present: bool = False
    record: bool = False

    def to_grants(self) -> Grants:
        """The domain's grants."""
        abilities = frozenset(ability for ability in Ability if getattr(self, ability))
        return Grants(frozenset(self.publish), abilities)


class GrantsView(View):
    """What a person may do."""

    publish: list[Source]
    subscribe: bool
    chat: bool
    documents: bool
    moderate: bool
    present: bool
    record: bool

    @classmethod
    def of(cls, grants: Grants) -> GrantsView:
        """The view of grants."""
        return cls.model_validate(grants.to_wire())


class MemberView(View):
    """*Member* of docs/protocol.md §3."""

    person: str
    name: str
    role: RoomRole
    grants: GrantsView
    state: MembershipState
    is_guest: bool

    @classmethod
    def of(cls, member: Membership) -> MemberView:
        """The view of a membership."""
        return cls.model_validate(member.to_wire())


class MembersView(View):
    """Everybody but the removed."""

    items: list[MemberView]


class AddMemberBody(Strict):
    """A colleague, and as what."""

    user: Person
    role: RoomRole = RoomRole.MEMBER


class ChangeMemberBody(Strict):
    """A new role brings its grants unless others are given."""

    role: RoomRole | None = None
    grants: GrantsBody | None = None


class PersonBody(Strict):
    """Whom it is about."""

    person: Person


class RoomTokenView(View):
    """A room token and what it says."""

    room_token: str
    expires_in: int
    person: str
    grants: GrantsView

    @classmethod
    def of(cls, minted: RoomToken) -> RoomTokenView:
        """The view of a minted token."""
        return cls(
            room_token=minted.token,
            expires_in=minted.expires_in,
            person=minted.person,
            grants=GrantsView.of(minted.grants),
        )


@routes.get("/api/v1/rooms/{id}/members", answers={200: MembersView}, room_token=True)
async def index(call: Call[Nothing, Nothing]) -> Answer:
    """List a room's members."""
    members = await call.services.members.list(call.actor, call.path["id"])
    return Answer(200, MembersView(items=[MemberView.of(member) for member in members]))


@routes.post(
    "/api/v1/rooms/{id}/members",
    body=AddMemberBody,
    answers={201: MemberView},
    room_token=True,
    creates=True,
)
async def add(call: Call[AddMemberBody, Nothing]) -> Answer:
    """Add a colleague."""
    member = await call.services.members.add(
        call.actor, call.path["id"], call.body.user, call.body.role
    )
    return Answer(201, MemberView.of(member))


@routes.patch(
    "/api/v1/rooms/{id}/members/{person}",
    body=ChangeMemberBody,
    answers={200: MemberView},
    room_token=True,
)
async def change(call: Call[ChangeMemberBody, Nothing]) -> Answer:
    """Give a member another role or other grants."""
    grants = None if call.body.grants is None else call.body.grants.to_grants()
    member = await call.services.members.change(
        call.actor, call.path["id"], call.path["person"], call.body.role, grants
    )
    return Answer(200, MemberView.of(member))


@routes.delete("/api/v1/rooms/{id}/members/{person}", answers={204: None}, room_token=True)
async def remove(call: Call[Nothing, Nothing]) -> Answer:
    """Remove a member, or leave for good."""
    await call.services.members.remove(call.actor, call.path["id"], call.path["person"])
    return Answer(204)


@routes.post(
    "/api/v1/rooms/{id}/admit", body=PersonBody, answers={200: MemberView}, room_token=True
)
async def admit(call: Call[PersonBody, Nothing]) -> Answer:
    """Let somebody in from the lobby."""
    member = await call.services.lobby.admit(call.actor, call.path["id"], call.body.person)
    return Answer(200, MemberView.of(member))


@routes.post(
    "/api/v1/rooms/{id}/refuse", body=PersonBody, answers={200: MemberView}, room_token=True
)
async def refuse(call: Call[PersonBody, Nothing]) -> Answer:
    """Turn somebody away from the lobby."""
    member = await call.services.lobby.refuse(call.actor, call.path["id"], call.body.person)
    return Answer(200, MemberView.of(member))


@routes.post("/api/v1/rooms/{id}/tokens", answers={200: RoomTokenView}, room_token=True)
async def mint(call: Call[Nothing, Nothing]) -> Answer:
    """Mint a room token; a guest refreshes with the one it has."""
    minted = await call.services.room_tokens.mint(call.actor, call.path["id"])
    return Answer(200, RoomTokenView.of(minted))
