"""A file kept as chunks of AES-256-GCM: appended to, changed and read at any place."""

import os
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK_BYTES = 16 * 1024
NONCE_BYTES = 12
TAG_BYTES = 16
_SLOT_BYTES = NONCE_BYTES + CHUNK_BYTES + TAG_BYTES
KEY_BYTES = 32


class Altered(ValueError):
    """The bytes are not those written under this key, name and place."""


class SealedFile:
    """Each chunk: nonce (12 bytes), ciphertext, tag (16); file name and place are authenticated.

    Every write of a chunk has a fresh random nonce. What was written is readable when the process
    is killed the next moment; only a last chunk that was just being written may be lost.
    """

    def __init__(self, path: Path, key: bytes, descriptor: int) -> None:
        self._path = path
        self._cipher = AESGCM(key)
        self._context = path.name.encode()
        self._descriptor = descriptor
        self._tail = b""  # of the last chunk, while it is not full
        self.size = 0  # plain bytes

    @classmethod
    def create(cls, path: Path, key: bytes) -> Self:
        """A new one for reading and writing; raises FileExistsError."""
        return cls(path, key, os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))

    @classmethod
    def open(cls, path: Path, key: bytes, *, to_write: bool = False) -> Self:
        """An existing one; raises FileNotFoundError. Opened to write, a torn end is cut off."""
        file = cls(path, key, os.open(path, os.O_RDWR if to_write else os.O_RDONLY))
        try:
            if to_write:
                file._replay()
            file._measure(to_write)
        except BaseException:
            file.close()
            raise
        return file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Idempotent."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def sync(self) -> None:
        """Make durable what was written."""
        os.fdatasync(self._descriptor)

    def read(self, offset: int, size: int) -> bytes:
        """Up to so many bytes from there; raises Altered."""
        stop = min(offset + size, self.size)
        if stop <= offset:
            return b""
        first, last = offset // CHUNK_BYTES, (stop - 1) // CHUNK_BYTES
        raw = os.pread(self._descriptor, (last - first + 1) * _SLOT_BYTES, first * _SLOT_BYTES)
        pieces = [
            self._open(first + i, raw[i * _SLOT_BYTES : (i + 1) * _SLOT_BYTES])
            for i in range(last - first + 1)
        ]
        start = offset - first * CHUNK_BYTES
        return b"".join(pieces)[start : start + stop - offset]

    def append(self, data: bytes) -> None:
        """Add at the end."""
        index = self.size // CHUNK_BYTES
        data = self._tail + data
        for start in range(0, len(data), CHUNK_BYTES):
            self._put(index, data[start : start + CHUNK_BYTES])
            index += 1
        self.size += len(data) - len(self._tail)
        self._tail = data[len(data) - len(data) % CHUNK_BYTES :]

    def write(self, offset: int, data: bytes) -> None:
        """Replace bytes, and add those past the end; raises ValueError behind a hole."""
        if offset > self.size:
            raise ValueError("no holes")
        inside = min(len(data), self.size - offset)
        done = 0
        while done < inside:
            index, at = divmod(offset + done, CHUNK_BYTES)
            before = self.read(index * CHUNK_BYTES, CHUNK_BYTES)
            piece = data[done : min(inside, done + CHUNK_BYTES - at)]
            after = before[:at] + piece + before[at + len(piece) :]
            self._put(index, after)
            if len(after) < CHUNK_BYTES:
                self._tail = after
            done += len(piece)
        if inside < len(data):
            self.append(data[inside:])

    def replace_head(self, data: bytes) -> None:
        """Replace the first bytes so that a crash leaves them as they were or as they are to be."""
        before = self.read(0, CHUNK_BYTES)
        if len(data) > len(before):
            raise ValueError("the head is no longer than the first chunk")
        after = data + before[len(data) :]
        slot = self._seal(0, after)
        draft = self._path.with_suffix(".part")
        _write_through(draft, slot)
        os.replace(draft, self._beside)
        os.pwrite(self._descriptor, slot, 0)
        os.fdatasync(self._descriptor)
        self._beside.unlink()
        if len(after) < CHUNK_BYTES:
            self._tail = after

    def truncate(self, size: int) -> None:
        """Forget what is past `size`."""
        if size >= self.size:
            return
        index, rest = divmod(size, CHUNK_BYTES)
        self._tail = self.read(index * CHUNK_BYTES, rest) if rest else b""
        os.ftruncate(self._descriptor, index * _SLOT_BYTES)
        self.size = size
        if rest:
            self._put(index, self._tail)

    # --- internals ---

    @property
    def _beside(self) -> Path:
        return self._path.with_suffix(".head")

    def _replay(self) -> None:
        """Finish a replacement of the head that was cut off."""
        try:
            slot = self._beside.read_bytes()
        except FileNotFoundError:
            return
        os.pwrite(self._descriptor, slot, 0)
        os.fdatasync(self._descriptor)
        self._beside.unlink()

    def _measure(self, to_write: bool) -> None:
        full, rest = divmod(os.fstat(self._descriptor).st_size, _SLOT_BYTES)
        rest = max(0, rest - NONCE_BYTES - TAG_BYTES)
        self.size = full * CHUNK_BYTES + rest
        if not to_write or not self.size:
            return
        last = (self.size - 1) // CHUNK_BYTES
        try:
            piece = self.read(last * CHUNK_BYTES, CHUNK_BYTES)
        except Altered:
            os.ftruncate(self._descriptor, last * _SLOT_BYTES)
            self.size = last * CHUNK_BYTES
        else:
            self._tail = piece if len(piece) < CHUNK_BYTES else b""

    def _seal(self, index: int, plain: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, self._place(index))

    def _open(self, index: int, slot: bytes) -> bytes:
        try:
            return self._cipher.decrypt(slot[:NONCE_BYTES], slot[NONCE_BYTES:], self._place(index))
        except (InvalidTag, ValueError) as error:
            raise Altered(f"chunk {index} cannot be opened") from error

    def _place(self, index: int) -> bytes:
        return index.to_bytes(8, "big") + self._context

    def _put(self, index: int, plain: bytes) -> None:
        slot, at = memoryview(self._seal(index, plain)), index * _SLOT_BYTES
        while slot:
            done = os.pwrite(self._descriptor, slot, at)
            slot, at = slot[done:], at + done


def _write_through(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
