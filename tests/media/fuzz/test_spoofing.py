"""Who may shake hands and who may move a path: OWASP ASVS 5.0 V17.2 and V17.3."""

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from media.protocol import DropReason, Join, Publish
from media.worker.transport import Transport as WorkerTransport
from tests.bench.rtc.publisher import Publisher
from tests.bench.rtc.secure import Certificate, Secure
from tests.media.fuzz.intruder import Intruder, drain
from tests.media.worker.support import Plane, plane, until


class Taps:
    """Sends what the honest peer would, and keeps a copy for the attacker."""

    def __init__(self, publisher: Publisher) -> None:
        self.sent: list[bytes] = []
        self._send = publisher.transport.send
        publisher.transport.send = self._tap  # type: ignore[method-assign]

    def _tap(self, *datagrams: bytes) -> int:
        self.sent += datagrams
        return self._send(*datagrams)


class Scene:
    """A publisher yet to connect, and an attacker who knows the worker's port."""

    def __init__(self, media: Plane) -> None:
        self.media = media
        self.hub = media.worker.hub
        self.peer = Intruder()
        self.taps = Taps(self.peer.publisher)
        (self.to,) = self.hub.candidates
        self.attacker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.attacker.bind(("127.0.0.1", 0))
        self.attacker.setblocking(False)

    def negotiate(self) -> None:
        publisher = self.peer.publisher
        self.media.request(Join("room", "anna", frozenset({"camera", "microphone"}), False))
        publish = Publish("room", "anna", publisher.offer(), publisher.sources())
        self.answer = self.media.request(publish)["sdp"]

    async def connect(self) -> None:
        self.peer.publisher.answered(self.answer)
        client = self.peer.publisher.transport
        await self.until(lambda: self.worker.is_secure and client.is_connected, "connected")

    @property
    def worker(self) -> WorkerTransport:
        return next(iter(self.hub.transports.values()))

    def attack(self, datagram: bytes) -> None:
        self.attacker.sendto(datagram, self.to)

    def hello(self) -> bytes:
        """A ClientHello of the attacker's own."""
        (datagram,) = Secure(Certificate().context(), "").handshake()
        return datagram

    def speak(self) -> bytes:
        """The honest peer sends one packet of sound; what went over the wire."""
        self.peer.publisher._send_audio(0.0)
        return self.taps.sent[-1]

    async def until(self, condition: Callable[[], object], what: str) -> None:
        def pumped() -> object:
            for transport in self.peer.transports():
                drain(transport)
            return condition()

        await until(pumped, what)

    async def is_heard(self) -> None:
        """The worker takes the next honest packet, over the honest path."""
        publication = self.media.worker.rooms["room"].peers["anna"].publication
        assert publication is not None
        layer = publication.producers["0"].layers[0]
        before = layer.reception.received
        self.speak()
        await self.until(lambda: layer.reception.received == before + 1, "the packet is taken")
        path = self.worker.path
        assert path is not None
        assert path.address == self.peer.publisher.transport.socket.getsockname()


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    async with plane() as media:
        made = Scene(media)
        made.negotiate()
        try:
            yield made
        finally:
            made.peer.close()
            made.attacker.close()


async def test_a_hello_that_wins_the_race_is_dropped() -> None:
    async with scene() as on:
        for _ in range(5):
            on.attack(on.hello())
        drops = on.hub.drops
        await on.until(lambda: drops[DropReason.UNKNOWN_ADDRESS] == 5, "all are dropped")
        assert not on.hub.handshaking
        assert on.worker._dtls is None
        await on.connect()
        await on.is_heard()


async def test_a_hello_with_the_peers_check_still_pending_is_dropped() -> None:
    async with scene() as on:
        await on.connect()
        receiver, egress = on.worker._receiver, on.worker.egress
        on.attack(on.hello())
        drops = on.hub.drops
        await on.until(lambda: drops[DropReason.UNKNOWN_ADDRESS] == 1, "it is dropped")
        assert on.worker._receiver is receiver
        assert on.worker.egress is egress


async def test_a_second_handshake_over_the_peers_own_address_changes_no_key() -> None:
    async with scene() as on:
        await on.connect()
        receiver, dtls = on.worker._receiver, on.worker._dtls
        before = on.worker._datagrams
        on.peer.publisher.transport.socket.send(on.hello())  # as if its address were forged
        await on.until(lambda: on.worker._datagrams == before + 1, "the hello is read")
        assert on.worker._receiver is receiver
        assert on.worker._dtls is dtls
        await on.is_heard()


async def test_media_from_an_unknown_address_moves_nothing() -> None:
    async with scene() as on:
        await on.connect()
        await on.is_heard()
        path = on.worker.path
        on.attack(on.taps.sent[-1])
        drops = on.hub.drops
        await on.until(lambda: drops[DropReason.UNKNOWN_ADDRESS] == 1, "it is dropped")
        assert on.worker.path is path


async def test_a_replayed_check_cannot_keep_the_path() -> None:
    """Whoever overheard a check may validate an address with it, and gets nothing for it."""
    async with scene() as on:
        await on.connect()
        await on.is_heard()
        heard = on.taps.sent[-1]
        check = next(datagram for datagram in on.taps.sent if datagram[0] < 2)
        on.attack(check)
        (port,) = on.media.worker._ports
        stolen = on.attacker.getsockname()
        await on.until(lambda: stolen in port.paths, "the check is authentic")
        on.attack(heard)
        drops = on.hub.drops
        await on.until(lambda: drops[DropReason.REPLAYED] == 1, "old media is no proof")
        on.attack(on.hello())
        receiver = on.worker._receiver
        await on.is_heard()  # one honest packet, and the path is the peer's again
        assert on.worker._receiver is receiver
