"""Who is hung, and who only lacked a core."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import pytest
import structlog

from media.channel import unavailable
from media.process import WorkerProcess
from media.protocol import MediaError
from media.slot import Slot

HUNG_AFTER_S = 0.6


class SlowWorker:
    """Answers the second ping only; its CPU time at each look is given."""

    pid = 1

    def __init__(self, computed: Iterator[float]) -> None:
        self._computed = computed
        self.timeouts: list[float] = []

    def computed_s(self) -> float:
        return next(self._computed)

    async def ping(self, timeout_s: float) -> Mapping[str, Any]:
        self.timeouts.append(timeout_s)
        if len(self.timeouts) == 1:
            raise unavailable("silent")
        return {"rooms": 3}


async def ping(worker: SlowWorker) -> Mapping[str, Any]:
    slot = Slot(0, (), (0, 0), _nobody, HUNG_AFTER_S, structlog.get_logger())
    return await slot._ping(cast(WorkerProcess, worker))


async def _nobody() -> WorkerProcess:
    raise AssertionError("nobody is hired here")


async def test_a_worker_whose_core_was_taken_is_asked_again() -> None:
    worker = SlowWorker(iter((7.0, 7.1)))
    assert await ping(worker) == {"rooms": 3}
    assert worker.timeouts == [HUNG_AFTER_S, pytest.approx(0.5)]


@pytest.mark.parametrize("computed", [(7.0, 7.6), (float("inf"), float("inf"))])
async def test_a_worker_that_computes_and_does_not_answer_is_hung(
    computed: tuple[float, float],
) -> None:
    worker = SlowWorker(iter(computed))
    with pytest.raises(MediaError):
        await ping(worker)
    assert worker.timeouts == [HUNG_AFTER_S]
