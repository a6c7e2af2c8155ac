"""The schema's history, by Alembic; every start brings the database up to date."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import AsyncEngine

from server.adapters.database.metadata import metadata
from server.adapters.database.sqlite import BUSY_MS

FOLDER = Path(__file__).parent
MIGRATION_LOCK = 0x6D696772  # "migr": PostgreSQL's advisory lock of whoever migrates
PATIENCE_MS = 300_000


async def migrate(engine: AsyncEngine) -> None:
    """Bring the database up to date; of processes that start together, one does it."""
    async with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
        else:
            # whoever is faster may migrate for longer than anybody waits for a lock otherwise
            await connection.exec_driver_sql(f"PRAGMA busy_timeout={PATIENCE_MS}")
            await connection.exec_driver_sql("BEGIN IMMEDIATE")
        await connection.run_sync(_upgrade)
        if engine.dialect.name == "sqlite":
            await connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_MS}")


async def is_current(engine: AsyncEngine) -> bool:
    """Whether the database is at the newest revision."""
    async with engine.connect() as connection:
        return await connection.run_sync(_is_current)


async def differences(engine: AsyncEngine) -> Sequence[object]:
    """What autogenerate would still change: nothing, when the migrations are complete."""
    async with engine.connect() as connection:
        return await connection.run_sync(_compare)


def all_tables() -> MetaData:
    """The metadata with every module of the database package imported."""
    package = __package__.rpartition(".")[0]
    for module in iter_modules([str(FOLDER.parent)]):
        if not module.ispkg:
            import_module(f"{package}.{module.name}")
    return metadata


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration; there is no ini file."""
    made = Config()
    made.set_main_option("script_location", str(FOLDER))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def _upgrade(connection: Connection) -> None:
    command.upgrade(config(connection), "head")


def _is_current(connection: Connection) -> bool:
    heads = set(ScriptDirectory.from_config(config()).get_heads())
    return set(MigrationContext.configure(connection).get_current_heads()) == heads


def _compare(connection: Connection) -> Sequence[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    differences: Sequence[object] = compare_metadata(context, all_tables())
    return differences
