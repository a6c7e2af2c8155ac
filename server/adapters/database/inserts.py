"""Inserts that leave alone what is already there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


async def insert_new(connection: AsyncConnection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row; False when one of its unique values is taken, also by a faster writer."""
    is_sqlite = connection.dialect.name == "sqlite"
    statement = (insert_sqlite if is_sqlite else insert_postgresql)(table).values(**row)
    return (await connection.execute(statement.on_conflict_do_nothing())).rowcount == 1
