"""One's own account."""

from __future__ import annotations

from server.web.accounts import Locale, MeView, Name
from server.web.models import Nothing, Strict
from server.web.routing import Answer, Call, Routes

routes = Routes("me")


class MeBody(Strict):
    """What a person may change of itself."""

    name: Name | None = None
    locale: Locale | None = None


@routes.get("/api/v1/me", answers={200: MeView}, enrolling=True)
async def read(call: Call[Nothing, Nothing]) -> Answer:
    """My account."""
    user = await call.services.accounts.me(call.actor)
    return Answer(200, MeView.of(user, enrolment_required=call.actor.may_only_enrol))


@routes.patch("/api/v1/me", body=MeBody, answers={200: MeView})
async def change(call: Call[MeBody, Nothing]) -> Answer:
    """Change my name or language."""
    user = await call.services.accounts.change_profile(call.actor, call.body.name, call.body.locale)
    return Answer(200, MeView.of(user, enrolment_required=False))
