"""tus 1.0.0 over HTTP: creation, termination and expiration; the last PATCH commits."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from email.utils import format_datetime

from aiohttp import web

from server.domain.errors import Invalid
from server.domain.uploads import Announcement, Upload
from server.services.uploads import Progress
from server.web.errors import problem_response
from server.web.models import Nothing
from server.web.routing import Call, Routes

routes = Routes("uploads")

PATH = "/api/v1/uploads"
VERSION = "1.0.0"
_EXTENSIONS = "creation,termination,expiration"
_BATCH = 1024 * 1024
_NUMBER = re.compile(r"\d{1,15}")
_OFFSET_TYPE = "application/offset+octet-stream"
_ANSWER = {"Tus-Resumable": VERSION, "Cache-Control": "no-store"}
_METADATA = frozenset({"room", "filename", "filetype", "sha256", "client_id", "name", "type"})

Tus = Call[Nothing, Nothing]


@routes.options(PATH, public=True, streams=True)
async def capabilities(call: Tus) -> web.StreamResponse:
    """Tell what this server can."""
    limit = str(call.services.uploads.bytes_limit)
    headers = {
        "Tus-Version": VERSION,
        "Tus-Extension": _EXTENSIONS,
        "Tus-Max-Size": limit,
    }
    return web.Response(status=204, headers=_ANSWER | headers)


@routes.post(PATH, answers={201: None}, room_token=True, streams=True)
async def create(call: Tus) -> web.StreamResponse:
    """Announce an upload (tus creation)."""
    if refusal := _refuse_version(call):
        return refusal
    fields = _metadata(call.request.headers.get("Upload-Metadata", ""))
    announced = Announcement(
        room=_needed(fields, "room"),
        client_id=fields.get("client_id") or call.services.fresh.id(),
        name=fields.get("filename") or fields.get("name") or "",
        bytes=_number(call, "Upload-Length"),
        sha256=fields.get("sha256"),
        type=fields.get("filetype") or fields.get("type") or "",
    )
    progress = await call.services.uploads.begin(call.actor, announced)
    headers = {"Location": f"{PATH}/{progress.upload.id}"} | _state(progress)
    return web.Response(status=201, headers=_ANSWER | headers)


@routes.head(PATH + "/{id}", answers={200: None}, room_token=True, streams=True)
async def offset(call: Tus) -> web.StreamResponse:
    """Tell how much has arrived."""
    if refusal := _refuse_version(call):
        return refusal
    progress = await call.services.uploads.find(call.actor, call.path["id"])
    length = {"Upload-Length": str(progress.upload.announced.bytes)}
    return web.Response(status=200, headers=_ANSWER | _state(progress) | length)


@routes.patch(PATH + "/{id}", answers={204: None}, room_token=True, streams=True)
async def append(call: Tus) -> web.StreamResponse:
    """Add bytes; the last ones commit the document."""
    if refusal := _refuse_version(call):
        return refusal
    if call.request.content_type != _OFFSET_TYPE:
        return problem_response("invalid", f"Content-Type must be {_OFFSET_TYPE}.", status=415)
    uploads = call.services.uploads
    progress = await uploads.find(call.actor, call.path["id"])
    at = _number(call, "Upload-Offset")
    if at != progress.offset:
        return problem_response("conflict", "Upload-Offset is not where the upload stands.")
    at = await _receive(call, progress.upload, at)
    progress = Progress(progress.upload, at)
    if progress.is_complete:
        await uploads.commit(call.actor, progress.upload.id)
    return web.Response(status=204, headers=_ANSWER | _state(progress))


@routes.delete(PATH + "/{id}", answers={204: None}, room_token=True, streams=True)
async def terminate(call: Tus) -> web.StreamResponse:
    """Give an upload up (tus termination)."""
    if refusal := _refuse_version(call):
        return refusal
    await call.services.uploads.abort(call.actor, call.path["id"])
    return web.Response(status=204, headers=_ANSWER)


async def _receive(call: Tus, upload: Upload, at: int) -> int:
    """Write the body in batches; what arrived is kept, whatever ends it."""
    uploads = call.services.uploads
    batch = bytearray()
    try:
        async for piece in call.request.content.iter_any():
            upload.require_room_for(at, len(batch) + len(piece))
            batch += piece
            if len(batch) >= _BATCH:
                at = await uploads.append_to(upload, at, bytes(batch), sync=False)
                batch.clear()
    finally:
        if batch:
            at = await uploads.append_to(upload, at, bytes(batch), sync=False)
        await uploads.sync(upload)
    return at


def _state(progress: Progress) -> dict[str, str]:
    expires = format_datetime(progress.upload.expires_at, usegmt=True)
    return {"Upload-Offset": str(progress.offset), "Upload-Expires": expires}


def _refuse_version(call: Tus) -> web.Response | None:
    if call.request.headers.get("Tus-Resumable") == VERSION:
        return None
    response = problem_response("invalid", f"Tus-Resumable must be {VERSION}.", status=412)
    response.headers["Tus-Version"] = VERSION
    return response


def _number(call: Tus, name: str) -> int:
    text = call.request.headers.get(name, "")
    if not _NUMBER.fullmatch(text):
        raise Invalid(f"{name} must be a number of bytes.")
    return int(text)


def _metadata(header: str) -> dict[str, str]:
    """Parse `Upload-Metadata`: pairs of key and base64 value, separated by commas."""
    fields: dict[str, str] = {}
    for pair in header.split(","):
        key, _, value = pair.strip().partition(" ")
        if key in _METADATA:
            try:
                fields[key] = b64decode(value, validate=True).decode()
            except (binascii.Error, UnicodeDecodeError) as error:
                raise Invalid(f"Upload-Metadata: {key} is not base64 of UTF-8.") from error
    return fields


def _needed(fields: dict[str, str], name: str) -> str:
    if not fields.get(name):
        raise Invalid(f"Upload-Metadata must have {name}.")
    return fields[name]
