"""One person in a room: grants, the connection to publish and the connection to subscribe."""

import secrets
from collections.abc import Callable, Mapping

from media.protocol import (
    PUBLISHED_TRACKS_MAX,
    SDP_BYTES_MAX,
    SOURCES,
    VIDEO_SOURCES,
    ErrorCode,
    LostReason,
    MediaError,
    PeerLost,
    Picture,
    PicturesPaused,
    SubscribeOffer,
)
from media.worker.adapter import MediaLine, parse_sdp
from media.worker.hub import Hub
from media.worker.playback import Playback
from media.worker.producer import Producer
from media.worker.publication import Publication
from media.worker.sdp import LAYERS_MAX, Chosen, answer, choose
from media.worker.subscription import Subscription


class Peer:
    """Owns its producers by source; the room is told when they come and go."""

    def __init__(
        self,
        hub: Hub,
        room: str,
        name: str,
        added: Callable[[Producer], None],
        removed: Callable[[Producer], None],
    ) -> None:
        self._hub = hub
        self._room = room
        self.name = name
        self._added = added
        self._removed = removed
        self._permitted: frozenset[str] = frozenset()
        self._muted: set[str] = set()
        self._view: Mapping[tuple[str, str], tuple[int, int]] | None = None
        self._is_lost = False
        self._session_id = secrets.randbits(62)
        self._version = 0
        self.producers: dict[str, Producer] = {}  # source → producer
        self.publication: Publication | None = None
        self.subscription: Subscription | None = None

    @property
    def is_connected(self) -> bool:
        """Whether media may flow over either connection."""
        ends = (self.publication, self.subscription)
        return any(end is not None and end.transport.is_secure for end in ends)

    # --- grants ---

    def permit(self, sources: frozenset[str]) -> None:
        """Set what may be published; what is no longer permitted stops at once."""
        self._permitted = sources
        for source in [source for source in self.producers if source not in sources]:
            self._drop(source)

    def mute(self, source: str, is_muted: bool, now: float) -> None:
        """Enforced until undone, whether or not the source is published yet."""
        (self._muted.add if is_muted else self._muted.discard)(source)
        producer = self.producers.get(source)
        if producer is not None:
            producer.mute(is_muted, now)

    # --- publish ---

    def publish(self, text: str, sources: Mapping[str, str], now: float) -> str:
        """Answer the browser's offer; raises MediaError sdp-invalid, not-permitted."""
        lines = _offered(text)
        chosen, paused = self._choose(lines, sources)
        first = next((line for line in lines if line.mid in chosen), lines[0])
        publication = self._publication_for(first, now)
        self._is_lost = False
        rids = {sources[line.mid]: line.rids[:LAYERS_MAX] for line in lines if line.mid in sources}
        self._replace_producers(publication, chosen, paused, sources, rids, now)
        publication.describe(lines, self._by_mid(chosen, paused, sources))
        self._version += 1
        return answer(
            self._session_id, self._version, lines, chosen, paused, publication.transport.local
        )

    def _choose(
        self, lines: tuple[MediaLine, ...], sources: Mapping[str, str]
    ) -> tuple[dict[str, Chosen], frozenset[str]]:
        """The codecs by mid, and which mids send nothing now."""
        chosen: dict[str, Chosen] = {}
        paused: set[str] = set()
        for line in lines:
            codecs = choose(line) if line.port or line.mid in sources else None
            is_sending = line.direction in ("sendonly", "sendrecv")
            if codecs is None or (is_sending and line.mid not in sources):
                continue
            chosen[line.mid] = codecs
            if not is_sending:
                paused.add(line.mid)
            else:
                self._check_source(line, sources[line.mid])
        active = [sources[mid] for mid in chosen if mid not in paused]
        if len(set(active)) != len(active):
            raise MediaError(ErrorCode.SDP_INVALID, "two m-lines claim one source")
        return chosen, frozenset(paused)

    def _check_source(self, line: MediaLine, source: str) -> None:
        if source not in SOURCES or (source in VIDEO_SOURCES) != (line.kind == "video"):
            raise MediaError(ErrorCode.SDP_INVALID, "m-line and source do not fit")
        if source not in self._permitted:
            raise MediaError(ErrorCode.NOT_PERMITTED, f"{source} may not be published")

    def _publication_for(self, line: MediaLine, now: float) -> Publication:
        """The same connection while its certificate stays, with new ICE on a new ufrag."""
        publication = self.publication
        if not line.ufrag or not line.fingerprints:
            raise MediaError(ErrorCode.SDP_INVALID, "offer lacks ICE or DTLS parameters")
        if line.setup == "passive":
            raise MediaError(ErrorCode.SDP_INVALID, "the offerer must take the DTLS client role")
        if publication is not None and publication.transport.is_same_peer(line.fingerprints):
            if publication.transport.is_over:  # a browser never repeats its DTLS handshake
                raise MediaError(ErrorCode.NEGOTIATION_STALE, "that connection is over")
            if line.ufrag != publication.transport.remote_ufrag:
                publication.transport.renew()
        else:
            self.unpublish()
            publication = self.publication = Publication(self._hub, self._lost)
            publication.transport.expect(line.fingerprints, now)
        publication.transport.remote_ufrag = line.ufrag
        return publication

    def _replace_producers(
        self,
        publication: Publication,
        chosen: Mapping[str, Chosen],
        paused: frozenset[str],
        sources: Mapping[str, str],
        rids: Mapping[str, tuple[str, ...]],
        now: float,
    ) -> None:
        wanted = {sources[mid]: codecs for mid, codecs in chosen.items() if mid not in paused}
        for source in [source for source in self.producers if source not in wanted]:
            self._drop(source)
        for source, codecs in wanted.items():
            producer = self.producers.get(source)
            if producer is not None and not producer.is_continued(codecs, rids[source]):
                self._drop(source)
                producer = None
            if producer is None:
                producer = Producer(
                    self._hub, publication, self._room, self.name, source, codecs, rids[source]
                )
                producer.mute(source in self._muted, now)
                self.producers[source] = producer
                self._added(producer)
            else:
                producer.recode(codecs)

    def _by_mid(
        self, chosen: Mapping[str, Chosen], paused: frozenset[str], sources: Mapping[str, str]
    ) -> dict[str, Producer]:
        return {mid: self.producers[sources[mid]] for mid in chosen if mid not in paused}

    def _drop(self, source: str) -> None:
        producer = self.producers.pop(source)
        if self.publication is not None:
            self.publication.forget(producer)
        producer.close()
        self._removed(producer)

    def unpublish(self) -> None:
        """Close the publish connection and every producer; idempotent."""
        for source in list(self.producers):
            self._drop(source)
        if self.publication is not None:
            self.publication.close()
            self.publication = None

    # --- subscribe ---

    def subscribe(self) -> Subscription:
        """The subscribe connection, made when there is none."""
        if self.subscription is None:
            self.subscription = Subscription(self._hub, self._offered, self._lost, self._paused)
        return self.subscription

    def play(self, text: str, publisher: str, known: list[Producer], now: float) -> str:
        """Answer a subscriber's own offer (WHEP); raises MediaError sdp-invalid."""
        lines = _offered(text)
        first = lines[0]
        if not first.ufrag or not first.fingerprints:
            raise MediaError(ErrorCode.SDP_INVALID, "offer lacks ICE or DTLS parameters")
        if first.setup == "passive":
            raise MediaError(ErrorCode.SDP_INVALID, "the offerer must take the DTLS client role")
        playback = self.subscription
        if not isinstance(playback, Playback) or not playback.is_of(publisher, lines):
            self.unsubscribe()
            self._is_lost = False
            playback = Playback(self._hub, publisher, lines, known, self._lost)
            self.subscription = playback
        return playback.connect(lines, now)

    def resubscribe(self) -> Subscription:
        """A fresh connection; negotiation numbers go on so that late answers are stale."""
        before = self.subscription
        negotiation = before.negotiation if before else 0
        self.unsubscribe()
        self._is_lost = False
        self.subscription = Subscription(
            self._hub, self._offered, self._lost, self._paused, negotiation
        )
        return self.subscription

    def show(self, sizes: Mapping[tuple[str, str], tuple[int, int]], now: float) -> None:
        """What is in view and how large, in pixels by peer and source."""
        self._view = sizes
        self.show_again(now)

    def show_again(self, now: float) -> None:
        """The same on a fresh connection."""
        if self.subscription is not None and self._view is not None:
            self.subscription.show(self._view, now)

    def unsubscribe(self) -> None:
        """Close the subscribe connection; idempotent."""
        if self.subscription is not None:
            self.subscription.close()
            self.subscription = None

    def close(self) -> None:
        """Both connections; idempotent."""
        self.unsubscribe()
        self.unpublish()

    # --- events ---

    def _offered(self, negotiation: int, sdp: str, tracks: dict[str, tuple[str, str]]) -> None:
        self._hub.emit(SubscribeOffer(self._room, self.name, negotiation, sdp, tracks))

    def _paused(self, pictures: tuple[Picture, ...]) -> None:
        self._hub.emit(PicturesPaused(self._room, self.name, pictures))

    def _lost(self, reason: LostReason) -> None:
        """Once until the peer negotiates again."""
        if not self._is_lost:
            self._is_lost = True
            self._hub.emit(PeerLost(self._room, self.name, reason))


def _offered(text: str) -> tuple[MediaLine, ...]:
    if len(text.encode()) > SDP_BYTES_MAX:
        raise MediaError(ErrorCode.SDP_INVALID, "description is too large")
    try:
        lines = parse_sdp(text)
    except ValueError as error:
        raise MediaError(ErrorCode.SDP_INVALID, str(error)) from error
    if not 0 < len(lines) <= PUBLISHED_TRACKS_MAX or len({line.mid for line in lines}) < len(lines):
        raise MediaError(ErrorCode.SDP_INVALID, "too many m-lines, none, or a mid twice")
    return lines
