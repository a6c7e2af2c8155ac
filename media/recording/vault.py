"""The sealed files as the server reads them, and the film made of them in a process of its own."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from media.recording.recorder import SUFFIX
from media.recording.sealed import SealedFile

MIX_COMMAND = (sys.executable, "-m", "media.recording.mix")
MIX = "mix"
LINE_BYTES_MAX = 4096


class Vault:
    """A folder of recordings, each a folder of files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def read(self, recording: str, file: str, key: bytes, offset: int, size: int) -> bytes:
        """Plain bytes of a file. Raises FileNotFoundError, or ValueError when it was altered."""
        return await asyncio.to_thread(self._read, self._path(recording, file), key, offset, size)

    async def delete(self, recording: str) -> None:
        """All of a recording's files; idempotent."""
        await asyncio.to_thread(shutil.rmtree, self._inside(recording), ignore_errors=True)

    async def mix(
        self,
        recording: str,
        key: bytes,
        files: Sequence[Mapping[str, Any]],
        progressed: Callable[[float], Awaitable[None]],
    ) -> Mapping[str, int]:
        """Make one film of the files: {bytes, duration_ms}. Raises RuntimeError when it cannot."""
        target = self._path(recording, MIX)
        draft = target.with_suffix(".draft")
        target.unlink(missing_ok=True)
        draft.unlink(missing_ok=True)
        task = {
            "key": key.hex(),
            "target": str(target),
            "files": [{**file, "path": str(self._path(recording, file["id"]))} for file in files],
        }
        process = await asyncio.create_subprocess_exec(
            *MIX_COMMAND,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=_environment(),
            start_new_session=True,
            limit=LINE_BYTES_MAX,
        )
        try:
            return await _follow(process, task, progressed)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    def _read(self, path: Path, key: bytes, offset: int, size: int) -> bytes:
        with SealedFile.open(path, key) as file:
            return file.read(offset, size)

    def _path(self, recording: str, file: str) -> Path:
        return self._inside(recording) / f"{_plain(file)}{SUFFIX}"

    def _inside(self, recording: str) -> Path:
        return self._folder / _plain(recording)


async def _follow(
    process: asyncio.subprocess.Process,
    task: Mapping[str, Any],
    progressed: Callable[[float], Awaitable[None]],
) -> Mapping[str, int]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(task).encode())  # the key is in no argument, no environment
    process.stdin.close()
    made: Mapping[str, int] | None = None
    async for line in process.stdout:
        told = json.loads(line)
        if "progress" in told:
            await progressed(float(told["progress"]))
        else:
            made = {"bytes": int(told["bytes"]), "duration_ms": int(told["duration_ms"])}
    if await process.wait() != 0 or made is None:
        raise RuntimeError("no film could be made")
    return made


def _plain(name: str) -> str:
    """A name that stays in its folder; raises FileNotFoundError for others."""
    if not name or not all(letter.isalnum() or letter == "-" for letter in name):
        raise FileNotFoundError(name)
    return name


def _environment() -> dict[str, str]:
    """No database address and no secret of the server's."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    kept["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    return kept
