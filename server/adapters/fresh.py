"""Ids and secrets from the operating system's random source."""

from __future__ import annotations

import secrets
import time
import uuid


class SystemFresh:
    """UUIDv7 (RFC 9562 §5.7), ascending within a process, and 256-bit secrets."""

    def __init__(self) -> None:
        self._last_ms = 0
        self._counter = 0

    def id(self) -> str:
        """A new UUIDv7."""
        now_ms = time.time_ns() // 1_000_000
        if now_ms > self._last_ms:
            self._last_ms = now_ms
            self._counter = secrets.randbits(11)  # RFC 9562 §6.2: room left to count up
        elif self._counter < 0xFFF:
            self._counter += 1
        else:
            self._last_ms += 1
            self._counter = secrets.randbits(11)
        head = self._last_ms << 80 | 7 << 76 | self._counter << 64
        return str(uuid.UUID(int=head | 0b10 << 62 | secrets.randbits(62)))

    def secret(self) -> str:
        """256 random bits, URL-safe."""
        return secrets.token_urlsafe(32)
