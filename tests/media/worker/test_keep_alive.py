"""What a silent connection says so that the browser sees that its path works."""

from types import SimpleNamespace
from typing import Any, cast

from media.worker.egress import Egress
from media.worker.hub import Hub
from media.worker.srtp import GcmSender
from media.worker.transport import Transport

PACKET = (bytes(12), b"payload", 1)


def test_a_connection_speaks_for_want_of_media_alone() -> None:
    hub = Hub(lambda: 0.0, cast(Any, None), lambda event: None)
    sent: list[int] = []
    path = SimpleNamespace(
        is_stream=False,
        send=lambda datagram: sent.append(len(datagram)),
        socket=SimpleNamespace(sendto=lambda data, address: sent.append(len(data))),
        address=None,
    )
    transport = Transport(hub, cast(Any, None))
    transport.keep_alive()  # nobody is there yet
    egress = transport.egress = Egress(hub, GcmSender(bytes(16), bytes(12)))
    egress.path = cast(Any, path)
    transport.keep_alive()
    assert not sent, "it may have spoken just before"
    for count in (1, 2, 3):
        transport.keep_alive()
        assert len(sent) == count
    egress.write([PACKET])
    hub.flush()
    transport.keep_alive()
    assert len(sent) == 4, "the packet alone"
    transport.keep_alive()
    assert len(sent) == 5
