"""The worker's own event loop: readiness, timers, and what a failure leaves alone."""

import socket
from collections.abc import Callable, Iterator

import pytest

from media.worker.loop import SLACK, Loop


class Clock:
    """Stands still unless told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def then_stop(loop: Loop, act: Callable[[], None]) -> Callable[[], None]:
    """A callback that is the loop's last."""

    def callback() -> None:
        act()
        loop.stop()

    return callback


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def loop(clock: Clock) -> Iterator[Loop]:
    made = Loop(clock)
    yield made
    made.close()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        yield ours, theirs


def test_a_reader_is_called_until_it_is_removed(
    loop: Loop, pair: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = pair
    got: list[bytes] = []

    def read() -> None:
        got.append(ours.recv(1))
        if len(got) == 2:
            loop.remove_reader(ours.fileno())
            loop.call_later(0.0, loop.stop)

    theirs.send(b"abc")
    loop.add_reader(ours.fileno(), read)
    loop.run()
    loop.remove_reader(ours.fileno())
    assert got == [b"a", b"b"]


def test_a_closed_peer_is_seen_by_the_reader(
    loop: Loop, pair: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = pair
    got: list[bytes] = []
    theirs.close()
    loop.add_reader(ours.fileno(), then_stop(loop, lambda: got.append(ours.recv(1))))
    loop.run()
    assert got == [b""]


def test_reading_and_writing_are_watched_apart(
    loop: Loop, pair: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = pair
    seen: list[str] = []

    def write() -> None:
        seen.append("write")
        loop.remove_writer(ours.fileno())
        theirs.send(b"x")

    loop.add_reader(ours.fileno(), then_stop(loop, lambda: seen.append("read")))
    loop.add_writer(ours.fileno(), write)
    loop.run()
    assert seen == ["write", "read"]


def test_timers_run_once_when_due_and_not_when_cancelled(loop: Loop, clock: Clock) -> None:
    ran: list[str] = []
    loop.call_later(2.0, lambda: ran.append("late"))
    loop.call_later(0.5, lambda: ran.append("cancelled")).cancel()
    loop.call_later(1.0, lambda: ran.append("early"))

    def leave() -> None:
        clock.now += 1.0 * (1 + SLACK)
        loop.call_later(0.0, loop.stop)

    loop.call_later(0.0, leave)
    loop.run()
    assert ran == ["early"]


def test_a_timer_that_is_due_rides_on_a_packet(
    loop: Loop, clock: Clock, pair: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = pair
    seen: list[str] = []

    def read() -> None:
        seen.append(ours.recv(1).decode())
        clock.now += 0.06

    loop.add_reader(ours.fileno(), read)
    loop.call_later(0.1, then_stop(loop, lambda: seen.append("timer")))
    theirs.send(b"abc")
    loop.run()
    assert seen == ["a", "b", "timer"]


def test_a_failing_callback_is_reported_and_the_next_one_served(
    loop: Loop, pair: tuple[socket.socket, socket.socket], capsys: pytest.CaptureFixture[str]
) -> None:
    ours, theirs = pair
    theirs.send(b"ab")
    got: list[bytes] = []

    def read() -> None:
        got.append(ours.recv(1))
        if len(got) == 2:
            loop.stop()
        raise RuntimeError("reader failed")

    def tick() -> None:
        raise RuntimeError("timer failed")

    loop.call_later(0.0, tick)
    loop.add_reader(ours.fileno(), read)
    loop.run()
    assert got == [b"a", b"b"]
    told = capsys.readouterr().err
    assert "reader failed" in told
    assert "timer failed" in told
