"""Whoever sits at the terminal, where a command needs more of them than its arguments."""

import asyncio
import select
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import typer

from app.errors import CrossbookError

CameBack = Callable[[], Awaitable[str | None]]
"""The address at which the person's browser came back to Crossbook; None as long as it has not."""

PATIENCE_SECONDS = 900.0
LOOK_SECONDS = 0.2


class Person(Protocol):
    """Somebody who can open an address and choose."""

    async def lead(self, address: str, came_back: CameBack) -> str:
        """Send the person to `address`; where their browser ended, whoever tells it first: the web process or they."""
        ...

    def choose(self, what: str, choices: Sequence[str]) -> int:
        """The position of the one of `choices` that the person means."""
        ...


class Terminal:
    """Talks on standard error, so that the answer stands alone on standard output."""

    async def lead(self, address: str, came_back: CameBack) -> str:
        typer.echo(f"Open this address, sign in and allow access:\n\n  {address}\n", err=True)
        typer.echo("The browser comes back to Crossbook's web process by itself, where the redirect address", err=True)
        typer.echo("leads there. If it ends with an error, paste the whole address at which it ended:", err=True)
        until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        listens = True
        while asyncio.get_running_loop().time() < until:
            if led_to := await came_back():
                return led_to
            if listens and select.select([sys.stdin], [], [], 0)[0]:
                line = sys.stdin.readline()
                if line.strip():
                    return line.strip()
                listens = bool(line)  # at its end nobody can paste any more
            await asyncio.sleep(LOOK_SECONDS)
        raise CrossbookError("nobody came back within a quarter of an hour; start again")

    def choose(self, what: str, choices: Sequence[str]) -> int:
        for number, choice in enumerate(choices, 1):
            typer.echo(f"{number}  {choice}", err=True)
        while True:
            number = typer.prompt(what, type=int, err=True)
            if 1 <= number <= len(choices):
                return int(number) - 1
