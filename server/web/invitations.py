"""Invitations over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field

from server.domain.access import RoomRole
from server.domain.invitations import LONGEST, SECRET_LIMIT, Invitation
from server.domain.memberships import NAME_LIMIT
from server.services.invitations import Arrival
from server.web.models import Instant, Nothing, Strict, View
from server.web.rooms import RoomView
from server.web.routing import Answer, Call, Routes

routes = Routes("invitations")

Name = Annotated[str, Field(min_length=1, max_length=NAME_LIMIT)]
Secret = Annotated[str, Field(min_length=1, max_length=SECRET_LIMIT)]
Minutes = Annotated[int, Field(ge=1, le=LONGEST // timedelta(minutes=1))]


class InviteBody(Strict):
    """Whom the link is for; without `lobby` the room's own rule holds."""

    name: Name
    role: RoomRole = RoomRole.GUEST
    expires_in_minutes: Minutes = 1440
    lobby: bool | None = None


class RedeemBody(Strict):
    """The code from the link's fragment; `name` corrects the one on the invitation."""

    code: Secret
    name: Name | None = None


class ResumeBody(Strict):
    """The secret given at redemption."""

    resume: Secret


class InvitationView(View):
    """An invitation, without its link."""

    id: str
    name: str
    role: RoomRole
    created_at: Instant
    expires_at: Instant
    used_at: Instant | None
    revoked_at: Instant | None

    @classmethod
    def of(cls, invitation: Invitation) -> InvitationView:
        """The view of an invitation."""
        return cls(**_fields(invitation))


class InvitedView(InvitationView):
    """A new invitation with its link, which is shown only now."""

    link: str


class InvitationsView(View):
    """All of a room, newest first."""

    items: list[InvitationView]


class ArrivalView(View):
    """What opens the room to a guest."""

    room_token: str
    expires_in: int
    room: RoomView
    person: str
    resume: str

    @classmethod
    def of(cls, arrival: Arrival) -> ArrivalView:
        """The view of an arrival."""
        return cls(
            room_token=arrival.token.token,
            expires_in=arrival.token.expires_in,
            room=RoomView.of(arrival.overview),
            person=arrival.token.person,
            resume=arrival.resume,
        )


def _fields(invitation: Invitation) -> dict[str, Any]:
    return {name: getattr(invitation, name) for name in InvitationView.model_fields}


@routes.post(
    "/api/v1/rooms/{id}/invitations", body=InviteBody, answers={201: InvitedView}, room_token=True
)
async def create(call: Call[InviteBody, Nothing]) -> Answer:
    """Make a single-use link for a guest.

    `Idempotency-Key` is not kept here: the answer holds a secret, and a second link does no harm.
    """
    body = call.body
    invited = await call.services.invitations.create(
        call.actor,
        call.path["id"],
        name=body.name,
        role=body.role,
        expires_in=timedelta(minutes=body.expires_in_minutes),
        lobby=body.lobby,
    )
    return Answer(201, InvitedView(link=invited.link, **_fields(invited.invitation)))


@routes.get("/api/v1/rooms/{id}/invitations", answers={200: InvitationsView}, room_token=True)
async def index(call: Call[Nothing, Nothing]) -> Answer:
    """List a room's invitations."""
    found = await call.services.invitations.list(call.actor, call.path["id"])
    return Answer(200, InvitationsView(items=[InvitationView.of(one) for one in found]))


@routes.delete("/api/v1/rooms/{id}/invitations/{invitation}", answers={204: None}, room_token=True)
async def revoke(call: Call[Nothing, Nothing]) -> Answer:
    """Revoke a link, and the access of the guest who came by it."""
    await call.services.invitations.revoke(call.actor, call.path["id"], call.path["invitation"])
    return Answer(204)


@routes.post("/api/v1/invitations/redeem", body=RedeemBody, answers={200: ArrivalView}, public=True)
async def redeem(call: Call[RedeemBody, Nothing]) -> Answer:
    """Come in by a link, once."""
    arrival = await call.services.invitations.redeem(call.body.code, call.body.name, call.address)
    return Answer(200, ArrivalView.of(arrival))


@routes.post("/api/v1/invitations/resume", body=ResumeBody, answers={200: ArrivalView}, public=True)
async def resume(call: Call[ResumeBody, Nothing]) -> Answer:
    """Come back as the same guest."""
    arrival = await call.services.invitations.resume(call.body.resume, call.address)
    return Answer(200, ArrivalView.of(arrival))
