"""The recorder as the pool sees it: there while anything is recorded, replaced when lost."""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from media.channel import unavailable
from media.process import EXIT_TIMEOUT_S, WorkerProcess
from media.protocol import FinishRecording, OpenRecording, Request
from media.slot import Log

RECORDER_COMMAND = (sys.executable, "-m", "media.recording")
START_TIMEOUT_S = 15.0
FINISH_TIMEOUT_S = 25.0


class Recorders:
    """At most one process; it holds the keys of what it writes, workers hold none."""

    def __init__(self, folder: Path, log: Log, on_lost: Callable[[], None]) -> None:
        """`on_lost` is called when a recorder died: whoever records must open anew."""
        self._folder = folder
        self._log = log
        self._on_lost = on_lost
        self._process: WorkerProcess | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._opened: set[str] = set()
        self._starting = asyncio.Lock()
        self._place: Path | None = None
        self._starts = 0

    async def open(self, recording: str, key: bytes) -> str:
        """Take what workers send for it; answers the socket's path. Raises MediaError."""
        folder = str(self._folder / recording)
        self._opened.add(recording)
        try:
            await self._request(OpenRecording(recording, key.hex(), folder), START_TIMEOUT_S)
        except BaseException:
            self._opened.discard(recording)
            raise
        return self._socket

    async def finish(self, recording: str, key: bytes) -> list[Mapping[str, Any]]:
        """Complete its files and tell what they hold; idempotent. Raises MediaError."""
        folder = str(self._folder / recording)
        request = FinishRecording(recording, key.hex(), folder)
        try:
            result = await self._request(request, FINISH_TIMEOUT_S)
        finally:
            self._opened.discard(recording)
        if not self._opened:
            await self.close()
        files = result.get("files")
        if not isinstance(files, list):
            raise unavailable("the recorder told nothing")
        return files

    async def close(self) -> None:
        """End the process, which writes what it has; idempotent."""
        process, self._process = self._process, None
        if process is not None:
            await process.end(EXIT_TIMEOUT_S)
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
            self._watcher = None
        if self._place is not None and self._process is None:
            shutil.rmtree(self._place, ignore_errors=True)
            self._place = None
        self._opened.clear()

    # --- internals ---

    @property
    def _socket(self) -> str:
        return str((self._place or Path()) / f"{self._starts}.sock")

    async def _request(self, request: Request, timeout_s: float) -> Mapping[str, Any]:
        async with self._starting:
            if self._process is None:
                self._process = await self._start()
            process = self._process
        return await process.channel.request(request, timeout_s)

    async def _start(self) -> WorkerProcess:
        if self._place is None:
            # Only this user may enter; a path of its own for each process: workers tell them apart.
            self._place = Path(tempfile.mkdtemp(prefix="recorder-"))
        self._starts += 1
        process = await WorkerProcess.spawn((*RECORDER_COMMAND, self._socket))
        try:
            await process.ping(START_TIMEOUT_S)
        except BaseException:
            await process.end()
            raise
        self._watcher = asyncio.create_task(self._watch(process), name="recorder")
        return process

    async def _watch(self, process: WorkerProcess) -> None:
        reason = await process.channel.wait_closed()
        if self._process is process:
            self._process = None
            self._opened.clear()
            self._log.warning("recorder lost", pid=process.pid, reason=reason)
            await process.end()
            self._on_lost()
