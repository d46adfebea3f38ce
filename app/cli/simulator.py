"""`crossbook simulator`: Salesforce and Xero on this machine, in one process."""

import asyncio
from typing import Annotated

import typer

from app.cli.json_logs import LogsJson
from app.cli.ports import HIGHEST, HOST, require_free
from app.clock import SystemClock
from app.errors import ConfigurationError
from app.log import configure_logging
from app.simulator import demo
from app.simulator.serve import PushUrls, serve

SALESFORCE_PORT = 8010
XERO_PORT = 8020
CROSSBOOK_URL = "http://127.0.0.1:8000"


def simulator(
    salesforce_port: Annotated[
        int, typer.Option(min=0, max=HIGHEST, help="Port of the simulated Salesforce.")
    ] = SALESFORCE_PORT,
    xero_port: Annotated[int, typer.Option(min=0, max=HIGHEST, help="Port of the simulated Xero.")] = XERO_PORT,
    crossbook_url: Annotated[str, typer.Option(help="Where changes are pushed to.")] = CROSSBOOK_URL,
    *,
    as_json: LogsJson = False,
) -> None:
    """Simulate Salesforce and Xero, with fixed demo credentials, until told to stop."""
    if salesforce_port == xero_port:
        raise ConfigurationError(f"port {xero_port} is wanted twice; choose another one with --xero-port")
    require_free(salesforce_port, option="--salesforce-port")
    require_free(xero_port, option="--xero-port")
    configure_logging("info", "json" if as_json else "text")
    push = push_urls(crossbook_url)
    asyncio.run(serve(SystemClock(), HOST, salesforce_port=salesforce_port, xero_port=xero_port, push=push))


def push_urls(crossbook_url: str) -> PushUrls:
    """The webhook addresses of the Crossbook at `crossbook_url`."""
    return PushUrls(
        xero_webhook=f"{crossbook_url}/webhooks/xero",
        outbound_messages=f"{crossbook_url}/webhooks/salesforce/outbound/{demo.OUTBOUND_SECRET}",
        change_events=f"{crossbook_url}/webhooks/salesforce/changes",
    )
