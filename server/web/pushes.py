"""Push subscriptions over HTTP."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from server.domain.pushes import KEY_LIMIT, Subscription
from server.domain.webhooks import URL_LIMIT
from server.web.models import Instant, Nothing, Strict, View
from server.web.routing import Answer, Call, Routes

routes = Routes("push")

Key = Annotated[str, Field(min_length=1, max_length=KEY_LIMIT)]


class Keys(Strict):
    """The browser's keys (RFC 8291 §2)."""

    p256dh: Key
    auth: Key


class SubscribeBody(Strict):
    """`PushSubscription.toJSON()` of the browser, without its expiration."""

    endpoint: Annotated[str, Field(min_length=1, max_length=URL_LIMIT)]
    keys: Keys


class KeyView(View):
    """The server's public key, base64url."""

    key: str


class SubscriptionView(View):
    """*PushSubscription* of docs/protocol.md."""

    id: str
    created_at: Instant
    used_at: Instant | None

    @classmethod
    def of(cls, subscription: Subscription) -> SubscriptionView:
        """The view of a subscription."""
        return cls.model_validate(subscription.to_wire())


class SubscriptionsView(View):
    """My devices."""

    items: list[SubscriptionView]


class TestedView(View):
    """How many devices are being woken."""

    count: int


@routes.get("/api/v1/push/key", answers={200: KeyView})
async def key(call: Call[Nothing, Nothing]) -> Answer:
    """The key to subscribe with."""
    return Answer(200, KeyView(key=await call.services.pushes.public_key()))


@routes.get("/api/v1/push/subscriptions", answers={200: SubscriptionsView})
async def index(call: Call[Nothing, Nothing]) -> Answer:
    """My devices that may be woken."""
    found = await call.services.pushes.list(call.actor)
    return Answer(200, SubscriptionsView(items=[SubscriptionView.of(one) for one in found]))


@routes.post("/api/v1/push/subscriptions", body=SubscribeBody, answers={201: SubscriptionView})
async def subscribe(call: Call[SubscribeBody, Nothing]) -> Answer:
    """Let this browser be woken."""
    body = call.body
    made = await call.services.pushes.subscribe(
        call.actor, body.endpoint, body.keys.p256dh, body.keys.auth
    )
    return Answer(201, SubscriptionView.of(made))


@routes.delete("/api/v1/push/subscriptions/{subscription}", answers={204: None})
async def unsubscribe(call: Call[Nothing, Nothing]) -> Answer:
    """Wake this device no more."""
    await call.services.pushes.unsubscribe(call.actor, call.path["subscription"])
    return Answer(204)


@routes.post("/api/v1/push/test", answers={202: TestedView})
async def test(call: Call[Nothing, Nothing]) -> Answer:
    """Wake my own devices, to see that it works."""
    return Answer(202, TestedView(count=await call.services.pushes.test(call.actor)))
