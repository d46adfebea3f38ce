"""The command `crossbook`."""

import json
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from keyword import iskeyword
from typing import Annotated

import typer

from app.errors import CrossbookError

FAILED = 1
"""Exit code of a command that could not do what it was asked for; 2 is wrong usage."""

COMMANDS: Mapping[str, str] = {
    "demo": "app.cli.demo.command",
    "run": "app.cli.run",
    "serve": "app.cli.serve",
    "worker": "app.cli.worker",
    "init": "app.cli.init.command",
    "check": "app.cli.check.command",
    "webhooks": "app.cli.webhooks",
    "reconcile": "app.cli.reconcile",
    "backfill": "app.cli.backfill",
    "preview": "app.cli.preview",
    "status": "app.cli.status",
    "notices": "app.cli.notices",
    "why": "app.cli.why",
    "audit": "app.cli.audit",
    "connect": "app.cli.connect",
    "disconnect": "app.cli.disconnect",
    "questions": "app.cli.questions",
    "decide": "app.cli.decide",
    "link": "app.cli.link",
    "unlink": "app.cli.unlink",
    "errors": "app.cli.errors",
    "retry": "app.cli.retry",
    "dismiss": "app.cli.dismiss",
    "replay": "app.cli.replay",
    "hold": "app.cli.hold",
    "release": "app.cli.release",
    "pause": "app.cli.pause",
    "resume": "app.cli.resume",
    "export": "app.cli.export",
    "import": "app.cli.import_",
    "rotate-keys": "app.cli.rotate_keys",
    "simulator": "app.cli.simulator",
}
"""Where each command is found: in its module, under its own name as Python spells it."""


def main() -> None:
    """Run one command. What went wrong on purpose is told in a line, without a trace."""
    try:
        application(sys.argv[1:])()
    except CrossbookError as error:
        if "--json" in sys.argv:
            typer.echo(json.dumps({"error": str(error)}))
        typer.echo(f"crossbook: {error}", err=True)
        sys.exit(FAILED)


def application(arguments: Sequence[str]) -> typer.Typer:
    """The command line with the command that `arguments` name, or with all where they name none, as for help.

    Only what is asked for is imported: that halves the time to the first byte of most commands.
    """
    built = typer.Typer(name="crossbook", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    built.callback()(keep_in_step)
    for name in COMMANDS.keys() & set(arguments[:1]) or COMMANDS:
        built.command(name)(getattr(import_module(COMMANDS[name]), spelled(name)))
    return built


def spelled(name: str) -> str:
    """A command's name as Python can spell it: no dashes, and an underscore behind a word of its own."""
    return f"{name}_" if iskeyword(name) else name.replace("-", "_")


def _tell_version(wanted: bool) -> None:  # noqa: FBT001 - what an option's callback is given
    if wanted:
        typer.echo(version("crossbook"))
        raise typer.Exit


def keep_in_step(
    *,
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_tell_version, help="Tell the version and leave.")
    ] = False,
) -> None:
    """Keeps Salesforce and Xero in step."""


if __name__ == "__main__":
    main()
