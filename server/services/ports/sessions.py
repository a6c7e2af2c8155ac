"""Sessions as use cases see them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from server.domain.sessions import RefreshToken, Session, Standing


class SessionStore(Protocol):
    """Sessions and refresh tokens of one transaction."""

    async def add(self, session: Session) -> None:
        """Store a new session."""

    async def add_refresh(
        self, digest: str, session: str, issued_at: datetime, expires_at: datetime
    ) -> None:
        """Store a refresh token's SHA-256."""

    async def refresh(self, digest: str) -> RefreshToken | None:
        """A refresh token and its session, locked until the transaction ends."""
        ...

    async def use_refresh(self, digest: str, now: datetime) -> None:
        """Mark it rotated."""

    async def standing(self, session: str, user: str, now: datetime) -> Standing | None:
        """None unless the session lives, is the user's, and the user is active."""
        ...

    async def alive(self, ids: Collection[str], now: datetime) -> frozenset[str]:
        """Those that live and whose user is active, in one query."""
        ...

    async def end(self, session: str, now: datetime) -> bool:
        """End one; False when it was already over."""
        ...

    async def end_all(self, user: str, now: datetime, but: str | None = None) -> list[str]:
        """End a user's sessions, all but one; answers which."""
        ...

    async def purge(self, before: datetime) -> int:
        """Forget sessions over since before; answers how many."""
        ...
