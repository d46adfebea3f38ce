"""How a command answers: lines for people, or one JSON document for programs."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import typer
from rich.console import Console, RenderableType

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of lines.")]


@dataclass(frozen=True, slots=True)
class Told:
    """What a command answers, for programs and for people."""

    document: Mapping[str, object]
    lines: Sequence[str]


def tell(told: Told, *, as_json: bool) -> None:
    """Print an answer as the person asked for."""
    print_answer(told.document, told.lines, as_json=as_json)


def console() -> Console:
    """Standard output: in colour at a terminal, plain and never wrapped elsewhere."""
    return Console(highlight=False, soft_wrap=True, emoji=False)


def print_json(document: Mapping[str, object]) -> None:
    """`document` on standard output. Instants are written in ISO 8601, decimals as text."""
    typer.echo(json.dumps(document, indent=2, default=_text, ensure_ascii=False))


def print_answer(document: Mapping[str, object], lines: Iterable[RenderableType], *, as_json: bool) -> None:
    """`document` or `lines`, as the person asked for."""
    if as_json:
        print_json(document)
        return
    output = console()
    for line in lines:  # they hold words of customers and vendors, which are no markup
        output.print(line, markup=False)


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
