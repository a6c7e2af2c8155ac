"""The media plane as the server sees it; only builtin types cross."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class MediaListener(Protocol):
    """What the media plane tells; called on the event loop, never blocks."""

    def subscribe_offer(
        self,
        room: str,
        peer: str,
        negotiation: int,
        sdp: str,
        tracks: Mapping[str, tuple[str, str]],
    ) -> None:
        """A new offer for the peer's subscribe connection; `tracks` is mid → (peer, source)."""

    def speakers(self, room: str, levels: Sequence[tuple[str, int]]) -> None:
        """Who speaks, loudest first: (peer, −dBov 0…127)."""

    def quality(self, room: str, peer: str, stats: Mapping[str, float]) -> None:
        """The peer's network quality, every few seconds."""

    def encodings_wanted(self, room: str, peer: str, source: str, count: int) -> None:
        """How many encodings of a source, the smallest first, anybody wants to see."""

    def pictures_paused(
        self, room: str, peer: str, pictures: Sequence[tuple[str, str, str]]
    ) -> None:
        """Which pictures in the peer's view do not come: (publisher, source, why)."""

    def peer_lost(self, room: str, peer: str, reason: str) -> None:
        """The peer's media is gone (consent lost or DTLS closed)."""

    def room_reset(self, room: str) -> None:
        """The room's worker was replaced: every peer must join and publish again."""


class MediaPlane(Protocol):
    """Forwards rooms' media. Raises errors with a `code` attribute (docs/protocol.md §1)."""

    async def start(self, listener: MediaListener) -> None:
        """Start the workers."""

    async def close(self) -> None:
        """Drain and stop; idempotent."""

    async def join(self, room: str, peer: str, publish: frozenset[str], subscribe: bool) -> None:
        """Admit a peer, or change what it may do; idempotent."""

    async def publish(self, room: str, peer: str, offer: str, sources: Mapping[str, str]) -> str:
        """Answer the publish connection's SDP offer; `sources` is mid → source."""
        ...

    async def play(self, room: str, peer: str, offer: str, publisher: str) -> str:
        """Answer the offer of a peer that only watches `publisher`, or everybody when empty."""
        ...

    async def answer(self, room: str, peer: str, negotiation: int, sdp: str) -> None:
        """Take the answer to a subscribe offer."""

    async def restart_subscribe(self, room: str, peer: str) -> None:
        """Begin the subscribe connection anew."""

    async def mute(self, room: str, peer: str, source: str, muted: bool) -> None:
        """Drop, or forward again, what comes from a source."""

    async def view(self, room: str, peer: str, tiles: Sequence[tuple[str, str, int, int]]) -> None:
        """Which videos a peer has in view: publisher, source, width and height in pixels."""

    async def leave(self, room: str, peer: str) -> None:
        """End a peer's media at once; idempotent."""

    async def close_room(self, room: str) -> None:
        """End a room's media; idempotent."""

    async def record(self, room: str, recording: str, key: bytes, peers: frozenset[str]) -> None:
        """Record these peers of the room and no others; idempotent."""

    async def finish_recording(
        self, room: str, recording: str, key: bytes
    ) -> Sequence[Mapping[str, Any]]:
        """End a recording and tell what its files hold; see `RecordingPlane`."""
        ...

    def describe(self) -> Mapping[str, object]:
        """Figures for metrics and health."""
        ...
