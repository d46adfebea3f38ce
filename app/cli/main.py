"""The command `crossbook`."""

import sys

import typer

from app.cli.serve import serve
from app.cli.worker import worker
from app.errors import CrossbookError

FAILED = 1
"""Exit code of a command that could not do what it was asked for; 2 is wrong usage."""

app = typer.Typer(
    name="crossbook",
    help="Keeps Salesforce and Xero in step.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (serve, worker):
    app.command()(command)


def main() -> None:
    """Run one command. What went wrong on purpose is told in a line, without a trace."""
    try:
        app()
    except CrossbookError as error:
        typer.echo(f"crossbook: {error}", err=True)
        sys.exit(FAILED)
