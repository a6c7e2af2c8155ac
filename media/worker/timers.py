"""What the worker does by the clock: repair, feedback, reports, consent."""

from collections.abc import Iterator, Mapping

from media.worker.hub import Hub
from media.worker.loop import Cancellable, EventLoop
from media.worker.peer import Peer
from media.worker.room import Room

FAST_TICK_S = 0.020
TICK_S = 0.100
SPEAKERS_TICKS = 3  # 300 ms
ALIVE_TICKS = 2  # 200 ms
SECOND_TICKS = 10
QUALITY_TICKS = 30  # 3 s


class Timers:
    """A slow chain of ticks, and a fast one that runs only while something is pending."""

    def __init__(self, loop: EventLoop, hub: Hub, rooms: Mapping[str, Room]) -> None:
        self._loop = loop
        self._hub = hub
        self._rooms = rooms
        self._handle: Cancellable | None = None
        self._fast: Cancellable | None = None
        self._ticks = 0
        hub.hurry = self._hurry

    def start(self) -> None:
        """Tick while there are rooms; idempotent."""
        if self._handle is None and self._rooms:
            self._handle = self._loop.call_later(TICK_S, self._tick)

    def stop(self) -> None:
        """Idempotent."""
        for handle in (self._handle, self._fast):
            if handle is not None:
                handle.cancel()
        self._handle = self._fast = None

    def _hurry(self) -> None:
        if self._fast is None and self._handle is not None:
            self._fast = self._loop.call_later(FAST_TICK_S, self._tick_fast)

    def _tick_fast(self) -> None:
        self._fast = None
        now = self._hub.clock()
        for layer in list(self._hub.nacking):
            if not layer.repair(now):
                self._hub.nacking.discard(layer)
        for transport in list(self._hub.handshaking):
            transport.retransmit()
        for downlink in list(self._hub.probing):
            if not downlink.pace(now):
                self._hub.probing.discard(downlink)
        self._hub.flush()
        if self._hub.nacking or self._hub.handshaking or self._hub.probing:
            self._hurry()

    def _tick(self) -> None:
        self._handle = None
        self.start()
        self._ticks += 1
        now = self._hub.clock()
        self._feed_back(now)
        if self._ticks % ALIVE_TICKS == 0:
            self._keep_alive()
        if self._ticks % SECOND_TICKS == 0:
            self._report(now)
        if self._ticks % SPEAKERS_TICKS == 0:
            for room in self._rooms.values():
                room.rank_speakers(now)
        if self._ticks % QUALITY_TICKS == 0:
            for room in self._rooms.values():
                room.measure(now)

    def _feed_back(self, now: float) -> None:
        for layer in list(self._hub.keyframing):
            if not layer.poll_keyframe(now):
                self._hub.keyframing.discard(layer)
        for producer in list(self._hub.producers):
            producer.look(now)
        for peer in self._peers():
            if peer.publication is not None:
                peer.publication.send_feedback(now)
            if peer.subscription is not None:
                peer.subscription.tick(now)

    def _keep_alive(self) -> None:
        for peer in self._peers():
            for end in (peer.publication, peer.subscription):
                if end is not None:
                    end.transport.keep_alive()

    def _report(self, now: float) -> None:
        for peer in list(self._peers()):
            if peer.publication is not None:
                peer.publication.send_report(now)
                peer.publication.transport.expire(now)
            if peer.subscription is not None:
                peer.subscription.transport.expire(now)
                peer.subscription.negotiate(now)
                peer.subscription.smooth(now)
                peer.subscription.tell_pauses()

    def _peers(self) -> Iterator[Peer]:
        for room in self._rooms.values():
            yield from room.peers.values()
