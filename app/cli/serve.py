"""`crossbook serve`: the web process."""

import sys
from typing import Annotated

import typer
import uvicorn

from app.cli.configuration import checked_settings
from app.cli.json_logs import LogsJson, become
from app.cli.ports import HIGHEST
from app.log import configure_logging

APPLICATION = "app.main:app"

LEAVING_SECONDS = 8
"""How long requests that are under way are waited for; the vendors send again what was not answered."""


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; the setting HOST when left out.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=HIGHEST, help="Port to listen on; the setting PORT when left out.")
    ] = None,
    *,
    as_json: LogsJson = False,
) -> None:
    """Receive webhooks: run the web process until it is told to stop."""
    settings = checked_settings()
    if as_json and settings.log_format != "json":
        become([sys.executable, "-m", "app.cli.main", *sys.argv[1:]], as_json=True)
    configure_logging(settings.log_level, settings.log_format)
    uvicorn.run(
        APPLICATION,
        host=host or settings.host,
        port=settings.port if port is None else port,
        log_config=None,
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=LEAVING_SECONDS,
    )
