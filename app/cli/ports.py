"""Which ports of this machine are free."""

import socket

from app.errors import ConfigurationError

HOST = "127.0.0.1"


def free_port() -> int:
    """A port of the loopback address that nobody listens on at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def require_free(port: int, *, option: str) -> None:
    """Raise `ConfigurationError`, naming `option`, when `port` is taken or not ours to take."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ConfigurationError(
                f"port {port} cannot be used ({error.strerror}); choose another one with {option}"
            ) from error
