"""The quality record: members of the room see its calls, administrators the network's."""

from __future__ import annotations

from server.domain.call_quality import LinkPath, Minute, Seat
from server.web.routing import SERVICES
from tests.smoke.api.case import Case, administrator, member
from tests.smoke.api.world import World

_NOBODY = {"host": 403, "observer": 403}

CASES = {
    ("GET", "rooms/{id}/quality"): member(),
    ("GET", "call-quality"): administrator(),
    ("GET", "call-quality/paths"): administrator(),
    ("GET", "call-quality/calls/{call}"): Case("admin", _NOBODY, path={"call": "ids:call"}),
}


async def furnish(world: World) -> None:
    """A minute of a call in the room."""
    world.ids["call"] = "call-of-the-matrix"
    now, room = world.clock.now(), world.ids["room"]
    seat = Seat(world.ids["call"], room, "peer", world.users["host"], None)
    minute = Minute(
        seat, now, 20, 4.0, 3.0, 0.0, 0.0, 1.0, 9.0, 500.0, 500.0, 720, 360, 0, 0.0, LinkPath.UDP
    )
    app = world.http.app
    assert app is not None
    async with app[SERVICES].call_quality.database.transaction() as uow:
        await uow.call_quality.add([minute])
