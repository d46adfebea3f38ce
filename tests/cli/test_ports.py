"""A port that is taken is named before anything starts."""

import socket

import pytest

from app.cli.ports import HOST, free_port, require_free
from app.errors import ConfigurationError


def test_a_taken_port_is_named_with_the_option_that_changes_it() -> None:
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]

        with pytest.raises(ConfigurationError, match=rf"port {port} .*--xero-port"):
            require_free(port, option="--xero-port")


def test_a_free_port_can_be_listened_on() -> None:
    port = free_port()

    require_free(port, option="--port")

    with socket.create_server((HOST, port)):
        pass


def test_a_port_that_was_just_closed_counts_as_free() -> None:
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection((HOST, port)):
            accepted, _ = server.accept()
            accepted.close()

    require_free(port, option="--port")
