"""Passwords by argon2id (RFC 9106), hashed in a thread and few at a time."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE = 2  # each takes a core and 64 MiB for some 50 ms


class Argon2Passwords:
    """argon2-cffi with its RFC 9106 low-memory profile."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """A salted hash of the password."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, _bytes(password))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether it matches; None (nobody) takes as long as somebody, and is False."""
        if password_hash is None and self._nobody is None:
            self._nobody = await self.hash("nobody")
        async with self._slots:
            matches = await asyncio.to_thread(
                self._matches, password_hash or self._nobody or "", password
            )
        return matches and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(password_hash)

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False


def _bytes(password: str) -> bytes:
    return password.encode(errors="surrogatepass")  # whatever was typed has bytes
