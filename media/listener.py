"""Who hears what happens in the rooms of a pool."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from media.protocol import (
    EncodingsWanted,
    Event,
    PeerLost,
    PicturesPaused,
    Quality,
    Speakers,
    SubscribeOffer,
)


class MediaListener(Protocol):
    """What the media plane reports; called on the event loop, never blocks."""

    def subscribe_offer(
        self,
        room: str,
        peer: str,
        negotiation: int,
        sdp: str,
        tracks: Mapping[str, tuple[str, str]],
    ) -> None:
        """The peer's subscribe connection is offered; tracks: mid → (publisher, source)."""

    def speakers(self, room: str, levels: Sequence[tuple[str, int]]) -> None:
        """Who speaks, loudest first: (peer, level in -dBov 0..127)."""

    def quality(self, room: str, peer: str, stats: Mapping[str, float]) -> None:
        """Link quality of one peer, about every 3 s."""

    def encodings_wanted(self, room: str, peer: str, source: str, count: int) -> None:
        """How many encodings of a source, the smallest first, anybody wants to see."""

    def pictures_paused(
        self, room: str, peer: str, pictures: Sequence[tuple[str, str, str]]
    ) -> None:
        """Which pictures in the peer's view do not come: (publisher, source, why)."""

    def peer_lost(self, room: str, peer: str, reason: str) -> None:
        """The peer's media is gone."""

    def room_reset(self, room: str) -> None:
        """The room's worker died and a new one is ready: join and publish everybody again."""


def report(listener: MediaListener, event: Event) -> None:
    """Call what the event is for."""
    match event:
        case SubscribeOffer(room, peer, negotiation, sdp, tracks):
            listener.subscribe_offer(room, peer, negotiation, sdp, tracks)
        case Speakers(room, levels):
            listener.speakers(room, levels)
        case Quality(room, peer, stats):
            listener.quality(room, peer, stats)
        case EncodingsWanted(room, peer, source, count):
            listener.encodings_wanted(room, peer, source, count)
        case PicturesPaused(room, peer, pictures):
            listener.pictures_paused(room, peer, pictures)
        case PeerLost(room, peer, reason):
            listener.peer_lost(room, peer, reason)
