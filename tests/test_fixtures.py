"""The servers that tests share are really there."""

import redis
from sqlalchemy import text

from app.store.database import Database


async def test_a_fresh_database_is_migrated_and_empty(database: Database) -> None:
    assert await database.read(lambda conn: conn.execute(text("SELECT count(*) FROM inbox")).scalar_one()) == 0


def test_valkey_answers(valkey_url: str) -> None:
    with redis.Redis.from_url(valkey_url) as client:
        assert client.ping()
