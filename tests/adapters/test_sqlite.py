"""Statements run inline; what may wait for the disk runs in the connection's thread."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from server.adapters.database import sqlite


async def test_only_what_may_wait_leaves_the_event_loop(
    tmp_path: Path, durable: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "PRAGMAS", durable)
    engine = sqlite.create_engine(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    traced: list[tuple[str, bool]] = []
    here = threading.get_ident()
    async with engine.connect() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert isinstance(raw, sqlite.Connection)
        raw._conn.set_trace_callback(
            lambda statement: traced.append((statement, threading.get_ident() == here))
        )
        await connection.exec_driver_sql("BEGIN IMMEDIATE")
        await connection.execute(text("CREATE TABLE t (n INTEGER)"))
        await connection.execute(text("INSERT INTO t VALUES (1)"))
        assert (await connection.execute(text("SELECT n FROM t"))).scalar_one() == 1
        await connection.commit()
        raw._conn.set_trace_callback(None)
        modes = [
            (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    await engine.dispose()
    assert traced == [
        ("BEGIN IMMEDIATE", False),
        ("CREATE TABLE t (n INTEGER)", True),
        ("INSERT INTO t VALUES (1)", True),
        ("SELECT n FROM t", True),
        ("COMMIT", False),
    ]
    assert modes == ["wal", 2, 1, 5000]


async def test_what_is_committed_is_seen_by_another_connection(tmp_path: Path) -> None:
    engine = sqlite.create_engine(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    async with engine.connect() as one, engine.connect() as other:
        await one.exec_driver_sql("CREATE TABLE t (n INTEGER)")
        await one.exec_driver_sql("BEGIN IMMEDIATE")
        await one.execute(text("INSERT INTO t VALUES (1)"))
        assert (await other.execute(text("SELECT count(*) FROM t"))).scalar_one() == 0
        await one.commit()
        assert (await other.execute(text("SELECT count(*) FROM t"))).scalar_one() == 1
        await one.exec_driver_sql("BEGIN IMMEDIATE")
        await one.execute(text("INSERT INTO t VALUES (2)"))
        await one.rollback()
        assert (await one.execute(text("SELECT count(*) FROM t"))).scalar_one() == 1
    await engine.dispose()
