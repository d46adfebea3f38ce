"""Whoever sits at the terminal, where a command needs more of them than its arguments."""

from collections.abc import Sequence
from typing import Protocol

import typer


class Person(Protocol):
    """Somebody who can open an address and choose."""

    async def lead(self, address: str) -> str:
        """Send the person to `address`; where their browser ended."""
        ...

    def choose(self, what: str, choices: Sequence[str]) -> int:
        """The position of the one of `choices` that the person means."""
        ...


class Terminal:
    """Talks on standard error, so that the answer stands alone on standard output."""

    async def lead(self, address: str) -> str:
        typer.echo(f"Open this address, sign in and allow access:\n\n  {address}\n", err=True)
        typer.echo("The browser then ends at an address of its own, perhaps with an error: copy it whole.", err=True)
        answer: str = typer.prompt("That address", err=True)
        return answer

    def choose(self, what: str, choices: Sequence[str]) -> int:
        for number, choice in enumerate(choices, 1):
            typer.echo(f"{number}  {choice}", err=True)
        while True:
            number = typer.prompt(what, type=int, err=True)
            if 1 <= number <= len(choices):
                return int(number) - 1
