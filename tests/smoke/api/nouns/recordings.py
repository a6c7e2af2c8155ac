"""Recordings: for those who may record; each in the room answers for itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from aiohttp import web

from server.domain.recordings import RecordedFile, Recording, RecordingState
from server.domain.timeline import Sender
from server.web.routing import SERVICES
from tests.smoke.api.case import Case, granted, member, nothing
from tests.smoke.api.world import World

ROW = "rooms/{id}/recordings/{recording}"
OF = {"recording": "ids:recording"}


def may_record(path: Mapping[str, str] | None = None) -> Case:
    """The grant that observers lack."""
    return granted(nothing, **dict(path or {}))


CASES: dict[tuple[str, str], Case] = {
    ("GET", "rooms/{id}/recordings"): may_record(),
    ("POST", "rooms/{id}/recordings"): may_record(),
    ("GET", ROW): may_record(OF),
    ("POST", f"{ROW}/answer"): member(lambda _: {"given": True}, recording="ids:recording"),
    ("POST", f"{ROW}/stop"): may_record(OF),
    ("POST", f"{ROW}/playback"): may_record(OF),
    ("POST", f"{ROW}/mix"): may_record(OF),
    ("DELETE", ROW): may_record(OF),
}


async def furnish(world: World) -> None:
    """A finished recording, as the engine leaves it."""
    await add(world, ready=True)


async def add(world: World, *, ready: bool) -> Recording:
    """A recording with one file."""
    server: Any = world.http.server
    app = server.app
    assert isinstance(app, web.Application)
    recordings = app[SERVICES].recordings
    now = world.clock.now()
    file = RecordedFile("f1", world.users["host"], "Host", "camera", "V_VP8", 0, 2000, 40_000)
    recording = Recording(
        "recording-1",
        world.ids["room"],
        Sender(world.users["host"], "Host"),
        now,
        "gone",
        recordings._box.seal(bytes(32), "recording:recording-1"),
        RecordingState.READY if ready else RecordingState.STOPPED,
        stopped_at=now,
        expires_at=now + timedelta(days=1),
        files=(file,),
    )
    async with recordings._database.transaction() as uow:
        await uow.recordings.add(recording)
    world.ids["recording"] = recording.id
    return recording
