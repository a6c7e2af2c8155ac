"""Secrets sealed with AES-256-GCM under keys derived from one master secret."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.domain.errors import Unavailable

NONCE_BYTES = 12
MASTER_BYTES = 32


class AesSecretBox:
    """nonce (12 bytes) + ciphertext + tag (16 bytes); the context is authenticated."""

    def __init__(self, master: bytes) -> None:
        derive = HKDF(SHA256(), length=32, salt=None, info=b"secrets in the database")
        self._cipher = AESGCM(derive.derive(master))

    def seal(self, secret: bytes, context: str) -> bytes:
        """Encrypt; only the same context opens it."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Decrypt. Raises Unavailable when sealed elsewhere or altered."""
        nonce, ciphertext = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, ciphertext, context.encode())
        except (InvalidTag, ValueError) as error:
            raise Unavailable("A stored secret cannot be opened with this key.") from error


def master_secret(path: Path) -> bytes:
    """The installation's master secret, made at first use in a file only its owner reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
        with os.fdopen(handle, "wb") as file:
            file.write(os.urandom(MASTER_BYTES))
            file.flush()
            os.fsync(handle)
        with suppress(FileExistsError):
            os.link(draft, path)  # of two processes that start at once, one wins, whole
        os.unlink(draft)
    return path.read_bytes()
