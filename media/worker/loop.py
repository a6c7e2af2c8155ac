"""The worker's event loop: readiness and a few timers, with nothing in between.

asyncio spends more on a wake-up than the kernel does, and a small call is nothing but wake-ups:
some 80 a second with two packets each. What the worker asks of a loop is little enough to have it
bare.
"""

import math
import sys
import traceback
from collections.abc import Callable
from select import EPOLLIN, EPOLLOUT, epoll
from typing import Protocol

SLACK = 0.25  # timers may run this share of their delay late, to share a packet's wake-up
WAIT_MAX_S = 60.0
EVENTS_MAX = 16  # at once: a channel and a socket for each address

Callback = Callable[[], None]


class Cancellable(Protocol):
    """A callback that has not run yet."""

    def cancel(self) -> None:
        """Idempotent."""


class EventLoop(Protocol):
    """What the worker asks of a loop; asyncio's would do as well."""

    def add_reader(self, fd: int, callback: Callback, /) -> object:
        """Call back whenever the file descriptor may be read."""

    def remove_reader(self, fd: int, /) -> object:
        """Idempotent."""

    def add_writer(self, fd: int, callback: Callback, /) -> object:
        """Call back whenever the file descriptor may be written."""

    def remove_writer(self, fd: int, /) -> object:
        """Idempotent."""

    def call_later(self, delay: float, callback: Callback, /) -> Cancellable:
        """Call back once after this many seconds."""


class Timer:
    """A callback, from when on it may run and when it must, in seconds of the loop's clock."""

    __slots__ = ("_loop", "callback", "due", "latest")

    def __init__(self, loop: "Loop", due: float, latest: float, callback: Callback) -> None:
        self._loop = loop
        self.due = due
        self.latest = latest
        self.callback = callback

    def cancel(self) -> None:
        """Idempotent."""
        self._loop.forget(self)


class Loop:
    """Level-triggered epoll, and timers that late packets may carry along (hot path)."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._epoll = epoll()
        self._readers: dict[int, Callback] = {}
        self._writers: dict[int, Callback] = {}
        self._timers: list[Timer] = []  # two or three: no heap
        self._due = self._latest = math.inf  # the soonest of them
        self._is_running = False

    # --- file descriptors ---

    def add_reader(self, fd: int, callback: Callback, /) -> None:
        """Call back whenever the file descriptor may be read."""
        self._watch(fd, self._readers, callback)

    def remove_reader(self, fd: int, /) -> None:
        """Idempotent."""
        self._watch(fd, self._readers, None)

    def add_writer(self, fd: int, callback: Callback, /) -> None:
        """Call back whenever the file descriptor may be written."""
        self._watch(fd, self._writers, callback)

    def remove_writer(self, fd: int, /) -> None:
        """Idempotent."""
        self._watch(fd, self._writers, None)

    def _watch(self, fd: int, callbacks: dict[int, Callback], callback: Callback | None) -> None:
        is_known = fd in self._readers or fd in self._writers
        if callback is not None:
            callbacks[fd] = callback
        else:
            callbacks.pop(fd, None)
        events = EPOLLIN * (fd in self._readers) | EPOLLOUT * (fd in self._writers)
        if not is_known and events:
            self._epoll.register(fd, events)
        elif is_known and events:
            self._epoll.modify(fd, events)
        elif is_known:
            self._epoll.unregister(fd)

    # --- timers ---

    def call_later(self, delay: float, callback: Callback, /) -> Timer:
        """Call back once after this many seconds, or SLACK later."""
        now = self._clock()
        timer = Timer(self, now + delay, now + delay * (1 + SLACK), callback)
        self._timers.append(timer)
        self._schedule()
        return timer

    def forget(self, timer: Timer) -> None:
        """Do not run it; idempotent."""
        if timer in self._timers:
            self._timers.remove(timer)
            self._schedule()

    def _schedule(self) -> None:
        self._due = min((timer.due for timer in self._timers), default=math.inf)
        self._latest = min((timer.latest for timer in self._timers), default=math.inf)

    def _run_due(self, now: float) -> None:
        for timer in [timer for timer in self._timers if timer.due <= now]:
            self.forget(timer)
            try:
                timer.callback()
            except Exception:  # one timer must not end every call
                report()

    # --- life ---

    def run(self) -> None:
        """Serve until `stop`; what a callback fails with is reported, and the next one served."""
        poll, clock, readers = self._epoll.poll, self._clock, self._readers
        self._is_running = True
        while self._is_running:
            wait_s = self._latest - clock()
            for fd, events in poll(min(wait_s, WAIT_MAX_S) if wait_s > 0 else 0, EVENTS_MAX):
                try:
                    if events != EPOLLOUT and fd in readers:  # errors show when reading
                        readers[fd]()
                    if events & EPOLLOUT and fd in self._writers:
                        self._writers[fd]()
                except Exception:  # one packet must not end every call
                    report()
            now = clock()
            if now >= self._due:
                self._run_due(now)

    def stop(self) -> None:
        """Let `run` return after this turn; idempotent."""
        self._is_running = False

    def close(self) -> None:
        """Release the epoll; idempotent."""
        self._epoll.close()


def report() -> None:
    """Tell standard error of the exception being handled."""
    print("media worker:", traceback.format_exc(), file=sys.stderr)
