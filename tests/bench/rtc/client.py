"""Drives the generator's process from asyncio."""

import asyncio
import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[3]


class JsonProcess:
    """A child that answers one JSON line for each it gets."""

    module = "tests.bench.rtc"

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._turn = asyncio.Lock()

    @classmethod
    async def start(cls) -> Self:
        """Spawn the module with this interpreter."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            cls.module,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 22,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        return cls(process)

    async def __aenter__(self) -> Self:
        """Itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the child."""
        await self.close()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    async def ask(self, op: str, **values: Any) -> dict[str, Any]:
        """The answer; raises RuntimeError with the child's error."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        async with self._turn:
            stdin.write(json.dumps({"op": op, **values}).encode() + b"\n")
            await stdin.drain()
            line = await stdout.readline()
        if not line:
            raise RuntimeError(f"{self.module} died during {op}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"{op}: {answer['error']}")
        return answer

    async def close(self) -> None:
        """End and reap the child."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(2):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()


class GeneratorProcess(JsonProcess):
    """The load generator."""
