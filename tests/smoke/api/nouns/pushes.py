"""Push subscriptions: everybody's own."""

from __future__ import annotations

from typing import Any

from tests.smoke.api.case import Case, account
from tests.smoke.api.world import World

KEYS = {"p256dh": "BAAA", "auth": "AAAA"}


def _subscription(number: int) -> dict[str, Any]:
    return {"endpoint": f"http://127.0.0.1:9/{number}", "keys": KEYS}


async def furnish(world: World) -> None:
    """A device of the host's."""
    made = await world.does("host", "POST", "push/subscriptions", _subscription(1))
    world.ids["subscription"] = made["id"]


CASES = {
    ("GET", "push/key"): account(),
    ("GET", "push/subscriptions"): account(),
    ("POST", "push/subscriptions"): account(lambda _: _subscription(2)),
    ("POST", "push/test"): account(),
    ("DELETE", "push/subscriptions/{subscription}"): Case(
        wrong={"observer": 404, "stranger": 404, "admin": 404},
        path={"subscription": "ids:subscription"},
    ),
}
