"""Webhooks: integrators and administrators of the organisation."""

from __future__ import annotations

from typing import Any

from tests.smoke.api.case import Body, Case, nothing
from tests.smoke.api.world import World

URL = "http://127.0.0.1:9/hook"


def webhook(body: Body = nothing, **path: str) -> Case:
    """Whoever manages it; everybody else is refused."""
    wrong = {"host": 403, "observer": 403, "stranger": 403}
    return Case("admin", wrong, body, path={"webhook": "ids:webhook"} | path)


def _since(_world: World) -> dict[str, Any]:
    return {"since": "2026-01-01T00:00:00Z"}


async def furnish(world: World) -> None:
    """An administrator's webhook, with a delivery and one to remove."""
    made = await world.does("admin", "POST", "webhooks", {"url": URL})
    world.ids["webhook"] = made["id"]
    sent = await world.does("admin", "POST", f"webhooks/{made['id']}/ping")
    world.ids["delivery"] = sent["id"]
    made = await world.does("admin", "POST", "webhooks", {"url": URL})
    world.ids["unwanted webhook"] = made["id"]


CASES = {
    ("GET", "webhooks"): webhook(),
    ("POST", "webhooks"): webhook(lambda _: {"url": URL}),
    ("GET", "webhooks/{webhook}"): webhook(),
    ("PATCH", "webhooks/{webhook}"): webhook(lambda _: {"description": "RIS"}),
    ("POST", "webhooks/{webhook}/secret"): webhook(),
    ("POST", "webhooks/{webhook}/ping"): webhook(),
    ("GET", "webhooks/{webhook}/deliveries"): webhook(),
    ("POST", "webhooks/{webhook}/deliveries/{delivery}/replay"): webhook(delivery="ids:delivery"),
    ("POST", "webhooks/{webhook}/replay"): webhook(_since),
    ("DELETE", "webhooks/{webhook}"): webhook(webhook="ids:unwanted webhook"),
}
