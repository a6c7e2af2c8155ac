"""A document on its way over the socket channel, with whatever interruptions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from random import Random
from typing import Any, Self

import socketio

from tests.smoke.crash.people import Meeting

CHUNK = 256 * 1024
Json = dict[str, Any]


@dataclass(frozen=True)
class Paper:
    """A document to send: a PDF by its first bytes, noise by the rest."""

    client_id: str
    data: bytes

    @classmethod
    def of(cls, client_id: str, size: int) -> Self:
        """Any document of that many bytes."""
        head = b"%PDF-1.7\n"
        return cls(client_id, head + Random(client_id).randbytes(size - len(head)))

    @property
    def sha256(self) -> str:
        """Of all its bytes."""
        return hashlib.sha256(self.data).hexdigest()

    def begin(self) -> Json:
        """The payload of `begin`."""
        return {
            "client_id": self.client_id,
            "name": "referto.pdf",
            "bytes": len(self.data),
            "sha256": self.sha256,
            "type": "application/pdf",
        }

    def metadata(self, room: str) -> dict[str, str]:
        """The same in `Upload-Metadata`."""
        return {
            "room": room,
            "filename": "referto.pdf",
            "filetype": "application/pdf",
            "sha256": self.sha256,
            "client_id": self.client_id,
        }


class Channel:
    """A connection to `/documents`."""

    def __init__(self, meeting: Meeting) -> None:
        self._meeting = meeting
        self._socket = socketio.AsyncClient(reconnection=False)

    async def __aenter__(self) -> Self:
        token = self._meeting.ticket()
        await self._socket.connect(
            self._meeting.product.url,
            auth={"token": token},
            namespaces=["/documents"],
            transports=["websocket"],
            wait_timeout=10,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.disconnect()

    async def does(self, event: str, payload: Json) -> Json:
        """An event that must succeed."""
        answer = await self._socket.call(event, payload, namespace="/documents", timeout=8)
        assert answer.get("ok") is True, (event, answer)
        return dict(answer)

    async def send(self, paper: Paper, upto: int | None = None) -> int:
        """Begin or resume, and send chunks up to a byte; answers where it began."""
        begun = await self.does("begin", paper.begin())
        start = offset = int(begun["offset"])
        end = len(paper.data) if upto is None else upto
        while offset < end:
            data = paper.data[offset : min(offset + CHUNK, end)]
            payload = {"id": begun["id"], "offset": offset, "data": data}
            offset = int((await self.does("chunk", payload))["offset"])
        return start

    async def commit(self, paper: Paper) -> Json:
        """Commit what has arrived; answers the document."""
        begun = await self.does("begin", paper.begin())
        document = (await self.does("commit", {"id": begun["id"]}))["document"]
        assert isinstance(document, dict)
        return document
