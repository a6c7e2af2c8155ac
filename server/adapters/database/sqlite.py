"""SQLite connections that cross to their thread only for what may wait for the disk.

aiosqlite hands each call to a thread: a statement costs four crossings, a message four dozen, and
each waits its turn on a busy event loop. Statements take microseconds, so they run where they are;
taking the write lock, committing and rolling back go to the thread.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import aiosqlite
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

BUSY_MS = 5000
"""How long a connection waits for whoever holds the write lock."""
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}")
_WAITING = frozenset({"commit", "rollback", "close"})
_LOCKING = "BEGIN IMMEDIATE"


class Connection(aiosqlite.Connection):
    """An aiosqlite connection whose statements run inline; watched by a test of its own."""

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if self._may_wait(fn, args):
            return await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]
        if not self._running or self._connection is None:
            raise ValueError("Connection closed")
        return fn(*args, **kwargs)

    def _may_wait(self, fn: Callable[..., Any], args: tuple[Any, ...]) -> bool:
        is_whole = getattr(fn, "__self__", None) is self._connection  # no cursor's method
        return (is_whole and fn.__name__ in _WAITING) or args[:1] == (_LOCKING,)


def create_engine(url: str) -> AsyncEngine:
    """An engine for `sqlite+aiosqlite:///…`, durable at each commit."""
    database = make_url(url).database or ":memory:"

    def connect() -> Connection:
        connection = Connection(
            lambda: sqlite3.connect(database, check_same_thread=False, isolation_level=None),
            iter_chunk_size=64,
        )
        connection._thread.daemon = True
        return connection

    engine = create_async_engine(url, pool_size=5, max_overflow=5, async_creator=connect)

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine
