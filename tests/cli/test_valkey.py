"""The embedded Valkey is ours alone and leaves with us."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from app.cli.valkey import Valkey, start_valkey


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    started = start_valkey(tmp_path)
    with started.child:
        yield started


def test_it_answers_whoever_knows_the_password(valkey: Valkey) -> None:
    with redis.Redis.from_url(valkey.url) as client:
        assert client.set("bell", "rung")
        assert client.get("bell") == b"rung"


def test_it_turns_away_whoever_does_not(valkey: Valkey) -> None:
    port = valkey.url.rpartition(":")[2].partition("/")[0]
    with redis.Redis(port=int(port)) as client, pytest.raises(redis.AuthenticationError):
        client.ping()


def test_nobody_else_on_the_machine_may_read_its_password(tmp_path: Path, valkey: Valkey) -> None:
    assert (tmp_path / "valkey.conf").stat().st_mode & 0o077 == 0


def test_it_is_gone_after_stop(valkey: Valkey) -> None:
    valkey.child.stop()

    with redis.Redis.from_url(valkey.url) as client, pytest.raises(redis.ConnectionError):
        client.ping()
