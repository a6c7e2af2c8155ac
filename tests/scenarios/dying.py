"""A process of the product that kills itself, as `kill -9` does, at a named point of its work."""

from __future__ import annotations

import asyncio
import importlib
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from server.services.ports.bus import Notice
from tests.scenarios.cast import Cast
from tests.scenarios.clock import StoryClock
from tests.scenarios.night import Night

Sentence = Callable[[Night], Awaitable[None]]
"""What the process was doing: a function of a story's own module."""


class Point(StrEnum):
    """Where in a transaction it dies."""

    BEFORE_COMMIT = "before the commit"
    AFTER_COMMIT = "after the commit, before anything is published"
    AFTER_PUBLISHING = "after publishing, before the outbox forgets"


@dataclass(frozen=True)
class Scene:
    """What the dying process must know; nothing in it is alive."""

    folder: Path
    url: str
    now: datetime
    cast: Cast
    module: str
    sentence: str
    point: Point


async def dies(night: Night, sentence: Sentence, point: Point) -> None:
    """The story's server is gone; another process begins the sentence and never ends it."""
    await night.close()
    scene = Scene(
        night.folder,
        night.url,
        night.clock.now(),
        night.cast,
        sentence.__module__,
        getattr(sentence, "__name__", ""),
        point,
    )
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])  # its imports are paid once
    process = context.Process(target=perform, args=(scene,))
    process.start()
    await asyncio.to_thread(process.join, 60)
    assert process.exitcode == -signal.SIGKILL, "it was to be killed, and ended otherwise"
    process.close()


def perform(scene: Scene) -> None:
    """Go on with the story until it kills this process."""
    asyncio.run(_perform(scene))


async def _perform(scene: Scene) -> None:
    night = Night(scene.folder, scene.url, StoryClock(scene.now), scene.cast)
    _arm(night, scene.point)
    await getattr(importlib.import_module(scene.module), scene.sentence)(night)


def _arm(night: Night, point: Point) -> None:
    """The first transaction that has something to send is the last."""
    database, publish = night.server.database, night.bus.publish
    transaction, begun = database.transaction, list[Any]()

    @asynccontextmanager
    async def deadly() -> AsyncIterator[Any]:
        async with transaction() as uow:
            is_part = uow in begun
            begun.append(uow)
            yield uow
            if uow.notices and point is Point.BEFORE_COMMIT and not is_part:
                _kill()
        if uow.notices and not is_part:
            _kill()

    async def refuse(notice: Notice) -> None:
        if point is Point.AFTER_COMMIT:
            _kill()
        await publish(notice)

    database.transaction = deadly  # type: ignore[method-assign]
    night.bus.publish = refuse  # type: ignore[method-assign]


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
