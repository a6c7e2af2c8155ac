"""Two processes of the product that share PostgreSQL, Redis and one folder of data."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from tests.e2e.product import Product
from tests.servers.absence import not_run
from tests.smoke.nodes.nodes import Nodes, OwnRedis


@pytest.fixture(scope="session")
def nodes(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """Both started at the same moment, on an empty database."""
    program = shutil.which("redis-server")
    if program is None:
        not_run("Redis")
    home = tmp_path_factory.mktemp("nodes")
    with _empty_database(make_url(postgres_url)) as url:
        redis = OwnRedis(program, home)
        redis.start()
        here, there = (_product(home, name, url, redis.url) for name in ("here", "there"))
        try:
            with ThreadPoolExecutor(2) as together:
                list(together.map(Product.start, (here, there)))
            yield Nodes(here, there, redis)
        finally:
            for one in (here, there):
                one.stop()
            redis.stop()


def _product(home: Path, name: str, database: str, redis: str) -> Product:
    own = home / name
    own.mkdir()
    shared = {
        "DATABASE_URL": database,
        "REDIS_URL": redis,
        "DATA_DIR": str(home / "here" / "data"),
        "MEDIA_WORKERS": "1",
    }
    return Product(own, shared)


@contextmanager
def _empty_database(server: URL) -> Iterator[str]:
    name = f"nodes_{secrets.token_hex(6)}"
    asyncio.run(_execute(server, f"CREATE DATABASE {name}"))
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        asyncio.run(_execute(server, f"DROP DATABASE {name} WITH (FORCE)"))


async def _execute(url: URL, statement: str) -> None:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.exec_driver_sql(statement)
    await engine.dispose()
