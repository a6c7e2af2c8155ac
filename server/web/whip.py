"""WHIP and WHEP: devices send into a room, or watch it, over HTTP (RFC 9725 and its companion)."""

from __future__ import annotations

from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from server.domain.access import Source
from server.domain.calls import SdpInvalid
from server.domain.whip import Fragment
from server.services.devices import Session
from server.web.errors import problem_response
from server.web.models import Nothing, Strict
from server.web.routing import Call, Routes

routes = Routes("whip")

PATH = "/api/v1/rooms/{id}/whip"
WATCH = "/api/v1/rooms/{id}/whep"
SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
SDP_BYTES = 64 * 1024
_NO_STORE = {"Cache-Control": "no-store"}


class WhipQuery(Strict):
    """What the picture shows."""

    video: Annotated[Literal["camera", "screen"], Field()] = "camera"


class WhepQuery(Strict):
    """Whom to watch: everybody, or one person."""

    person: Annotated[str, Field(min_length=1, max_length=80)] | None = None


@routes.post(PATH, query=WhipQuery, answers={201: None}, room_token=True, streams=True)
async def publish(call: Call[Nothing, WhipQuery]) -> web.StreamResponse:
    """Begin to send: an SDP offer is answered (WHIP)."""
    if call.request.content_type != SDP:
        return problem_response("invalid", f"Content-Type must be {SDP}.", status=415)
    offer, video = await _text(call.request), Source(call.query.video)
    devices = call.services.devices
    return _begun(call.request, await devices.publish(call.actor, call.path["id"], offer, video))


@routes.post(WATCH, query=WhepQuery, answers={201: None}, room_token=True, streams=True)
async def play(call: Call[Nothing, WhepQuery]) -> web.StreamResponse:
    """Begin to watch: an SDP offer is answered (WHEP)."""
    if call.request.content_type != SDP:
        return problem_response("invalid", f"Content-Type must be {SDP}.", status=415)
    offer, person = await _text(call.request), call.query.person
    devices = call.services.devices
    return _begun(call.request, await devices.play(call.actor, call.path["id"], offer, person))


def _begun(request: web.Request, session: Session) -> web.StreamResponse:
    headers = {"Location": f"{request.path}/{session.id}", "ETag": session.etag}
    return web.Response(
        status=201,
        text=session.answer,
        content_type=SDP,
        headers=_NO_STORE | headers | {"Accept-Patch": FRAGMENT},
    )


@routes.patch(PATH + "/{session}", answers={200: None, 204: None}, room_token=True, streams=True)
async def trickle(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """Restart ICE, or tell candidates, which an ICE-lite server needs none of (WHIP)."""
    return await _trickle(call)


@routes.patch(WATCH + "/{session}", answers={200: None, 204: None}, room_token=True, streams=True)
async def trickle_watching(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """Restart ICE, or tell candidates, which an ICE-lite server needs none of (WHEP)."""
    return await _trickle(call)


async def _trickle(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    session = _session(call)
    if call.request.content_type != FRAGMENT:
        return problem_response("invalid", f"Content-Type must be {FRAGMENT}.", status=415)
    given = call.request.headers.get("If-Match")
    if given is None:
        return problem_response("invalid", "If-Match is needed.", status=428)
    if given not in ("*", session.etag):
        return problem_response("conflict", "That ICE session is over.", status=412)
    fragment = Fragment.parse(await _text(call.request))
    if fragment.ufrag == session.ufrag:
        return web.Response(status=204, headers=_NO_STORE | {"ETag": session.etag})
    answer = await call.services.devices.restart(session, fragment)
    headers = _NO_STORE | {"ETag": session.etag}
    return web.Response(status=200, text=answer, content_type=FRAGMENT, headers=headers)


@routes.delete(PATH + "/{session}", answers={200: None}, room_token=True, streams=True)
async def end(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """Stop sending (WHIP)."""
    await call.services.devices.end(_session(call))
    return web.Response(status=200, headers=_NO_STORE)


@routes.delete(WATCH + "/{session}", answers={200: None}, room_token=True, streams=True)
async def end_watching(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """Stop watching (WHEP)."""
    await call.services.devices.end(_session(call))
    return web.Response(status=200, headers=_NO_STORE)


def _session(call: Call[Nothing, Nothing]) -> Session:
    return call.services.devices.find(call.actor, call.path["id"], call.path["session"])


async def _text(request: web.Request) -> str:
    """The body. Raises SdpInvalid, HTTPRequestEntityTooLarge."""
    body = bytearray()
    async for chunk in request.content.iter_chunked(16 * 1024):
        body += chunk
        if len(body) > SDP_BYTES:
            raise web.HTTPRequestEntityTooLarge(SDP_BYTES, len(body))
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise SdpInvalid("The description is not UTF-8.") from error
