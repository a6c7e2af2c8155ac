"""What the worker does by the clock, and that it does nothing without rooms."""

import datetime
from collections.abc import Callable

from media.protocol import Configure, Event, Join, Leave
from media.worker.service import Worker

TODAY = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


class Handle:
    """A timer that remembers whether it was cancelled."""

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback = callback
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class StillLoop:
    """Runs nothing by itself."""

    def __init__(self) -> None:
        self.timers: list[Handle] = []

    def add_reader(self, fd: int, callback: Callable[[], None], /) -> None:
        pass

    def remove_reader(self, fd: int, /) -> None:
        pass

    def add_writer(self, fd: int, callback: Callable[[], None], /) -> None:
        pass

    def remove_writer(self, fd: int, /) -> None:
        pass

    def call_later(self, delay: float, callback: Callable[[], None], /) -> Handle:
        self.timers.append(Handle(callback))
        return self.timers[-1]

    def run_timers(self) -> None:
        due, self.timers = self.timers, []
        for timer in due:
            timer.callback()


def test_the_clock_ticks_only_while_there_are_rooms() -> None:
    loop = StillLoop()
    events: list[Event] = []
    worker = Worker(loop, lambda: 0.0, TODAY, events.append)
    worker.handle(Configure((("127.0.0.1", "127.0.0.1"),), 0, 0))
    assert not loop.timers
    worker.handle(Join("room", "anna", frozenset(), True))
    worker.handle(Join("other", "bruno", frozenset(), True))
    assert len(loop.timers) == 1
    loop.run_timers()
    assert len(loop.timers) == 1
    worker.handle(Leave("room", "anna"))
    worker.handle(Leave("other", "bruno"))
    loop.run_timers()
    assert not loop.timers
    worker.handle(Join("room", "anna", frozenset(), True))
    (timer,) = loop.timers
    worker.close()
    assert timer.is_cancelled
