"""Sealing of secrets that the database must not hold in the clear."""

from __future__ import annotations

from typing import Protocol


class SecretBox(Protocol):
    """Authenticated encryption under the installation's master secret."""

    def seal(self, secret: bytes, context: str) -> bytes:
        """Encrypt; only the same context opens it."""
        ...

    def open(self, sealed: bytes, context: str) -> bytes:
        """Decrypt. Raises Unavailable when sealed elsewhere or altered."""
        ...
