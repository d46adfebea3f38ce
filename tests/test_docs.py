"""What the documents name is there: every link leads somewhere, every command and option exists."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer.main

from app.cli.main import COMMANDS, application

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"\bcrossbook ([a-z][a-z-]*)((?: +[^\s`|&;#]+)*)")
NO_COMMANDS = frozenset({"crossbook"})
"""Words that follow the name where it is a user or a folder."""


def names(path: Path) -> str:
    return str(path.relative_to(ROOT))


def slugs(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if re.match(r"(https?|mailto):", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in slugs(target), link


@cache
def options(command: str) -> set[str]:
    """The options that a command takes."""
    built = typer.main.get_command(application([command]))
    of_command = built.commands[command] if hasattr(built, "commands") else built  # alone it is the whole
    return {option for parameter in of_command.params for option in parameter.opts} | {"--help"}


def typed(page: Path) -> Iterator[tuple[str, list[str]]]:
    """Each command that a page shows, with its options."""
    for code in CODE.findall(page.read_text(encoding="utf-8")):
        for command, rest in COMMAND.findall(code):
            if command not in NO_COMMANDS:
                yield command, re.findall(r"--[a-z][a-z-]*", rest)


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_command_that_is_shown_exists_with_its_options(page: Path) -> None:
    for command, given in typed(page):
        assert command in COMMANDS, command
        assert set(given) <= options(command), command


def test_every_command_is_in_the_table_of_commands() -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Commands")[2].partition("## ")[0]
    assert [
        command for command in COMMANDS if f"`{command}`" not in table and f"crossbook {command}" not in table
    ] == []
