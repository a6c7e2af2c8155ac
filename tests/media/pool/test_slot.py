"""Who is hung, and who only lacked a core."""

from collections.abc import Mapping
from typing import Any, cast

import pytest
import structlog

from media.channel import unavailable
from media.process import WorkerProcess
from media.protocol import MediaError
from media.slot import Slot

HUNG_AFTER_S = 0.6


class SlowWorker:
    """Answers the last ping only; its CPU time at each look is given."""

    pid = 1

    def __init__(self, *computed: float, runnable: bool = True) -> None:
        self._computed = iter(computed)
        self._silent = len(computed) - 1
        self._is_runnable = runnable
        self.timeouts: list[float] = []

    def computed_s(self) -> float:
        return next(self._computed)

    def wants_core(self) -> bool:
        return self._is_runnable

    async def ping(self, timeout_s: float) -> Mapping[str, Any]:
        self.timeouts.append(timeout_s)
        if len(self.timeouts) <= self._silent:
            raise unavailable("silent")
        return {"rooms": 3}


async def ping(worker: SlowWorker) -> Mapping[str, Any]:
    slot = Slot(0, (), (0, 0), _nobody, HUNG_AFTER_S, structlog.get_logger())
    return await slot._ping(cast(WorkerProcess, worker))


async def _nobody() -> WorkerProcess:
    raise AssertionError("nobody is hired here")


async def test_a_worker_whose_core_was_taken_is_asked_again() -> None:
    worker = SlowWorker(7.0, 7.1, 7.1, 7.3)
    assert await ping(worker) == {"rooms": 3}
    assert worker.timeouts == [HUNG_AFTER_S, *map(pytest.approx, (0.5, 0.5, 0.3))]


@pytest.mark.parametrize("computed", [(7.0, 7.6), (float("inf"), float("inf"))])
async def test_a_worker_that_computes_and_does_not_answer_is_hung(
    computed: tuple[float, float],
) -> None:
    worker = SlowWorker(*computed)
    with pytest.raises(MediaError):
        await ping(worker)
    assert worker.timeouts == [HUNG_AFTER_S]


async def test_a_worker_that_sleeps_or_was_stopped_is_hung() -> None:
    worker = SlowWorker(7.0, 7.0, runnable=False)
    with pytest.raises(MediaError):
        await ping(worker)
    assert worker.timeouts == [HUNG_AFTER_S]
