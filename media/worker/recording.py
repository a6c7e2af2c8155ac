"""A room's way to the recorder: another subscriber, whose packets go to a Unix socket."""

import secrets
import socket
from collections.abc import Callable, Iterable, Sequence

from media.protocol import DropReason
from media.recording import feed
from media.worker.consumer import Consumer
from media.worker.egress import Unsealed
from media.worker.hub import Hub
from media.worker.loop import Cancellable, EventLoop
from media.worker.producer import Producer

FLUSH_S = 0.050
UNSENT_BYTES_MAX = 4 * 1024 * 1024
READ_BYTES = 4096
RECORDED = ("opus", "vp8")


class RecorderEgress:
    """Where consumers write instead of a protected connection (hot path: two appends)."""

    def __init__(self, clock: Callable[[], float], gathered: Callable[[], bool]) -> None:
        self._clock = clock
        self._gathered = gathered
        self.unsent = bytearray()
        self.sender = self
        self.sent = None  # nothing is numbered across the connection
        self.spoken: set[int] = set()

    def salted(self, ssrc: int) -> int:
        """No protection, no nonce: `write` gets the plain index."""
        return 0

    def write(self, packets: Sequence[Unsealed]) -> None:
        """Gather packets."""
        for header, payload, index in packets:
            if self._gathered():
                size = len(header) + len(payload)
                self.unsent += feed.rtp_head(size, self._clock(), index) + header + payload

    def send_rtcp(self, compound: bytes) -> None:
        """Gather a report."""
        if self._gathered():
            self.unsent += feed.rtcp(self._clock(), compound)


class RoomRecording:
    """What the recorder gets of a room: the producers of the peers that are to be recorded.

    Nothing waits for the recorder: what it does not take in time is dropped and counted.
    """

    def __init__(self, hub: Hub, loop: EventLoop, name: str, path: str) -> None:
        """Connect; raises OSError."""
        self._hub = hub
        self._loop = loop
        self.name = name
        self.path = path
        self.peers: frozenset[str] = frozenset()
        self._consumers: dict[Producer, Consumer] = {}
        self._by_ssrc: dict[int, Consumer] = {}
        self._egress = RecorderEgress(hub.clock, self._may_gather)
        self._decoder = feed.Decoder()
        self._timer: Cancellable | None = None
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNSENT_BYTES_MAX)
            self._socket.connect(path)
        except OSError:
            self._socket.close()
            raise
        loop.add_reader(self._socket.fileno(), self._read)
        self._put(feed.hello(name))

    @property
    def is_open(self) -> bool:
        """Whether the recorder is there."""
        return self._socket.fileno() >= 0

    def follow(self, peers: frozenset[str], producers: Iterable[Producer]) -> None:
        """Record these peers and no others from now on."""
        self.peers = peers
        for producer in [known for known in self._consumers if known.peer not in peers]:
            self.remove(producer)
        for producer in producers:
            self.add(producer)
        self._flush()

    def add(self, producer: Producer) -> None:
        """Record a producer if its peer is to be; idempotent."""
        if producer.peer not in self.peers or producer in self._consumers or not self.is_open:
            return
        if producer.codec_name not in RECORDED:
            return
        ssrc = secrets.randbits(32)
        consumer = Consumer(self._hub, producer, ssrc, secrets.randbits(32))
        self._consumers[producer] = consumer
        self._by_ssrc[ssrc] = consumer
        codec, rate = producer.codec_name, producer.clock_rate
        self._put(feed.begin(ssrc, producer.peer, producer.source, codec, rate))
        consumer.start(self._egress, self._hub.clock())  # type: ignore[arg-type]  # as Egress does

    def remove(self, producer: Producer) -> None:
        """Stop recording a producer; idempotent."""
        consumer = self._consumers.pop(producer, None)
        if consumer is not None:
            consumer.close()
            del self._by_ssrc[consumer.ssrc]
            self._put(feed.end(consumer.ssrc))

    def close(self) -> None:
        """Send what can be sent at once and hang up; idempotent."""
        for producer in list(self._consumers):
            self.remove(producer)
        self._flush()
        self._hang_up()

    # --- the socket ---

    def _put(self, frame: bytes) -> None:
        if self._may_gather():
            self._egress.unsent += frame

    def _may_gather(self) -> bool:
        if not self.is_open:
            return False
        if len(self._egress.unsent) > UNSENT_BYTES_MAX:
            self._hub.drop(DropReason.RECORDER_BEHIND)
            return False
        if self._timer is None:
            self._timer = self._loop.call_later(FLUSH_S, self._flush)
        return True

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        unsent = self._egress.unsent
        if not self.is_open or not unsent:
            return None
        try:
            del unsent[: self._socket.send(unsent)]
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            return self._hang_up()
        if unsent:
            self._timer = self._loop.call_later(FLUSH_S, self._flush)
        return None

    def _read(self) -> None:
        try:
            data = self._socket.recv(READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError:
            data = b""
        if not data:
            return self._hang_up()
        for message in self._decoder.feed(data):
            if isinstance(message, feed.KeyframeWanted) and message.ssrc in self._by_ssrc:
                self._by_ssrc[message.ssrc].request_keyframe(self._hub.clock())
        return None

    def _hang_up(self) -> None:
        if self.is_open:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for consumer in self._consumers.values():
            consumer.close()
        self._consumers.clear()
        self._by_ssrc.clear()
        self._egress.unsent.clear()
