"""Files on disk: partial ones grow under a lock, whole ones are read in pieces."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import hashlib
import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Any

import aiofiles.os
import puremagic
from pydicom import dcmread

from server.adapters import dicom
from server.domain.errors import LimitExceeded, NotFound
from server.domain.studies import ImageTags
from server.domain.uploads import OffsetMismatch, UploadBusy

_HASH_PIECE = 1024 * 1024
_SNIFF_BYTES = 4096
_RESERVE_BYTES = 1024**3
"""Left free for the database."""

_DICOM_PREAMBLE = 128
_DICOM_PREFIX = b"DICM"


class DiskBlobs:
    """A folder of blobs; processes on one machine, or one shared disk, may share it."""

    def __init__(self, folder: Path, reserve_bytes: int = _RESERVE_BYTES) -> None:
        self._partial = folder / "uploads"
        self._whole = folder / "documents"
        self._reserve_bytes = reserve_bytes
        for one in (self._partial, self._whole):
            one.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def size(self, blob: str) -> int:
        """Bytes of a partial file; 0 without one."""
        try:
            return int(await aiofiles.os.path.getsize(self._partial / blob))
        except FileNotFoundError:
            return 0

    async def append(self, blob: str, offset: int, data: bytes, *, sync: bool = True) -> int:
        """Add at the end and answer the new size; with `sync`, durable when it answers.

        One visit of a thread: a visit for each of its six steps costs more than the bytes.
        """
        return await asyncio.to_thread(_append, self._partial / blob, offset, data, sync)

    async def sync(self, blob: str) -> None:
        """Make what was appended durable."""
        await asyncio.to_thread(_sync, self._partial / blob)

    async def require_space(self, size: int) -> None:
        """Raise LimitExceeded unless so many more bytes fit."""
        free = (await asyncio.to_thread(shutil.disk_usage, self._partial)).free
        if free < size + self._reserve_bytes:
            raise LimitExceeded("The disk is full.", limit="disk")

    async def digest(self, blob: str) -> str:
        """SHA-256 of a partial file, or of the whole one once promoted."""
        return await asyncio.to_thread(_digest, self._existing(blob))

    async def inspect(self, blob: str) -> tuple[str | None, dict[str, str] | None]:
        """Sniff a file: its media type, and modality and study date if DICOM."""
        return await asyncio.to_thread(_inspect, self._existing(blob))

    async def tags(self, blob: str) -> ImageTags | None:
        """What a DICOM file says of its patient and place; None for anything else."""
        return await asyncio.to_thread(dicom.read_tags, self._existing(blob))

    async def promote(self, blob: str) -> None:
        """Make a partial file a whole one, durably; idempotent."""
        if not await self.is_whole(blob):
            await asyncio.to_thread(_move, self._partial / blob, self._path(blob))

    async def is_whole(self, blob: str) -> bool:
        """Whether it was promoted."""
        return bool(await aiofiles.os.path.exists(self._path(blob)))

    async def read(self, blob: str, offset: int, size: int) -> bytes:
        """Bytes of a whole file. Raises NotFound."""
        try:
            return await asyncio.to_thread(_read, self._path(blob), offset, size)
        except FileNotFoundError:
            raise NotFound from None

    async def delete(self, blob: str) -> None:
        """Remove a file, partial or whole; idempotent."""
        for path in (self._partial / blob, self._path(blob)):
            await asyncio.to_thread(path.unlink, missing_ok=True)

    def _path(self, blob: str) -> Path:
        return self._whole / blob[-2:] / blob

    def _existing(self, blob: str) -> Path:
        whole = self._path(blob)
        return whole if whole.exists() else self._partial / blob


def _append(path: Path, offset: int, data: bytes, sync: bool) -> int:
    with _locked(path) as file:
        size = file.seek(0, os.SEEK_END)
        if size != offset:
            raise OffsetMismatch(offset=size)
        try:
            _write(file, data)
            if sync:
                os.fdatasync(file.fileno())
        except OSError as error:
            file.truncate(size)
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise LimitExceeded("The disk is full.", limit="disk") from error
            raise
    return size + len(data)


@contextmanager
def _locked(path: Path) -> Iterator[FileIO]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with FileIO(descriptor, "r+b") as file:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UploadBusy from None
        yield file


def _write(file: FileIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fdatasync(file.fileno())


def _read(path: Path, offset: int, size: int) -> bytes:
    """Open, read and close in one visit of a thread: a reader who leaves leaves nothing open."""
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(size)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_HASH_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o700, exist_ok=True)
    os.replace(source, target)
    for folder in (target.parent, source.parent):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _inspect(path: Path) -> tuple[str | None, dict[str, str] | None]:
    with path.open("rb") as file:
        head = file.read(_SNIFF_BYTES)
    if head[_DICOM_PREAMBLE : _DICOM_PREAMBLE + 4] == _DICOM_PREFIX:
        tags = _dicom_tags(path)
        return (None, None) if tags is None else ("application/dicom", tags)
    return _sniff(head), None


def _sniff(head: bytes) -> str | None:
    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return None
    best = max(matches, key=lambda match: (match.confidence, len(match.byte_match)), default=None)
    return None if best is None else str(best.mime_type)


def _dicom_tags(path: Path) -> dict[str, str] | None:
    """Modality and study date, or None when the file is no readable DICOM (PS3.10 §7)."""
    wanted = ["SOPInstanceUID", "Modality", "StudyDate"]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset: Any = dcmread(path, stop_before_pixels=True, specific_tags=wanted)
            if not dataset.get("SOPInstanceUID"):
                return None
            found = {"modality": dataset.get("Modality"), "study_date": dataset.get("StudyDate")}
    except Exception:  # a parser of hostile input may raise anything
        return None
    return {name: str(value)[:16] for name, value in found.items() if value}
