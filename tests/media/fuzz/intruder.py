"""Sends malformed datagrams to a worker, from a stranger's socket or a peer's own."""

import itertools
import socket
import time
from collections.abc import Iterator

from tests.bench.rtc.publisher import Publisher
from tests.bench.rtc.secure import Certificate
from tests.bench.rtc.subscriber import Subscriber
from tests.bench.rtc.transport import Transport

BATCH = 32
# The worker's receive queue holds a batch; what overflows it is lost by the kernel, not by it.
PAUSE_S = 0.003


def flood(transmit: "socket.socket | Transport", datagrams: Iterator[bytes], count: int) -> int:
    """Send that many; how many the kernel took."""
    taken = 0
    while taken < count:
        for datagram in itertools.islice(datagrams, min(BATCH, count - taken)):
            send(transmit, datagram)
            taken += 1
        drain(transmit)
        time.sleep(PAUSE_S)
    return taken


def send(transmit: "socket.socket | Transport", datagram: bytes) -> None:
    """One datagram, waiting for the socket's buffer when it is full."""
    end = transmit if isinstance(transmit, socket.socket) else transmit.socket
    while True:
        try:
            end.send(datagram)
        except BlockingIOError:
            time.sleep(PAUSE_S)
        except ConnectionRefusedError:
            continue
        else:
            return


def drain(transmit: "socket.socket | Transport") -> None:
    """Read whatever came back, and keep a peer's consent alive."""
    if isinstance(transmit, Transport):
        transmit.tick(time.monotonic())
        for _ in transmit.receive():
            pass
        return
    try:
        while True:
            transmit.recv(2048)
    except (BlockingIOError, ConnectionRefusedError):
        return


def stranger(port: int) -> socket.socket:
    """A socket the worker has never seen."""
    end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    end.setblocking(False)
    end.connect(("127.0.0.1", port))
    return end


class Intruder:
    """A peer of its own room, rightly connected, about to misbehave on both its transports."""

    def __init__(self) -> None:
        certificate = Certificate()
        self.publisher = Publisher(0, certificate, "actpass", video=True)
        self.subscriber = Subscriber(certificate, "active")

    def transports(self) -> list[Transport]:
        """Those under way."""
        both = (self.publisher.transport, self.subscriber.transport)
        return [transport for transport in both if transport.remote is not None]

    def connect(self, timeout_s: float = 10.0) -> None:
        """Pump until every transport under way is connected."""
        deadline = time.monotonic() + timeout_s
        while not all(transport.is_connected for transport in self.transports()):
            assert time.monotonic() < deadline, "the intruder never connected"
            for transport in self.transports():
                drain(transport)
            time.sleep(PAUSE_S)

    def close(self) -> None:
        """Close both sockets."""
        self.publisher.transport.close()
        self.subscriber.transport.close()
