"""Recordings of a room's call over HTTP."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from server.domain.errors import Unauthenticated
from server.domain.recordings import MIX, Recording
from server.web.documents import PersonView, byte_range
from server.web.models import Instant, Nothing, Strict, View
from server.web.routing import Answer, Call, Routes

routes = Routes("recordings")

PLAYBACK_COOKIE = "playback"
_SANDBOX = "default-src 'none'; sandbox"
_BASE = "/api/v1/rooms/{id}/recordings"


class AnswerBody(Strict):
    """Whether the caller agrees to be recorded."""

    given: bool


class ConsentView(View):
    """What a person answered last."""

    person: str
    name: str
    given: bool
    at: Instant


class FileView(View):
    """*RecordedFile* of docs/protocol.md."""

    id: str
    person: str
    name: str
    source: str
    offset_ms: int
    duration_ms: int
    bytes: int


class MixView(View):
    """*Mix* of docs/protocol.md."""

    state: str
    progress: float
    bytes: int
    duration_ms: int


class RecordingView(View):
    """*Recording* of docs/protocol.md."""

    id: str
    room: str
    state: str
    by: PersonView
    started_at: Instant
    stopped_at: Instant | None
    reason: str | None
    expires_at: Instant | None
    consents: list[ConsentView]
    files: list[FileView]
    mix: MixView | None

    @classmethod
    def of(cls, recording: Recording) -> RecordingView:
        """The view of a recording."""
        return cls.model_validate(recording.to_wire())


class RecordingList(View):
    """A room's recordings, newest first."""

    items: list[RecordingView]


@routes.post(_BASE, answers={201: RecordingView}, room_token=True)
async def start(call: Call[Nothing, Nothing]) -> Answer:
    """Start recording: everybody in the call is asked."""
    made = await call.services.recordings.start(call.actor, call.path["id"])
    return Answer(201, RecordingView.of(made))


@routes.get(_BASE, answers={200: RecordingList}, room_token=True)
async def index(call: Call[Nothing, Nothing]) -> Answer:
    """List a room's recordings."""
    found = await call.services.recordings.list(call.actor, call.path["id"])
    return Answer(200, RecordingList(items=[RecordingView.of(one) for one in found]))


@routes.get(f"{_BASE}/{{recording}}", answers={200: RecordingView}, room_token=True)
async def show(call: Call[Nothing, Nothing]) -> Answer:
    """Describe a recording."""
    found = await call.services.recordings.find(call.actor, *_ids(call))
    return Answer(200, RecordingView.of(found))


@routes.post(f"{_BASE}/{{recording}}/answer", body=AnswerBody, answers={204: None}, room_token=True)
async def answer(call: Call[AnswerBody, Nothing]) -> Answer:
    """Agree to be recorded, refuse, or withdraw."""
    await call.services.recordings.answer(call.actor, *_ids(call), given=call.body.given)
    return Answer(204)


@routes.post(f"{_BASE}/{{recording}}/stop", answers={200: RecordingView}, room_token=True)
async def stop(call: Call[Nothing, Nothing]) -> Answer:
    """End a recording."""
    stopped = await call.services.recordings.stop(call.actor, *_ids(call))
    return Answer(200, RecordingView.of(stopped))


@routes.post(f"{_BASE}/{{recording}}/mix", answers={202: RecordingView}, room_token=True)
async def mix(call: Call[Nothing, Nothing]) -> Answer:
    """Have one film made of all sources."""
    asked = await call.services.recordings.ask_mix(call.actor, *_ids(call))
    return Answer(202, RecordingView.of(asked))


@routes.delete(f"{_BASE}/{{recording}}", answers={204: None}, room_token=True)
async def remove(call: Call[Nothing, Nothing]) -> Answer:
    """Delete a recording."""
    await call.services.recordings.remove(call.actor, *_ids(call))
    return Answer(204)


@routes.post(f"{_BASE}/{{recording}}/playback", answers={204: None})
async def playback(call: Call[Nothing, Nothing]) -> Answer:
    """Let this browser's player fetch a recording for some hours, by a cookie for it alone."""
    room, recording = _ids(call)
    await call.services.recordings.opened(call.actor, room, recording)
    minted = call.services.tokens.mint_playback(call.actor, recording)
    cookie = {
        "name": PLAYBACK_COOKIE,
        "value": minted.token,
        "path": f"/api/v1/rooms/{room}/recordings/{recording}/",
        "max_age": minted.expires_in,
        "httponly": True,
        "samesite": "Strict",
        "secure": not call.is_loopback,
    }
    return Answer(204, cookies=(cookie,))


@routes.get(
    f"{_BASE}/{{recording}}/files/{{file}}/content",
    answers={200: None, 206: None},
    public=True,
    streams=True,
)
async def content(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """Play or download a file, whole or one range, by the cookie of `playback`."""
    room, recording_id = _ids(call)
    file = call.path["file"]
    token = call.request.cookies.get(PLAYBACK_COOKIE)
    if token is None:
        raise Unauthenticated
    actor = await call.services.tokens.verify_playback(token, recording_id)
    recordings = call.services.recordings
    recording = await recordings.find(actor, room, recording_id)
    size = recording.size_of(file)
    headers = _headers(recording, file)
    start, stop, status = 0, size, 200
    if "Range" in call.request.headers:
        chosen = byte_range(call.request.headers["Range"], size)
        if chosen is not None:
            (start, stop), status = chosen, 206
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    response = web.StreamResponse(status=status, headers=headers)
    response.content_length = stop - start
    await response.prepare(call.request)
    async for piece in recordings.stream(recording, file, start, stop):
        await response.write(piece)
    await response.write_eof()
    return response


def _ids(call: Call[Any, Any]) -> tuple[str, str]:
    return call.path["id"], call.path["recording"]


def _headers(recording: Recording, file: str) -> dict[str, str]:
    kind = "audio" if recording.is_audio(file) else "video"
    name = f"{recording.started_at:%Y-%m-%d-%H%M}-{'film' if file == MIX else file}.webm"
    return {
        "Content-Type": f"{kind}/webm",
        "Content-Disposition": f'inline; filename="{name}"',
        "Content-Security-Policy": _SANDBOX,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-store",
    }
