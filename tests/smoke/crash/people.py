"""Demo people who meet in a room of the running product."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import socketio
from socketio.exceptions import SocketIOError

from tests.e2e.product import Product

Json = dict[str, Any]


class Meeting:
    """A room with the first demo people of the product; the first one is its host."""

    def __init__(self, product: Product, size: int) -> None:
        self.product = product
        self.emails = list(product.logins())[:size]
        self.tokens = [product.sign_in(email) for email in self.emails]
        users = [self.ask("GET", "me", by=n)["id"] for n in range(size)]
        members = [{"user": user, "role": "member"} for user in users[1:]]
        body = {"title": "TAC cranio", "lobby": False, "members": members}
        self.room = str(self.ask("POST", "rooms", body)["id"])

    def ask(self, method: str, path: str, body: object = None, by: int = 0) -> Any:
        """A REST request that must succeed."""
        status, answer = self.product.ask(method, f"/api/v1/{path}", body, self.tokens[by])
        assert status in {200, 201, 204}, (method, path, status, answer)
        return answer

    def ticket(self, by: int = 0) -> str:
        """A room token of one of them."""
        return str(self.ask("POST", f"rooms/{self.room}/tokens", by=by)["room_token"])

    def events(self, by: int = 0, after: int = 0) -> list[Json]:
        """The timeline after an event, page by page."""
        found: list[Json] = []
        is_more = True
        while is_more:
            after = found[-1]["seq"] if found else after
            page = self.ask("GET", f"rooms/{self.room}/events?after={after}&limit=500", by=by)
            found += page["events"]
            is_more = page["more"]
        return found


class Client:
    """A client as docs/protocol.md §5 wants it: an outbox, and a timeline without gaps."""

    def __init__(self, meeting: Meeting, number: int) -> None:
        self.meeting = meeting
        self.number = number
        self.device = str(uuid.uuid4())
        self.timeline: list[Json] = []
        self.acknowledged: dict[str, Json] = {}
        self.retries = 0
        self._socket: socketio.AsyncClient | None = None

    @property
    def seq(self) -> int:
        """The last event of the contiguous timeline."""
        return int(self.timeline[-1]["seq"]) if self.timeline else 0

    async def connect(self) -> None:
        """Connect, join and fetch what was missed; again until it works."""
        while True:
            await self.disconnect()
            self._socket = socketio.AsyncClient(reconnection=False)
            self._socket.on("event", self._hear, namespace="/room")
            try:
                await self._join(self._socket)
                await self.catch_up()
            except (SocketIOError, OSError):
                await asyncio.sleep(0.1)
            else:
                return

    async def disconnect(self) -> None:
        """Hang up."""
        if self._socket is not None:
            await self._socket.disconnect()
            self._socket = None

    async def say(self, client_id: str, text: str) -> None:
        """Send until acknowledged, under the same `client_id` each time."""
        payload = {"room": self.meeting.room, "client_id": client_id, "text": text}
        while True:
            answer = await self._try(payload)
            if answer.get("ok"):
                self.acknowledged[client_id] = answer["event"]
                return
            self.retries += 1
            await asyncio.sleep(answer.get("error", {}).get("retry_after", 0.05))

    async def catch_up(self) -> None:
        """Fetch what comes after the contiguous timeline."""
        for event in await asyncio.to_thread(self.meeting.events, self.number, self.seq):
            self._append(event)

    async def _join(self, socket: socketio.AsyncClient) -> None:
        await socket.connect(
            self.meeting.product.url,
            auth={"token": self.meeting.tokens[self.number], "device": self.device},
            namespaces=["/room"],
            transports=["websocket"],
            wait_timeout=10,
        )
        token = await asyncio.to_thread(self.meeting.ticket, self.number)
        answer = await socket.call("join", {"token": token}, namespace="/room", timeout=8)
        assert answer.get("state") == "joined", answer

    async def _try(self, payload: Json) -> Json:
        assert self._socket is not None
        try:
            answer: Json = await self._socket.call(
                "message.send", payload, namespace="/room", timeout=8
            )
        except SocketIOError:
            await self.connect()
            return {}
        return answer

    def _hear(self, event: Json) -> None:
        self._append(event)

    def _append(self, event: Json) -> None:
        """Keep what follows at once; what leaves a gap is fetched later."""
        if event["seq"] == self.seq + 1:
            self.timeline.append(event)
