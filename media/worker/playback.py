"""A subscribe connection that its subscriber offered (WHEP): negotiated once, filled as it goes."""

from collections.abc import Callable
from dataclasses import dataclass

from media.protocol import ErrorCode, LostReason, MediaError
from media.worker.adapter import MediaLine
from media.worker.consumer import Consumer
from media.worker.hub import Hub
from media.worker.producer import Producer
from media.worker.sdp import (
    AUDIO_LEVEL,
    PLAYOUT_DELAY,
    TRANSPORT_CC,
    Chosen,
    OfferedLine,
    choose,
    played,
)
from media.worker.subscription import Subscription

_RECEIVING = ("recvonly", "sendrecv")


@dataclass(slots=True)
class Place:
    """A line that the subscriber receives on, and what it receives there."""

    line: MediaLine
    chosen: Chosen
    ssrc: int
    rtx_ssrc: int
    consumer: Consumer | None = None
    is_fresh: bool = True
    """Its SSRC was never sent with: an SSRC is used once, as its packets' nonces are."""


class Playback(Subscription):
    """Takes the producers of a room, or of one publisher, in the order in which they came."""

    def __init__(
        self,
        hub: Hub,
        publisher: str,
        lines: tuple[MediaLine, ...],
        producers: list[Producer],
        lost: Callable[[LostReason], None],
    ) -> None:
        """Raises MediaError sdp-invalid when nothing of it can be played."""
        # It has no channel on which to hear of offers or of pictures that stand still.
        super().__init__(hub, lambda *_: None, lost, lambda _: None)
        self._publisher = publisher
        self._offer = lines
        self._version = 0
        self._places = [place for line in lines if (place := self._place(line, producers))]
        if not self._places:
            self.transport.close()
            raise MediaError(ErrorCode.SDP_INVALID, "nothing of the offer can be played")
        for producer in producers:
            self.add(producer)

    def _place(self, line: MediaLine, producers: list[Producer]) -> Place | None:
        """A line is agreed on for one codec, which should be one that somebody sends."""
        if line.direction not in _RECEIVING:  # port 0 may only mean bundle-only (RFC 8843 §6)
            return None
        sent = [
            producer.codec_name
            for producer in producers
            if producer.is_video == (line.kind == "video") and self._is_for_us(producer)
        ]
        chosen = choose(line, tuple(dict.fromkeys(sent))) if sent else None
        chosen = chosen or choose(line)
        if chosen is None:
            return None
        rtx_ssrc = self._new_ssrc() if chosen.rtx else 0
        return Place(line, chosen, self._new_ssrc(), rtx_ssrc)

    def _is_for_us(self, producer: Producer) -> bool:
        return self._publisher in ("", producer.peer)

    @property
    def consumers(self) -> list[Consumer]:
        """One per place that is taken."""
        return [place.consumer for place in self._places if place.consumer is not None]

    def connect(self, lines: tuple[MediaLine, ...], now: float) -> str:
        """The answer to the offer, or to the same under new ICE credentials."""
        first = lines[0]
        if self.transport.remote_ufrag not in ("", first.ufrag):
            self.transport.renew()
        self.transport.remote_ufrag = first.ufrag
        if self._version == 0:
            self.transport.expect(first.fingerprints, now)
        self._version += 1
        chosen = {place.line.mid: place.chosen for place in self._places}
        tracks = {place.line.mid: self._described(place) for place in self._places}
        local = self.transport.local
        return played(self._session_id, self._version, self._offer, chosen, tracks, local)

    def is_of(self, publisher: str, lines: tuple[MediaLine, ...]) -> bool:
        """Whether these lines come from the very connection that we have, for the same end."""
        return (
            publisher == self._publisher
            and not self.transport.is_over
            and self.transport.is_same_peer(lines[0].fingerprints)
            and [line.mid for line in lines] == [line.mid for line in self._offer]
        )

    def _described(self, place: Place) -> OfferedLine:
        line, kind = place.line, place.line.kind
        stream = self._publisher or "room"
        return OfferedLine(line.mid, kind, True, stream, kind, place.ssrc, place.rtx_ssrc)

    # --- tracks ---

    def add(self, producer: Producer) -> None:
        """Play this track where a line for its codec is free."""
        if not self._is_for_us(producer):
            return
        if any(consumer.producer is producer for consumer in self.consumers):
            return
        place = next((one for one in self._places if self._fits(one, producer)), None)
        if place is None:
            return
        if not place.is_fresh:
            place.ssrc = self._new_ssrc()
            place.rtx_ssrc = self._new_ssrc() if place.rtx_ssrc else 0
        place.is_fresh = False
        consumer = Consumer(self._hub, producer, place.ssrc, place.rtx_ssrc, self.reallocate)
        extensions, primary = place.line.extensions, place.chosen.primary
        consumer.agree(
            primary.payload_type,
            place.chosen.rtx.payload_type if place.chosen.rtx else -1,
            extensions.get(AUDIO_LEVEL, 0) if not producer.is_video else 0,
            extensions.get(TRANSPORT_CC, 0) if "transport-cc" in primary.feedback else 0,
            extensions.get(PLAYOUT_DELAY, 0) if producer.is_video else 0,
        )
        place.consumer = consumer
        self._consumers[consumer.ssrc] = consumer
        if consumer.rtx_ssrc:
            self._consumers[consumer.rtx_ssrc] = consumer
        self._accepted.add(consumer)

    @staticmethod
    def _fits(place: Place, producer: Producer) -> bool:
        return place.consumer is None and place.chosen.primary.name == producer.codec_name

    def remove(self, producer: Producer) -> None:
        """Stop this track at once; its line is free for another."""
        for place in self._places:
            consumer = place.consumer
            if consumer is not None and consumer.producer is producer:
                consumer.close()
                self._consumers.pop(consumer.ssrc, None)
                self._consumers.pop(consumer.rtx_ssrc, None)
                self._accepted.discard(consumer)
                place.consumer = None

    # --- negotiation: there is none ---

    def negotiate(self, now: float) -> None:
        """Begin with what was added."""
        self._start(now)

    def restart(self, now: float) -> None:
        """Only the subscriber can."""

    def remind(self, now: float) -> None:
        """It asked, and was answered."""

    def answer(self, negotiation: int, text: str, now: float) -> None:
        """Raises MediaError negotiation-stale: nothing was offered."""
        raise MediaError(ErrorCode.NEGOTIATION_STALE, "nothing was offered")

    def close(self) -> None:
        """Idempotent."""
        super().close()
        self._places.clear()
