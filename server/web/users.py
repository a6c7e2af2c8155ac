"""People administration."""

from __future__ import annotations

from pydantic import Field

from server.domain.accounts import Status, User
from server.web.accounts import RoleOf, Text, UserView
from server.web.models import Nothing, Strict, View
from server.web.routing import Answer, Call, Routes

routes = Routes("users")


class UsersQuery(Strict):
    """Which accounts."""

    status: Status | None = None
    q: Text = Field(default="", max_length=100)
    cursor: Text | None = Field(default=None, max_length=80)
    limit: int = Field(default=50, ge=1, le=200)


class UsersView(View):
    """A page of accounts, newest first."""

    items: list[UserView]
    next: str | None


class RolesBody(Strict):
    """What a person is where."""

    roles: list[RoleOf] = Field(max_length=50)


class SuspendBody(Strict):
    """Why."""

    reason: Text = Field(min_length=1, max_length=500)


@routes.get("/api/v1/users", query=UsersQuery, answers={200: UsersView}, administrator=True)
async def read(call: Call[Nothing, UsersQuery]) -> Answer:
    """Accounts, newest first."""
    query = call.query
    page = await call.services.administration.users(
        call.actor, query.status, query.q, query.cursor, query.limit
    )
    return Answer(200, UsersView(items=list(map(UserView.of_user, page.items)), next=page.next))


@routes.post(
    "/api/v1/users/{id}/approve", body=RolesBody, answers={200: UserView}, administrator=True
)
async def approve(call: Call[RolesBody, Nothing]) -> Answer:
    """Admit a registered person, as something somewhere."""
    roles = [role.to_domain() for role in call.body.roles]
    return _answer(await call.services.administration.approve(call.actor, call.path["id"], roles))


@routes.post("/api/v1/users/{id}/reject", answers={200: UserView}, administrator=True)
async def reject(call: Call[Nothing, Nothing]) -> Answer:
    """Refuse a registered person."""
    return _answer(await call.services.administration.reject(call.actor, call.path["id"]))


@routes.post(
    "/api/v1/users/{id}/suspend", body=SuspendBody, answers={200: UserView}, administrator=True
)
async def suspend(call: Call[SuspendBody, Nothing]) -> Answer:
    """End a person's access; sockets and media end within 5 s."""
    administration = call.services.administration
    return _answer(await administration.suspend(call.actor, call.path["id"], call.body.reason))


@routes.post("/api/v1/users/{id}/reinstate", answers={200: UserView}, administrator=True)
async def reinstate(call: Call[Nothing, Nothing]) -> Answer:
    """Admit a suspended person again."""
    return _answer(await call.services.administration.reinstate(call.actor, call.path["id"]))


@routes.post("/api/v1/users/{id}/revoke-sessions", answers={200: UserView}, administrator=True)
async def revoke_sessions(call: Call[Nothing, Nothing]) -> Answer:
    """Sign a person out everywhere; sockets and media end within 5 s."""
    administration = call.services.administration
    return _answer(await administration.revoke_sessions(call.actor, call.path["id"]))


@routes.put("/api/v1/users/{id}/roles", body=RolesBody, answers={200: UserView}, administrator=True)
async def set_roles(call: Call[RolesBody, Nothing]) -> Answer:
    """Replace what a person is where."""
    roles = [role.to_domain() for role in call.body.roles]
    return _answer(await call.services.administration.set_roles(call.actor, call.path["id"], roles))


def _answer(user: User) -> Answer:
    return Answer(200, UserView.of_user(user))
