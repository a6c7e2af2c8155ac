"""What every port, transport and room of a worker shares."""

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from media.protocol import DropReason, Event
from media.worker.dtls import Identity
from media.worker.limits import TokenBucket

if TYPE_CHECKING:
    from media.worker.downlink import Downlink
    from media.worker.egress import Egress
    from media.worker.layer import Layer
    from media.worker.producer import Producer
    from media.worker.transport import Transport

HANDSHAKES_AT_ONCE = 400
HANDSHAKES_PER_S = 100


class Hub:
    """Counters, the ufrag table and the batches waiting to be sent."""

    def __init__(
        self, clock: Callable[[], float], identity: Identity, emit: Callable[[Event], None]
    ) -> None:
        self.clock = clock
        self.identity = identity
        self.emit = emit
        self.candidates: tuple[tuple[str, int], ...] = ()  # announced address, UDP port
        self.tcp_candidates: tuple[tuple[str, int], ...] = ()
        self.transports: dict[str, Transport] = {}  # local ufrag → transport
        self.pending: list[Layer] = []
        self.dirty: list[Egress] = []
        self.handshakes = TokenBucket(HANDSHAKES_AT_ONCE, HANDSHAKES_PER_S)
        self.handshaking: set[Transport] = set()
        self.nacking: set[Layer] = set()
        self.probing: set[Downlink] = set()
        self.hurry: Callable[[], None] = lambda: None  # the above want the fast tick
        self.keyframing: set[Layer] = set()
        self.producers: set[Producer] = set()
        self.drops: Counter[DropReason] = Counter()
        self.packets_in = 0
        self.packets_out = 0
        self.bytes_in = 0
        self.bytes_out = 0

    def drop(self, reason: DropReason, count: int = 1) -> None:
        """Count what goes no further."""
        self.drops[reason] += count

    def flush(self) -> None:
        """Forward what came, and send what was gathered for each subscriber."""
        pending = self.pending
        if pending:
            for layer in pending:
                layer.release()
            pending.clear()
        dirty = self.dirty
        if dirty:
            now = self.clock()
            for egress in dirty:
                egress.flush(now)
            dirty.clear()
