"""What all tests may ask for: a clock to turn, databases, a Valkey."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import create_engine

from app.cli.valkey import start_valkey
from app.store.database import Database
from app.store.schema import upgrade
from tests.support.clock import VirtualClock
from tests.support.postgres import Postgres, postgres


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--require-programs", action="store_true", help="fail where a program is missing, never skip")


@pytest.fixture
def clock() -> VirtualClock:
    """A clock that stands still until the test turns it."""
    return VirtualClock()


@pytest.fixture(scope="session")
def _valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    valkey = start_valkey(tmp_path_factory.mktemp("valkey"))
    with valkey.child:
        yield valkey.url


@pytest.fixture
def valkey_url(_valkey_server: str) -> str:
    """An empty Valkey."""
    with Redis.from_url(_valkey_server) as redis:
        redis.flushall()
    return _valkey_server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """A PostgreSQL server of the session's own."""
    with postgres() as server:
        yield server


@pytest.fixture
async def postgres_url(postgres_server: Postgres) -> AsyncIterator[str]:
    """A migrated, empty PostgreSQL database."""
    async with postgres_server.fresh() as url:
        yield url


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    template = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    engine = create_engine(f"sqlite:///{template}")
    with engine.begin() as conn:
        upgrade(conn)
    engine.dispose()
    return template


@pytest.fixture
def sqlite_url(_sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated, empty SQLite database."""
    shutil.copy(_sqlite_template, tmp_path / "crossbook.db")
    return f"sqlite:///{tmp_path}/crossbook.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated, empty database of each kind."""
    name = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
async def database(database_url: str, clock: VirtualClock) -> AsyncIterator[Database]:
    """A migrated, empty database of each kind, whose clock is the test's."""
    opened = await Database.open(database_url, clock_now=clock.now)
    yield opened
    await opened.close()
