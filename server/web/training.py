"""The training sandbox over HTTP: the way in, on the real network; coming in, in the sandbox."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from server.domain.access import Role
from server.domain.errors import NotFound
from server.services.sandbox import TrainingSandbox
from server.services.sessions import Origin
from server.web.auth import SessionView, signed_in
from server.web.models import Nothing, Strict, View
from server.web.routing import Answer, Call, Routes

routes = Routes("training")


class EnterBody(Strict):
    """What to practise."""

    role: Role


class PassView(View):
    """A code for the page `/enter` of the sandbox, good once and soon.

    The sandbox is at `url`, or on this same host at `port`.
    """

    code: str
    url: str | None
    port: int


class PassBody(Strict):
    """The code of the link's fragment."""

    code: Annotated[str, Field(min_length=1, max_length=200)]


class AboutView(View):
    """Which realm this is, and whether there is another to practise in."""

    version: str
    training: bool
    training_offered: bool
    source_url: str | None


@routes.get("/api/v1/about", answers={200: AboutView}, public=True)
async def about(call: Call[Nothing, Nothing]) -> Answer:
    """What this server is."""
    services = call.services
    return Answer(
        200,
        AboutView(
            version=services.version,
            training=services.sandbox is not None,
            training_offered=services.training.is_offered,
            source_url=services.source_url,
        ),
    )


@routes.post("/api/v1/training/passes", body=EnterBody, answers={201: PassView})
async def enter(call: Call[EnterBody, Nothing]) -> Answer:
    """Go practise a role; nothing there is real."""
    training = call.services.training
    code = await training.enter(call.actor, call.body.role)
    port = training.address.port(secure=not call.is_loopback)
    return Answer(201, PassView(code=code, url=training.address.url, port=port))


@routes.post("/api/v1/training/redeem", body=PassBody, answers={200: SessionView}, public=True)
async def redeem(call: Call[PassBody, Nothing]) -> Answer:
    """Come into the sandbox; sets its refresh cookie."""
    origin = Origin(call.address, call.is_loopback)
    return signed_in(call, await _sandbox(call).redeem(call.body.code, origin))


@routes.post("/api/v1/training/reset", answers={204: None})
async def reset(call: Call[Nothing, Nothing]) -> Answer:
    """Forget all that was practised and begin anew; on the real network, administrators only."""
    services = call.services
    if services.sandbox is not None:
        await services.sandbox.reset_by(call.actor)
    else:
        await services.training.reset(call.actor)
    return Answer(204)


def _sandbox(call: Call[PassBody, Nothing]) -> TrainingSandbox:
    if call.services.sandbox is None:
        raise NotFound
    return call.services.sandbox
