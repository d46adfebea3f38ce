"""`--json` of the commands that run instead of answering: their log is in JSON lines, whatever LOG_FORMAT says."""

import os
from typing import Annotated, NoReturn

import typer

LogsJson = Annotated[bool, typer.Option("--json", help="Log in JSON lines, whatever LOG_FORMAT says.")]

SETTING = "LOG_FORMAT=json"


def become(command: list[str], *, as_json: bool) -> NoReturn:
    """Become `command`, with the setting if it is wanted: settings are read from the environment alone."""
    program = ["env", SETTING, *command] if as_json else command
    os.execvp(program[0], program)  # noqa: S606 - our own command, no shell
