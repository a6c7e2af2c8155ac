"""`/documents`: files in pieces on a connection of their own (docs/protocol.md §6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import socketio
from pydantic import Field, StringConstraints, ValidationError
from socketio.exceptions import ConnectionRefusedError as Refused

from server.domain.access import Actor
from server.domain.documents import Document
from server.domain.errors import DomainError, Forbidden, NotFound, Unauthenticated
from server.domain.uploads import CHUNK_LIMIT, Announcement, Upload
from server.services.documents import Documents
from server.services.ports.clock import Clock, Fresh
from server.services.tokens import Tokens
from server.services.uploads import Uploads
from signaling.errors import to_ack
from signaling.lanes import Lane
from signaling.payloads import Id, Payload, Token

PATH = "/documents"
WINDOW = 8
"""Events of one socket that may wait; clients keep to four chunks."""

TRUST_S = 2.0
"""How long a permission counts before it is asked for again."""

Offset = Annotated[int, Field(ge=0, le=2**50)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
ShortText = Annotated[str, StringConstraints(max_length=200)]


class Connect(Payload):
    """`auth` of the connection: a room token with `documents`."""

    token: Token


class Refresh(Payload):
    """A fresh room token."""

    token: Token


class Begin(Payload):
    """Announces a document, or finds it again."""

    upload: Id | None = None
    client_id: Id
    name: Name
    bytes: Offset
    sha256: Annotated[str, StringConstraints(max_length=64)]
    type: ShortText = ""


class Chunk(Payload):
    """The next bytes."""

    id: Id
    offset: Offset
    data: Annotated[bytes, Field(min_length=1, max_length=CHUNK_LIMIT)]


class Named(Payload):
    """An upload."""

    id: Id


class Read(Payload):
    """A piece of a document."""

    document: Id
    offset: Offset
    bytes: Annotated[int, Field(ge=1, le=CHUNK_LIMIT)]


EVENTS: Mapping[str, type[Payload]] = {
    "begin": Begin,
    "chunk": Chunk,
    "commit": Named,
    "abort": Named,
    "read": Read,
    "token": Refresh,
}


@dataclass(slots=True)
class Transfer:
    """One socket: who, and what it was allowed a moment ago."""

    token: str
    actor: Actor
    trusted_until: float
    lane: Lane = field(default_factory=lambda: Lane(WINDOW))
    uploads: dict[str, Upload] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)

    @property
    def room(self) -> str:
        """The token's room."""
        if self.actor.ticket is None:
            raise Forbidden
        return self.actor.ticket.room


class DocumentChannel(socketio.AsyncNamespace):  # type: ignore[misc]
    """The namespace; each event asks for permission again after a moment."""

    def __init__(
        self, uploads: Uploads, documents: Documents, tokens: Tokens, clock: Clock, fresh: Fresh
    ) -> None:
        super().__init__(PATH)
        self._uploads = uploads
        self._documents = documents
        self._tokens = tokens
        self._clock = clock
        self._fresh = fresh
        self._transfers: dict[str, Transfer] = {}

    async def on_connect(self, sid: str, _environ: dict[str, Any], auth: Any = None) -> None:
        """Admit a room token that grants documents."""
        try:
            token = Connect.parse(auth).token
            actor = await self._tokens.authenticate(token)
            if actor.ticket is None:
                raise Forbidden
            await self._documents.permit(actor, actor.ticket.room)
        except ValidationError:
            raise Refused("refused", {"code": Unauthenticated.code}) from None
        except DomainError as error:
            raise Refused("refused", {"code": error.code}) from None
        self._transfers[sid] = Transfer(token, actor, self._clock.monotonic() + TRUST_S)

    async def on_disconnect(self, sid: str, _reason: str = "") -> None:
        """Forget the socket; its uploads can be resumed."""
        transfer = self._transfers.pop(sid, None)
        if transfer is not None:
            await transfer.lane.close()

    async def trigger_event(self, event: str, *args: Any) -> Any:
        """Acknowledge every event, in order per socket."""
        if event in {"connect", "disconnect"}:
            return await super().trigger_event(event, *args)
        sid, data = args[0], args[1] if len(args) > 1 else None
        try:
            return {"ok": True, **await self._obey(sid, event, data)}
        except Exception as error:
            return to_ack(error, event, self._fresh)

    async def _obey(self, sid: str, event: str, data: Any) -> dict[str, Any]:
        transfer = self._transfers.get(sid)
        if transfer is None:
            raise Unauthenticated
        kind = EVENTS.get(event)
        if kind is None:
            raise NotFound("There is no such event.")
        async with transfer.lane.turn():
            answer: dict[str, Any] = await getattr(self, f"_{event}")(transfer, kind.parse(data))
            return answer

    async def _begin(self, transfer: Transfer, begin: Begin) -> dict[str, Any]:
        await self._trust(transfer)
        if begin.upload is not None:
            progress = await self._uploads.find(transfer.actor, begin.upload)
        else:
            announced = Announcement(
                transfer.room, begin.client_id, begin.name, begin.bytes, begin.sha256, begin.type
            )
            progress = await self._uploads.begin(transfer.actor, announced)
        transfer.uploads[progress.upload.id] = progress.upload
        return {"id": progress.upload.id, "offset": progress.offset}

    async def _chunk(self, transfer: Transfer, chunk: Chunk) -> dict[str, Any]:
        await self._trust(transfer)
        upload = transfer.uploads.get(chunk.id)
        if upload is None:
            upload = (await self._uploads.find(transfer.actor, chunk.id)).upload
            transfer.uploads[chunk.id] = upload
        return {"offset": await self._uploads.append_to(upload, chunk.offset, chunk.data)}

    async def _commit(self, transfer: Transfer, named: Named) -> dict[str, Any]:
        await self._trust(transfer)
        document = await self._uploads.commit(transfer.actor, named.id)
        return {"document": document.to_wire()}

    async def _abort(self, transfer: Transfer, named: Named) -> dict[str, Any]:
        await self._trust(transfer)
        await self._uploads.abort(transfer.actor, named.id)
        transfer.uploads.pop(named.id, None)
        return {}

    async def _read(self, transfer: Transfer, read: Read) -> dict[str, Any]:
        await self._trust(transfer)
        document = transfer.documents.get(read.document)
        if document is None:
            document = await self._documents.opened(transfer.actor, transfer.room, read.document)
            transfer.documents[read.document] = document
        piece = await self._documents.read(document, read.offset, read.bytes)
        return {"data": piece, "end": read.offset + len(piece) >= document.bytes}

    async def _token(self, transfer: Transfer, refresh: Refresh) -> dict[str, Any]:
        actor = await self._tokens.authenticate(refresh.token)
        is_same = (actor.person, actor.ticket and actor.ticket.room) == (
            transfer.actor.person,
            transfer.room,
        )
        if not is_same:
            raise Forbidden
        transfer.token, transfer.actor, transfer.trusted_until = refresh.token, actor, 0.0
        return {}

    async def _trust(self, transfer: Transfer) -> None:
        """Ask anew whether token, person, membership and grant still stand."""
        now = self._clock.monotonic()
        if now < transfer.trusted_until:
            return
        transfer.actor = await self._tokens.authenticate(transfer.token)
        await self._documents.permit(transfer.actor, transfer.room)
        transfer.trusted_until = now + TRUST_S
