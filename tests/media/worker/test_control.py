"""The worker's end of the channel when the pool reads slowly, or not at all."""

import datetime
import socket
import time
from collections.abc import Callable

import pytest

from media.protocol import Event, LostReason, PeerLost
from media.wire import FrameDecoder
from media.worker import control
from media.worker.control import Control
from media.worker.loop import Loop
from media.worker.service import Worker

EVENTS = 2000
TODAY = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)

Emit = Callable[[Event], None]


def worker_on(loop: Loop, emits: list[Emit]) -> Callable[..., Worker]:
    def make(emit: Emit) -> Worker:
        emits.append(emit)
        return Worker(loop, time.monotonic, TODAY, emit)

    return make


def emit_many(emit: Emit) -> None:
    for number in range(EVENTS):
        emit(PeerLost("room", f"{number:0100}", LostReason.CONSENT))


def test_what_the_socket_does_not_take_at_once_follows_in_order() -> None:
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    loop, decoder = Loop(time.monotonic), FrameDecoder()
    emits: list[Emit] = []
    names: list[int] = []
    Control(loop, ours, worker_on(loop, emits), loop.stop)
    emit_many(emits[0])

    def read() -> None:
        names.extend(int(message["peer"]) for message in decoder.feed(theirs.recv(65536)))
        if len(names) == EVENTS:
            loop.remove_reader(theirs.fileno())
            theirs.close()

    loop.add_reader(theirs.fileno(), read)
    loop.run()
    loop.close()
    assert names == list(range(EVENTS))
    assert ours.fileno() < 0


def test_a_pool_that_never_reads_ends_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "WRITE_BUFFER_MAX", 1000)
    ours, theirs = socket.socketpair()
    loop = Loop(time.monotonic)
    emits: list[Emit] = []
    made = Control(loop, ours, worker_on(loop, emits), loop.stop)
    emit_many(emits[0])
    loop.run()
    made.close()
    loop.close()
    theirs.close()
    assert ours.fileno() < 0
