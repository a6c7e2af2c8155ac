"""A room: every producer reaches every other subscriber."""

from collections.abc import Mapping, Sequence

from media.protocol import ROOM_PEERS_MAX, ErrorCode, MediaError, Source, Speakers
from media.rtp.floor import Floor
from media.rtp.speakers import SpeakerRanking
from media.worker.hub import Hub
from media.worker.peer import Peer
from media.worker.producer import Producer
from media.worker.quality import QualityMeter
from media.worker.recording import RoomRecording


class Room:
    """Peers by name."""

    def __init__(self, hub: Hub, name: str) -> None:
        self._hub = hub
        self.name = name
        self.peers: dict[str, Peer] = {}
        self._speakers = SpeakerRanking()
        self._floor = Floor()
        self._meters: dict[str, QualityMeter] = {}
        self._recording: RoomRecording | None = None

    def peer(self, name: str) -> Peer:
        """Raises MediaError peer-unknown."""
        try:
            return self.peers[name]
        except KeyError:
            raise MediaError(ErrorCode.PEER_UNKNOWN, "peer has not joined") from None

    def join(self, name: str, publish: frozenset[str], subscribe: bool, now: float) -> None:
        """Add a peer or change its grants; raises MediaError media-full."""
        peer = self.peers.get(name)
        if peer is None:
            if len(self.peers) >= ROOM_PEERS_MAX:
                raise MediaError(ErrorCode.MEDIA_FULL, "room is full")
            peer = Peer(self._hub, self.name, name, self._added, self._removed)
            self.peers[name] = peer
        peer.permit(publish)
        if not subscribe:
            peer.unsubscribe()
        elif peer.subscription is None:
            self._subscribe(peer, now)
        else:
            peer.subscription.remind(now)
        self.negotiate(now)

    def _subscribe(self, peer: Peer, now: float) -> None:
        subscription = peer.subscribe()
        for other in self.peers.values():
            if other is not peer:
                for producer in other.producers.values():
                    subscription.add(producer)
        peer.show_again(now)

    def play(self, name: str, text: str, publisher: str, now: float) -> str:
        """Answer a subscriber's own offer; raises MediaError peer-unknown, sdp-invalid."""
        peer = self.peer(name)
        others = (other for other in self.peers.values() if other is not peer)
        known = [producer for other in others for producer in other.producers.values()]
        return peer.play(text, publisher, known, now)

    def restart_subscribe(self, name: str, now: float) -> None:
        """Mend the peer's subscribe connection by new ICE, or make another where it is over."""
        subscription = self.peer(name).subscription
        if subscription is None:
            return
        if subscription.transport.is_secure and not subscription.transport.is_over:
            subscription.restart(now)
        else:
            self.resubscribe(name, now)

    def resubscribe(self, name: str, now: float) -> None:
        """Start the peer's subscribe connection afresh."""
        peer = self.peer(name)
        if peer.subscription is not None:
            peer.resubscribe()
            self._subscribe(peer, now)
            self.negotiate(now)

    def leave(self, name: str, now: float) -> None:
        """Idempotent."""
        peer = self.peers.pop(name, None)
        if peer is not None:
            peer.close()
            self._floor.forget(name)
            self.negotiate(now)

    def close(self) -> None:
        """Every peer leaves."""
        self.record(None, frozenset())
        peers = list(self.peers.values())
        self.peers.clear()
        for peer in peers:
            peer.close()

    @property
    def recording(self) -> RoomRecording | None:
        """What is recorded now, if anything."""
        return self._recording

    def record(self, recording: RoomRecording | None, peers: frozenset[str]) -> None:
        """Record these peers and no others; None ends it."""
        before, self._recording = self._recording, recording
        if before is not None and before is not recording:
            before.close()
        if recording is not None:
            known = (peer.producers.values() for peer in self.peers.values())
            recording.follow(peers, [producer for some in known for producer in some])

    def rank_speakers(self, now: float) -> None:
        """Tell who speaks, if that changed."""
        levels: dict[str, int] = {}
        for name, peer in self.peers.items():
            producer = peer.producers.get(Source.MICROPHONE)
            if producer is not None:
                levels[name] = producer.take_loudest()
        ranking = self._speakers.look(levels)
        if ranking is not None:
            self._hub.emit(Speakers(self.name, ranking))
            self._give_floor([name for name, _ in ranking], now)

    def _give_floor(self, speakers: Sequence[str], now: float) -> None:
        if not self._floor.heard(speakers):
            return
        for name, peer in self.peers.items():
            for producer in peer.producers.values():
                producer.is_dominant = name == self._floor.first
        self._limit(now)

    def show(self, name: str, sizes: Mapping[tuple[str, str], tuple[int, int]], now: float) -> None:
        """What a peer has in view; raises MediaError peer-unknown."""
        peer = self.peer(name)
        peer.show(sizes, now)
        if peer.subscription is not None:
            peer.subscription.limit(self._floor, now)

    def _limit(self, now: float) -> None:
        """Leave out who spoke longest ago where there are too many pictures."""
        for peer in self.peers.values():
            if peer.subscription is not None:
                peer.subscription.limit(self._floor, now)

    def measure(self, now: float) -> None:
        """Tell what each link is like."""
        self._meters = {name: self._meters.get(name) or QualityMeter() for name in self.peers}
        for name, meter in self._meters.items():
            quality = meter.look(self.name, self.peers[name], now)
            if quality is not None:
                self._hub.emit(quality)

    def negotiate(self, now: float) -> None:
        """Offer each subscriber what changed."""
        self._limit(now)
        for peer in self.peers.values():
            if peer.subscription is not None:
                peer.subscription.negotiate(now)

    def _added(self, producer: Producer) -> None:
        if self._recording is not None:
            self._recording.add(producer)
        for peer in self.peers.values():
            if peer.name != producer.peer and peer.subscription is not None:
                peer.subscription.add(producer)

    def _removed(self, producer: Producer) -> None:
        if self._recording is not None:
            self._recording.remove(producer)
        for peer in self.peers.values():
            if peer.subscription is not None:
                peer.subscription.remove(producer)
