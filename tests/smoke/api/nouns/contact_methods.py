"""Contact methods: everybody's own, where this server can send messages."""

from __future__ import annotations

from typing import Any

from tests.smoke.api.case import Body, Case, account, nothing
from tests.smoke.api.world import World

VOICE = {"kind": "voice"}
METHOD = "me/contact-methods/{method}"
UNKNOWN = {"observer": 404, "stranger": 404, "admin": 404}


def _method(_world: object) -> dict[str, Any]:
    return {"kind": "sms", "value": "+39 333 555 0101", "after_s": 60}


def own(body: Body = nothing) -> Case:
    """Its person alone."""
    return Case(wrong=UNKNOWN, body=body, path={"method": "ids:contact method"})


async def furnish(world: World) -> None:
    """A contact of the host's, and one to remove."""
    made = await world.does("host", "POST", "me/contact-methods", _method(world) | VOICE)
    world.ids["contact method"] = made["id"]
    other = VOICE | {"value": "+39 02 555 0102"}
    made = await world.does("host", "POST", "me/contact-methods", _method(world) | other)
    world.ids["unwanted contact method"] = made["id"]


CASES = {
    ("GET", "me/contact-methods"): account(),
    ("POST", "me/contact-methods"): account(_method),
    ("PATCH", METHOD): own(lambda _: {"after_s": 30}),
    ("POST", METHOD + "/code"): own(),
    ("POST", METHOD + "/prove"): own(lambda _: {"code": "000000"}),
    ("POST", METHOD + "/test"): own(),
    ("DELETE", METHOD): Case(wrong=UNKNOWN, path={"method": "ids:unwanted contact method"}),
}
