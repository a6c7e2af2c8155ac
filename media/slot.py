"""A seat for one worker: keeps it alive, replaces it when it dies or hangs."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from media.channel import unavailable
from media.process import WorkerProcess
from media.protocol import Event, MediaError, Request

HEARTBEAT_S = 0.2
RETRY_S = 0.2
RETRY_MAX_S = 2.0
_COUNTERS = ("packets_in", "packets_out", "bytes_in", "bytes_out")


class Log(Protocol):
    """The part of a structlog logger the media plane uses."""

    def info(self, event: str, **values: Any) -> Any:
        """Record something expected."""

    def warning(self, event: str, **values: Any) -> Any:
        """Record something that was survived."""

    def exception(self, event: str, **values: Any) -> Any:
        """Record an error with its traceback."""


class Slot:
    """One seat of the pool; rooms are pinned to it, whichever worker sits there."""

    def __init__(
        self,
        index: int,
        addresses: Sequence[tuple[str, str]],
        ports: tuple[int, int],
        hire: Callable[[], Awaitable[WorkerProcess]],
        hung_after_s: float,
        log: Log,
    ) -> None:
        self.index = index
        self.restarts = 0
        self._addresses = addresses
        self._ports = ports  # UDP, TCP
        self._hire = hire
        self._hung_after_s = hung_after_s
        self._log = log
        self._worker: WorkerProcess | None = None
        self._ready = asyncio.Event()
        self._stats: Mapping[str, Any] = {}
        self._retired: Counter[str] = Counter()
        self._retired_drops: Counter[str] = Counter()

    @property
    def is_ready(self) -> bool:
        """Whether a configured worker answers."""
        return self._worker is not None

    async def supervise(
        self, on_event: Callable[["Slot", Event], None], on_replaced: Callable[["Slot"], None]
    ) -> None:
        """Keep a worker in the seat until cancelled, then drain it; the owner runs this."""
        while True:
            worker = await self._seat()
            worker.listen(lambda event: on_event(self, event))
            self._worker = worker
            if self.restarts:
                on_replaced(self)
            self._ready.set()
            try:
                reason = await self._watch(worker)
            except asyncio.CancelledError:
                await worker.drain(self._hung_after_s)
                raise
            finally:
                self._vacate()
            self.restarts += 1
            self._log.warning("media worker lost", worker=self.index, pid=worker.pid, reason=reason)
            await worker.end()

    async def wait_ready(self, timeout_s: float) -> None:
        """Return when a worker sits here; raises media-unavailable at the timeout."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._ready.wait()
        except TimeoutError:
            raise unavailable("no media worker is ready") from None

    async def request(self, request: Request, timeout_s: float) -> Mapping[str, Any]:
        """The worker's result; raises MediaError."""
        if self._worker is None:
            raise unavailable("the media worker is being replaced")
        return await self._worker.channel.request(request, timeout_s)

    def describe(self) -> dict[str, object]:
        """Counters since the pool started, replaced workers included."""
        worker = self._worker
        return {
            "index": self.index,
            "pid": worker.pid if worker else None,
            "alive": worker is not None,
            "restarts": self.restarts,
            "ports": [list(port) for port in worker.ports] if worker else [],
            "pending": worker.channel.pending if worker else 0,
            **{name: self._retired[name] + self._count(name) for name in _COUNTERS},
            "drops": dict(self._retired_drops + Counter(self._drops())),
        }

    # --- internals ---

    async def _seat(self) -> WorkerProcess:
        delay_s = RETRY_S
        while True:
            worker: WorkerProcess | None = None
            try:
                worker = await self._hire()
                await worker.configure(self._addresses, *self._ports)
            except (MediaError, OSError) as error:
                if worker is not None:
                    await worker.end()
                if not self.restarts:
                    raise
                self._log.warning("media worker did not start", worker=self.index, error=str(error))
                await _pause(delay_s)
                delay_s = min(2 * delay_s, RETRY_MAX_S)
            except BaseException:
                if worker is not None:
                    await worker.end()
                raise
            else:
                self._log.info("media worker ready", worker=self.index, pid=worker.pid)
                return worker

    async def _watch(self, worker: WorkerProcess) -> str:
        while True:
            try:
                self._stats = await self._ping(worker)
            except MediaError as error:
                return await worker.channel.wait_closed(0) or f"hung: {error.message}"
            closed = await worker.channel.wait_closed(HEARTBEAT_S)
            if closed is not None:
                return closed

    async def _ping(self, worker: WorkerProcess) -> Mapping[str, Any]:
        computed_s = worker.computed_s()
        left_s = self._hung_after_s
        while True:
            try:
                return await worker.ping(left_s)
            except MediaError:
                # A crowded machine is no fault of the worker: what it could not compute is given
                # back, whether other processes or other guests of the host had the core.
                left_s = self._hung_after_s - (worker.computed_s() - computed_s)
                if not (left_s >= HEARTBEAT_S and worker.wants_core()):
                    raise

    def _vacate(self) -> None:
        self._worker = None
        self._ready.clear()
        self._retired.update({name: self._count(name) for name in _COUNTERS})
        self._retired_drops.update(self._drops())
        self._stats = {}

    def _count(self, name: str) -> int:
        value = self._stats.get(name, 0)
        return value if isinstance(value, int) else 0

    def _drops(self) -> dict[str, int]:
        drops = self._stats.get("drops", {})
        return dict(drops) if isinstance(drops, Mapping) else {}


async def _pause(delay_s: float) -> None:
    await asyncio.wait({asyncio.get_running_loop().create_future()}, timeout=delay_s)
