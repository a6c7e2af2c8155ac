"""A media plane for tests: remembers who is admitted, answers with marked SDP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from server.services.ports.media import MediaListener


class MediaRefusal(Exception):
    """As the media plane refuses."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class FakeMedia:
    """Rooms → peers → what they may do; `calls` is everything that was asked."""

    def __init__(self) -> None:
        self.listener: MediaListener | None = None
        self.rooms: dict[str, dict[str, tuple[frozenset[str], bool]]] = {}
        self.muted: set[tuple[str, str]] = set()
        self.answers: list[tuple[str, int, str]] = []
        self.views: dict[str, tuple[tuple[str, str, int, int], ...]] = {}
        self.refuse: str | None = None
        self.is_closed = False
        self.played: dict[str, str] = {}  # peer → whom it watches
        self.recorded: dict[str, tuple[str, frozenset[str]]] = {}
        self.keys: set[bytes] = set()
        self.files: list[dict[str, Any]] = []

    async def start(self, listener: MediaListener) -> None:
        self.listener = listener

    async def close(self) -> None:
        self.is_closed = True

    async def join(self, room: str, peer: str, publish: frozenset[str], subscribe: bool) -> None:
        self._maybe_refuse()
        self.rooms.setdefault(room, {})[peer] = (publish, subscribe)

    async def publish(self, room: str, peer: str, offer: str, sources: Mapping[str, str]) -> str:
        self._require(room, peer)
        if offer == "nonsense":
            raise MediaRefusal("sdp-invalid")
        assert self.listener is not None
        tracks = {mid: (peer, source) for mid, source in sources.items()}
        for other in self.rooms[room]:
            if other != peer:
                self.listener.subscribe_offer(room, other, 1, f"offer to {other}", tracks)
        return f"answer to {offer}"

    async def play(self, room: str, peer: str, offer: str, publisher: str) -> str:
        self._require(room, peer)
        if offer == "nonsense":
            raise MediaRefusal("sdp-invalid")
        self.played[peer] = publisher
        return f"answer to {offer}"

    async def answer(self, room: str, peer: str, negotiation: int, sdp: str) -> None:
        self._require(room, peer)
        if negotiation != 1:
            raise MediaRefusal("negotiation-stale")
        self.answers.append((peer, negotiation, sdp))

    async def restart_subscribe(self, room: str, peer: str) -> None:
        self._require(room, peer)

    async def mute(self, room: str, peer: str, source: str, muted: bool) -> None:
        self._require(room, peer)
        (self.muted.add if muted else self.muted.discard)((peer, source))

    async def view(self, room: str, peer: str, tiles: Sequence[tuple[str, str, int, int]]) -> None:
        self._require(room, peer)
        self.views[peer] = tuple(tiles)

    async def leave(self, room: str, peer: str) -> None:
        self.rooms.get(room, {}).pop(peer, None)

    async def close_room(self, room: str) -> None:
        self.rooms.pop(room, None)

    async def record(self, room: str, recording: str, key: bytes, peers: frozenset[str]) -> None:
        self._maybe_refuse()
        if room not in self.rooms:
            raise MediaRefusal("room-unknown")
        self.recorded[room] = (recording, peers)
        self.keys.add(key)

    async def finish_recording(
        self, room: str, recording: str, key: bytes
    ) -> Sequence[Mapping[str, Any]]:
        self._maybe_refuse()
        self.keys.add(key)
        if self.recorded.get(room, ("",))[0] == recording:
            del self.recorded[room]
        return self.files

    def describe(self) -> Mapping[str, object]:
        return {"rooms": len(self.rooms)}

    def kill_worker(self, room: str) -> None:
        """Forget a room as a dead worker does, and say so once another is ready."""
        self.rooms.pop(room, None)
        self.muted.clear()
        assert self.listener is not None
        self.listener.room_reset(room)

    def peers(self, room: str) -> set[str]:
        return set(self.rooms.get(room, {}))

    def _require(self, room: str, peer: str) -> None:
        self._maybe_refuse()
        if peer not in self.rooms.get(room, {}):
            raise MediaRefusal("peer-unknown")

    def _maybe_refuse(self) -> None:
        if self.refuse is not None:
            raise MediaRefusal(self.refuse)
