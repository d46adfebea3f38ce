"""The command `crossbook`."""

import sys

import typer

from app.cli.audit import audit
from app.cli.demo.command import demo
from app.cli.reconcile import reconcile
from app.cli.serve import serve
from app.cli.simulator import simulator
from app.cli.status import status
from app.cli.why import why
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
for command in (demo, serve, worker, simulator, reconcile, status, why, audit):
    app.command()(command)


def main() -> None:
    """Run one command. What went wrong on purpose is told in a line, without a trace."""
    try:
        app()
    except CrossbookError as error:
        typer.echo(f"crossbook: {error}", err=True)
        sys.exit(FAILED)


if __name__ == "__main__":
    main()
