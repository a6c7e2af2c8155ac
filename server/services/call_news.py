"""What the media plane says of calls, passed on to whom it is for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from server.services.ports.bus import Notice
from server.services.quality_record import QualityRecord
from server.services.trials import Trials

Tell = Callable[[Notice], None]


class CallNews:
    """The media plane's listener; called on the event loop, never blocks."""

    def __init__(
        self,
        tell: Tell,
        trials: Trials,
        record: QualityRecord,
        lost: Callable[[str], None],
        reset: Callable[[str], None],
    ) -> None:
        """`lost` is told the peer, `reset` the room that must begin anew."""
        self._tell = tell
        self._trials = trials
        self._record = record
        self._lost = lost
        self._reset = reset

    def subscribe_offer(
        self,
        room: str,
        peer: str,
        negotiation: int,
        sdp: str,
        tracks: Mapping[str, tuple[str, str]],
    ) -> None:
        """Pass an offer on to its peer."""
        if self._trials.offered(room, peer, negotiation, sdp):
            return
        shown = {mid: {"peer": of, "source": source} for mid, (of, source) in tracks.items()}
        data = {"room": room, "negotiation": negotiation, "sdp": sdp, "tracks": shown}
        self._tell(Notice("subscribe.offer", data, peer=peer))

    def speakers(self, room: str, levels: Sequence[tuple[str, int]]) -> None:
        """Tell the room who speaks."""
        shown = [[peer, level] for peer, level in levels]
        self._tell(Notice("speakers", {"room": room, "levels": shown}, room=room))

    def quality(self, room: str, peer: str, stats: Mapping[str, float]) -> None:
        """Tell the room how good a peer's network is, and write it down."""
        self._record.hear(peer, stats)
        self._tell(Notice("quality", {"room": room, "peer": peer, **stats}, room=room))

    def encodings_wanted(self, room: str, peer: str, source: str, count: int) -> None:
        """Tell the publisher, who sends no more than that."""
        data = {"room": room, "source": source, "count": count}
        self._tell(Notice("encodings", data, peer=peer))

    def pictures_paused(
        self, room: str, peer: str, pictures: Sequence[tuple[str, str, str]]
    ) -> None:
        """Tell who looks at them that they stand still, and why."""
        data = {"room": room, "pictures": [list(one) for one in pictures]}
        self._tell(Notice("paused", data, peer=peer))

    def peer_lost(self, room: str, peer: str, reason: str) -> None:
        """The peer's media is gone."""
        self._lost(peer)

    def room_reset(self, room: str) -> None:
        """The room's worker was replaced."""
        self._reset(room)
