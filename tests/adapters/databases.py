"""A database of one's own on each kind of server, for contract suites."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from tests import prepared

KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]

_TEMPLATES: dict[URL, str] = {}
"""On each server, the database at the newest revision that is copied for tests."""


@asynccontextmanager
async def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of an empty database of the kind that `request.param` names."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
        return
    async with _server(request) as (url, connection), _made(url, connection) as made:
        yield made


@asynccontextmanager
async def migrated_database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The same at the newest revision, a copy of one for all tests; SQLite unless it is named."""
    if getattr(request, "param", "sqlite") == "sqlite":
        shutil.copyfile(prepared.migrated(), tmp_path / "migrated.db")
        yield f"sqlite+aiosqlite:///{tmp_path / 'migrated.db'}"
        return
    async with _server(request) as (url, connection):
        if url not in _TEMPLATES:
            name = f"template_{secrets.token_hex(6)}"
            await connection.exec_driver_sql(f"CREATE DATABASE {name}")
            await prepared.bring_up_to_date(_named(url, name))
            _TEMPLATES[url] = name
        async with _made(url, connection, f"TEMPLATE {_TEMPLATES[url]}") as made:
            yield made


@asynccontextmanager
async def _server(request: pytest.FixtureRequest) -> AsyncIterator[tuple[URL, AsyncConnection]]:
    url = make_url(request.getfixturevalue("postgres_url"))
    server = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with server.connect() as connection:
        yield url, connection
    await server.dispose()


@asynccontextmanager
async def _made(url: URL, connection: AsyncConnection, options: str = "") -> AsyncIterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    await connection.exec_driver_sql(f"CREATE DATABASE {name} {options}")
    try:
        yield _named(url, name)
    finally:
        await connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def _named(url: URL, name: str) -> str:
    return url.set(database=name).render_as_string(hide_password=False)
