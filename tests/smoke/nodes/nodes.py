"""Two server processes, the Redis between them, and people connected to either."""

from __future__ import annotations

import asyncio
import os
import signal
import uuid
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import socketio

from tests.e2e.product import Product
from tests.servers.process import free_port, running
from tests.servers.redis import _answers
from tests.smoke.crash.people import Meeting
from tests.waiting import until

Json = dict[str, Any]


class OwnRedis:
    """A Redis that stops, or stands still, and comes back on its port."""

    def __init__(self, program: str, home: Path) -> None:
        self._port = free_port()
        self._log = home / "redis.log"
        self._command = [
            *(program, "--bind", "127.0.0.1", "--port", str(self._port)),
            *("--save", "", "--appendonly", "no", "--dir", str(home)),
        ]
        self._process = ExitStack()
        self._pid = 0

    @property
    def url(self) -> str:
        """For `REDIS_URL`."""
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start, empty."""
        ready = partial(_answers, self._port)
        self._pid = self._process.enter_context(running(self._command, ready, self._log))

    def stop(self) -> None:
        """Stop: connections break; idempotent."""
        self._process.close()

    def freeze(self) -> None:
        """Stand still: connections stay, nothing answers."""
        os.kill(self._pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on."""
        os.kill(self._pid, signal.SIGCONT)


@dataclass(frozen=True)
class Nodes:
    """Who shares what: the database, Redis and the folder of data are one for both."""

    here: Product
    there: Product
    redis: OwnRedis

    def are_ready(self) -> list[tuple[int, Json]]:
        """What `/health/ready` says on either."""
        return [one.ask("GET", "/health/ready") for one in (self.here, self.there)]


class Visitor:
    """One device of somebody in a meeting's room, connected to one of the processes."""

    def __init__(self, meeting: Meeting, number: int, product: Product) -> None:
        self.meeting = meeting
        self.number = number
        self.product = product
        self.peer = ""
        self.snapshot: Json = {}
        self.heard: list[tuple[str, Json]] = []
        self.timeline: dict[int, Json] = {}
        self._socket = socketio.AsyncClient(reconnection=False)
        self._socket.on("*", self._hear, namespace="/room")

    async def __aenter__(self) -> Self:
        await self._socket.connect(
            self.product.url,
            auth={"token": self.meeting.tokens[self.number], "device": str(uuid.uuid4())},
            namespaces=["/room"],
            transports=["websocket"],
            wait_timeout=10,
        )
        token = await asyncio.to_thread(self.meeting.ticket, self.number)
        joined = await self.does("join", token=token)
        self.peer, self.snapshot = joined["peer"], joined["snapshot"]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.disconnect()

    @property
    def is_connected(self) -> bool:
        """Whether the socket lives."""
        return bool(self._socket.connected)

    @property
    def person(self) -> str:
        """Who it is."""
        return str(self.snapshot["me"]["person"])

    async def ask(self, event: str, seconds: float = 10, **payload: Any) -> Json:
        """One event and its acknowledgement; the room is filled in."""
        full = payload if event == "join" else {"room": self.meeting.room, **payload}
        answer = await self._socket.call(event, full, namespace="/room", timeout=seconds)
        return dict(answer)

    async def does(self, event: str, **payload: Any) -> Json:
        """An event that must succeed."""
        answer = await self.ask(event, **payload)
        assert answer.get("ok") is True, (event, answer)
        return answer

    async def say(self, client_id: str, seconds: float = 10) -> Json:
        """Send a message whose text is its id."""
        return await self.ask("message.send", seconds, client_id=client_id, text=client_id)

    async def catch_up(self) -> None:
        """Fetch the whole timeline from one's own process."""
        for event in await asyncio.to_thread(events, self.meeting, self.product, self.number):
            self.timeline[event["seq"]] = event

    def said(self) -> list[str]:
        """Ids of the messages of the timeline, in its order."""
        ordered = [self.timeline[seq] for seq in sorted(self.timeline)]
        return [one["client_id"] for one in ordered if one["type"] == "message.posted"]

    def told(self, name: str) -> list[Json]:
        """Every payload heard under a name."""
        return [payload for heard, payload in self.heard if heard == name]

    def seen(self, kind: str) -> list[Json]:
        """The data of the timeline's events of a type, heard live."""
        return [event["data"] for event in self.told("event") if event["type"] == kind]

    async def sees(self, kind: str, seconds: float = 10, **data: Any) -> None:
        """Until such an event was heard."""
        await until(lambda: any(data.items() <= one.items() for one in self.seen(kind)), seconds)

    def _hear(self, name: str, payload: Json) -> None:
        self.heard.append((name, payload))
        if name == "event":
            assert self.timeline.setdefault(payload["seq"], payload) == payload


def events(meeting: Meeting, product: Product, by: int) -> list[Json]:
    """A short room's timeline as one process tells it."""
    path = f"/api/v1/rooms/{meeting.room}/events?after=0&limit=500"
    status, page = product.ask("GET", path, token=meeting.tokens[by])
    assert status == 200, page
    return list(page["events"])
