"""Documents of a room over HTTP."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from aiohttp import web

from server.domain.documents import Document
from server.domain.errors import DomainError
from server.web.models import Instant, Nothing, View
from server.web.routing import Answer, Call, Routes

routes = Routes("documents")

_ONE_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_SANDBOX = "default-src 'none'; sandbox"


class RangeInvalid(DomainError):
    """A range that the document does not have (RFC 9110 §15.5.17)."""

    code = "range-invalid"
    message = "The document has no such range."


class PersonView(View):
    """Whose doing."""

    id: str
    name: str


class DicomView(View):
    """What is told of a DICOM file; never the patient."""

    modality: str | None = None
    study_date: str | None = None


class DocumentView(View):
    """*Document* of docs/protocol.md §3."""

    id: str
    name: str
    bytes: int
    sha256: str
    type: str
    created_at: Instant
    sender: PersonView
    dicom: DicomView | None = None

    @classmethod
    def of(cls, document: Document) -> DocumentView:
        """The view of a document."""
        return cls(
            id=document.id,
            name=document.name,
            bytes=document.bytes,
            sha256=document.sha256,
            type=document.type.value,
            created_at=document.created_at,
            sender=PersonView(id=document.sender.id, name=document.sender.name),
            dicom=None if document.dicom is None else DicomView(**document.dicom),
        )


class DocumentList(View):
    """A room's documents."""

    items: list[DocumentView]


@routes.get("/api/v1/rooms/{id}/documents", answers={200: DocumentList}, room_token=True)
async def index(call: Call[Nothing, Nothing]) -> Answer:
    """List a room's documents."""
    found = await call.services.documents.list(call.actor, call.path["id"])
    return Answer(200, DocumentList(items=[DocumentView.of(one) for one in found]))


@routes.get("/api/v1/rooms/{id}/documents/{doc}", answers={200: DocumentView}, room_token=True)
async def show(call: Call[Nothing, Nothing]) -> Answer:
    """Describe a document."""
    found = await call.services.documents.find(call.actor, call.path["id"], call.path["doc"])
    return Answer(200, DocumentView.of(found))


@routes.delete("/api/v1/rooms/{id}/documents/{doc}", answers={204: None}, room_token=True)
async def remove(call: Call[Nothing, Nothing]) -> Answer:
    """Take a document back, or moderate it away."""
    await call.services.documents.remove(call.actor, call.path["id"], call.path["doc"])
    return Answer(204)


@routes.get(
    "/api/v1/rooms/{id}/documents/{doc}/content",
    answers={200: None, 206: None, 304: None},
    room_token=True,
    streams=True,
)
async def content(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """Download a document, whole or one range."""
    documents = call.services.documents
    document = await documents.opened(call.actor, call.path["id"], call.path["doc"])
    etag = f'"sha256-{document.sha256}"'
    headers = _headers(document, etag)
    asked = call.request.headers
    if etag in asked.get("If-None-Match", ""):
        return web.Response(status=304, headers={"ETag": etag})
    start, stop = 0, document.bytes
    status = 200
    if "Range" in asked and asked.get("If-Range", etag) == etag:
        chosen = byte_range(asked["Range"], document.bytes)
        if chosen is not None:
            (start, stop), status = chosen, 206
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{document.bytes}"
    response = web.StreamResponse(status=status, headers=headers)
    response.content_length = stop - start
    await response.prepare(call.request)
    async for piece in documents.stream(document, start, stop):
        await response.write(piece)
    await response.write_eof()
    return response


def _headers(document: Document, etag: str) -> dict[str, Any]:
    return {
        "Content-Type": document.type.value,
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(document.name, safe='')}",
        "Content-Security-Policy": _SANDBOX,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-store",
        "ETag": etag,
    }


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """First byte and end of one byte range; None for what may be ignored (RFC 9110 §14.2)."""
    match = _ONE_RANGE.fullmatch(header.strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first == "":
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(int(last) + 1, size) if last else size
    if start >= size or start >= stop:
        raise RangeInvalid
    return start, stop
