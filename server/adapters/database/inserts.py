"""Inserts that leave alone what is already there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import Insert as InsertPostgresql
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import Insert as InsertSqlite
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


async def insert_new(connection: AsyncConnection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row; False when one of its unique values is taken, also by a faster writer."""
    new = insert_into(connection, table).on_conflict_do_nothing()
    return (await connection.execute(new.values(**row))).rowcount == 1


async def insert_all_new(
    connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """The same for several rows at once."""
    await connection.execute(insert_into(connection, table).on_conflict_do_nothing(), rows)


def insert_into(connection: AsyncConnection, table: Table) -> InsertPostgresql | InsertSqlite:
    """An insert that may say what becomes of conflicts."""
    if connection.dialect.name == "sqlite":
        return insert_sqlite(table)
    return insert_postgresql(table)
