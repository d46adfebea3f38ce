"""Which ports of this machine are free."""

import secrets
import socket

from app.errors import ConfigurationError

HOST = "127.0.0.1"
HIGHEST = 65_535
"""The last port there is."""

CHOICE = range(20_000, 32_000)
"""Where free ports are looked for: below those that outgoing connections get, so that none takes one first."""


def free_port() -> int:
    """A port of the loopback address that nobody listens on at this moment."""
    while True:
        port = secrets.choice(CHOICE)
        if _why_not(port) is None:
            return port


def require_free(port: int, *, option: str) -> None:
    """Raise `ConfigurationError`, naming `option`, when `port` is taken or not ours to take."""
    if reason := _why_not(port):
        raise ConfigurationError(f"port {port} cannot be used ({reason}); choose another one with {option}")


def _why_not(port: int) -> str | None:
    """Why nobody could listen on `port` now; None when somebody could."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            return error.strerror or str(error)
    return None
