"""Signing keys as use cases see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from server.domain.keys import SigningKey


@dataclass(frozen=True, slots=True)
class SealedKey:
    """A stored key, its private part sealed."""

    kid: str
    sealed: bytes
    signs_from: datetime


class KeyStore(Protocol):
    """The signing keys of one transaction."""

    async def all(self) -> list[SealedKey]:
        """Every key; writers wait for each other until the transaction ends."""
        ...

    async def add(self, key: SealedKey) -> None:
        """Store a new one."""

    async def delete(self, kids: Sequence[str]) -> None:
        """Forget retired ones."""


class KeyRing(Protocol):
    """Who signs and verifies with the keys."""

    def use(self, keys: Sequence[SigningKey]) -> None:
        """Replace the key map."""
