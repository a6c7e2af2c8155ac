"""The servers that other tests lean on really answer."""

import asyncpg
from redis.asyncio import Redis


async def test_postgres_answers_and_speaks_utf8(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url.replace("+asyncpg", ""))
    try:
        assert await connection.fetchval("SHOW server_encoding") == "UTF8"
    finally:
        await connection.close()


async def test_redis_keeps_a_value(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        await redis.set("key", "value")
        assert await redis.get("key") == b"value"
