"""Webhooks over HTTP."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field

from server.domain.webhooks import (
    DESCRIPTION_LIMIT,
    URL_LIMIT,
    Delivery,
    DeliveryState,
    event_types,
)
from server.services.webhooks import PAGE, Made
from server.web.models import Instant, Nothing, Strict, View
from server.web.routing import Answer, Call, Routes

routes = Routes("webhooks")

Url = Annotated[str, Field(min_length=1, max_length=URL_LIMIT)]
Events = Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=100)]
Description = Annotated[str, Field(max_length=DESCRIPTION_LIMIT)]


class CreateWebhookBody(Strict):
    """Where to, and which events; none named means all."""

    url: Url
    events: Annotated[Events, Field(default_factory=list)]
    description: Description = ""
    organisation: Annotated[str, Field(max_length=80)] | None = None


class ChangeWebhookBody(Strict):
    """What is to change; what is absent stays."""

    url: Url | None = None
    events: Events | None = None
    description: Description | None = None
    enabled: bool | None = None


class WebhookView(View):
    """*Webhook* of docs/protocol.md."""

    id: str
    organisation: str
    url: str
    description: str
    events: list[str]
    enabled: bool
    created_at: Instant


class MadeWebhookView(WebhookView):
    """The same with its secret, shown only now."""

    secret: str

    @classmethod
    def of(cls, made: Made) -> MadeWebhookView:
        """The view of a new secret."""
        return cls.model_validate(made.endpoint.to_wire() | {"secret": made.secret})


class WebhooksView(View):
    """Mine, and which events there are."""

    items: list[WebhookView]
    event_types: list[str]


class DeliveryView(View):
    """*Delivery* of docs/protocol.md."""

    id: str
    message: str
    type: str
    state: DeliveryState
    attempts: int
    status: int | None
    error: str | None
    created_at: Instant
    next_at: Instant | None
    ended_at: Instant | None

    @classmethod
    def of(cls, delivery: Delivery) -> DeliveryView:
        """The view of a delivery."""
        return cls.model_validate(delivery.to_wire())


class DeliveriesView(View):
    """A page of the log, newest first."""

    items: list[DeliveryView]
    next: str | None


class DeliveriesQuery(Strict):
    """Which deliveries."""

    state: DeliveryState | None = None
    cursor: Annotated[str, Field(max_length=80)] | None = None


class ReplayBody(Strict):
    """From when on."""

    since: AwareDatetime


class ReplayedView(View):
    """How many go out again."""

    count: int


@routes.post("/api/v1/webhooks", body=CreateWebhookBody, answers={201: MadeWebhookView})
async def create(call: Call[CreateWebhookBody, Nothing]) -> Answer:
    """Send events to an address; the answer holds the secret, once."""
    body = call.body
    made = await call.services.webhooks.create(
        call.actor,
        url=body.url,
        events=body.events,
        description=body.description,
        organisation=body.organisation,
    )
    return Answer(201, MadeWebhookView.of(made))


@routes.get("/api/v1/webhooks", answers={200: WebhooksView})
async def index(call: Call[Nothing, Nothing]) -> Answer:
    """List webhooks of my organisations."""
    found = await call.services.webhooks.list(call.actor)
    items = [WebhookView.model_validate(one.to_wire()) for one in found]
    return Answer(200, WebhooksView(items=items, event_types=event_types()))


@routes.get("/api/v1/webhooks/{webhook}", answers={200: WebhookView})
async def read(call: Call[Nothing, Nothing]) -> Answer:
    """One webhook."""
    found = await call.services.webhooks.get(call.actor, call.path["webhook"])
    return Answer(200, WebhookView.model_validate(found.to_wire()))


@routes.patch("/api/v1/webhooks/{webhook}", body=ChangeWebhookBody, answers={200: WebhookView})
async def change(call: Call[ChangeWebhookBody, Nothing]) -> Answer:
    """Change a webhook, switch it off or on."""
    body = call.body
    changed = await call.services.webhooks.change(
        call.actor,
        call.path["webhook"],
        url=body.url,
        events=body.events,
        description=body.description,
        enabled=body.enabled,
    )
    return Answer(200, WebhookView.model_validate(changed.to_wire()))


@routes.delete("/api/v1/webhooks/{webhook}", answers={204: None})
async def remove(call: Call[Nothing, Nothing]) -> Answer:
    """Remove a webhook with its log."""
    await call.services.webhooks.remove(call.actor, call.path["webhook"])
    return Answer(204)


@routes.post("/api/v1/webhooks/{webhook}/secret", answers={200: MadeWebhookView})
async def rotate(call: Call[Nothing, Nothing]) -> Answer:
    """Give it a new secret; the former one signs no more."""
    made = await call.services.webhooks.rotate_secret(call.actor, call.path["webhook"])
    return Answer(200, MadeWebhookView.of(made))


@routes.post("/api/v1/webhooks/{webhook}/ping", answers={202: DeliveryView})
async def ping(call: Call[Nothing, Nothing]) -> Answer:
    """Send a test event."""
    sent = await call.services.webhooks.ping(call.actor, call.path["webhook"])
    return Answer(202, DeliveryView.of(sent))


@routes.get(
    "/api/v1/webhooks/{webhook}/deliveries", query=DeliveriesQuery, answers={200: DeliveriesView}
)
async def log(call: Call[Nothing, DeliveriesQuery]) -> Answer:
    """The log of deliveries, newest first."""
    query = call.query
    found = await call.services.webhooks.deliveries(
        call.actor, call.path["webhook"], query.state, query.cursor
    )
    following = found[-1].id if len(found) == PAGE else None
    return Answer(
        200, DeliveriesView(items=[DeliveryView.of(one) for one in found], next=following)
    )


@routes.post("/api/v1/webhooks/{webhook}/deliveries/{delivery}/replay", answers={202: DeliveryView})
async def replay(call: Call[Nothing, Nothing]) -> Answer:
    """Send the same message once more, under the same webhook-id."""
    sent = await call.services.webhooks.replay(
        call.actor, call.path["webhook"], call.path["delivery"]
    )
    return Answer(202, DeliveryView.of(sent))


@routes.post("/api/v1/webhooks/{webhook}/replay", body=ReplayBody, answers={202: ReplayedView})
async def replay_failed(call: Call[ReplayBody, Nothing]) -> Answer:
    """Send again all that failed since an instant."""
    count = await call.services.webhooks.replay_failed(
        call.actor, call.path["webhook"], call.body.since
    )
    return Answer(202, ReplayedView(count=count))
