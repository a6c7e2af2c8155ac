"""The engine: every second it does what is due, from durable rows alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from server.services.ports.clock import Clock

log = structlog.get_logger(__name__)

TICK_S = 1.0
PATIENCE_S = 30.0
"""A step that takes longer is cancelled and tried again."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do again and again; it must be safe to repeat and to run in two processes."""

    name: str
    every_s: float
    run: Callable[[], Awaitable[object]]


class Engine:
    """Runs the steps that are due, one after another; a failing step never stops the rest."""

    def __init__(self, clock: Clock, steps: Sequence[Step]) -> None:
        self._clock = clock
        self._steps = steps
        self._due_at = {step.name: clock.monotonic() for step in steps}
        self._failures = {step.name: 0 for step in steps}
        self._woken = asyncio.Event()
        self._last_cycle_at = clock.monotonic()

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            await self.cycle()
            try:
                async with asyncio.timeout(TICK_S):
                    await self._woken.wait()
            except TimeoutError:
                continue
            self._woken.clear()

    def wake(self) -> None:
        """Begin the next cycle at once."""
        self._woken.set()

    async def cycle(self) -> None:
        """Run each step that is due."""
        for step in self._steps:
            now = self._clock.monotonic()
            if now >= self._due_at[step.name]:
                self._due_at[step.name] = now + step.every_s
                await self._attempt(step)
        self._last_cycle_at = self._clock.monotonic()

    async def probe(self) -> None:
        """Raise RuntimeError when no cycle ended for a while."""
        if self._clock.monotonic() - self._last_cycle_at > PATIENCE_S + 10 * TICK_S:
            raise RuntimeError("the engine stands still")

    def describe(self) -> Mapping[str, object]:
        """Failures by step, for metrics."""
        return {"step_failures": dict(self._failures)}

    async def _attempt(self, step: Step) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                await step.run()
        except Exception as error:
            self._failures[step.name] += 1
            log.error("engine-step-failed", step=step.name, error=type(error).__name__)
