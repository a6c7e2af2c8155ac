"""Signed checkpoints of the audit chain in a folder outside the database."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from server.domain.audit import Checkpoint


class CheckpointFolder:
    """`checkpoints.jsonl` beside an Ed25519 key pair; copy the folder to where nobody edits it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "checkpoints.jsonl"
        self._key_file = folder / "key.pem"
        self._public_file = folder / "public.pem"
        self._last: Checkpoint | None = None

    def last(self) -> Checkpoint | None:
        """The newest one written here."""
        if self._last is None:
            for checkpoint, _ in self._read():
                self._last = checkpoint
        return self._last

    def append(self, checkpoint: Checkpoint) -> None:
        """Sign and write one, durably."""
        line = {
            "position": checkpoint.position,
            "hash": checkpoint.hash,
            "at": checkpoint.at.isoformat(),
            "signature": self._key().sign(checkpoint.to_bytes()).hex(),
        }
        with self._file.open("a", encoding="ascii") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._last = checkpoint

    def verified(self) -> Sequence[Checkpoint]:
        """Every checkpoint. Raises ValueError naming one whose signature is wrong."""
        if not self._file.exists():
            return []
        public = load_pem_public_key(self._public_file.read_bytes())
        if not isinstance(public, Ed25519PublicKey):
            raise ValueError(f"{self._public_file} is no Ed25519 key")
        found = []
        for number, (checkpoint, signature) in enumerate(self._read(), start=1):
            try:
                public.verify(signature, checkpoint.to_bytes())
            except InvalidSignature:
                raise ValueError(f"checkpoint {number} has a wrong signature") from None
            found.append(checkpoint)
        return found

    def _read(self) -> Iterator[tuple[Checkpoint, bytes]]:
        if not self._file.exists():
            return
        with self._file.open(encoding="ascii") as file:
            for number, line in enumerate(file, start=1):
                try:
                    yield _parse(line)
                except (ValueError, KeyError, TypeError, AttributeError):
                    raise ValueError(f"checkpoint {number} cannot be read") from None

    def _key(self) -> Ed25519PrivateKey:
        if not self._key_file.exists():
            self._make_key()
        key = load_pem_private_key(self._key_file.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError(f"{self._key_file} is no Ed25519 key")
        if not self._public_file.exists():
            public = key.public_key()
            self._public_file.write_bytes(
                public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            )
        return key

    def _make_key(self) -> None:
        folder = self._key_file.parent
        folder.mkdir(parents=True, exist_ok=True)
        key = Ed25519PrivateKey.generate()
        handle, draft = tempfile.mkstemp(dir=folder)  # mode 0600
        with os.fdopen(handle, "wb") as file:
            file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        with suppress(FileExistsError):
            os.link(draft, self._key_file)  # of two processes that start at once, one wins
        os.unlink(draft)


def _parse(line: str) -> tuple[Checkpoint, bytes]:
    wire = json.loads(line)
    at = datetime.fromisoformat(wire["at"])
    if at.tzinfo is None:
        raise ValueError("naive instant")
    checkpoint = Checkpoint(int(wire["position"]), str(wire["hash"]), at)
    return checkpoint, bytes.fromhex(wire["signature"])
