"""No log and no answer to a stranger holds a secret or anybody's data, whatever goes wrong."""

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app import errors
from app.errors import CrossbookError
from tests.canaries import inside, outside
from tests.canaries.planted import DIGITS, MARK, found_in

ROOT = Path(__file__).parents[2]

NOT_MET = {
    "ConfigurationError": "met by the real processes, into which this one cannot look",
    "NotImported": "told to the person who runs crossbook import, and logged by nobody",
}
"""Errors that the drive does not meet, and why that is enough."""


@dataclass
class Drive:
    """What was said on the way, by whom, and which errors were met within this process."""

    said: dict[str, str]
    met: set[str]

    @property
    def events(self) -> set[str]:
        """The names of all lines."""
        lines = [line for text in self.said.values() for line in text.splitlines() if line.startswith("{")]
        return {str(json.loads(line).get("event")) for line in lines}


def test_whatever_goes_wrong_no_canary_is_said_in_any_form_and_nothing_was_left_out(
    tmp_path: Path, valkey_url: str
) -> None:
    drive = _drive(tmp_path, valkey_url)
    found = {name: places[:3] for name, text in drive.said.items() if (places := found_in(text))}
    assert found == {}

    called = {event: place for path in ("app", "workers") for event, place in _logged_in(ROOT / path)}
    assert len(called) > 25
    assert {event: place for event, place in called.items() if event not in drive.events} == {}

    kinds = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, CrossbookError)}
    assert kinds - drive.met == NOT_MET.keys()


def _drive(folder: Path, queue: str) -> Drive:
    met = set[str]()

    def made(kind: type[CrossbookError], *said: object, **_: object) -> CrossbookError:
        met.update(each.__name__ for each in kind.__mro__)
        return Exception.__new__(kind, *said)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CrossbookError, "__new__", made)
        logged, answered = inside.drive()
    return Drive({"logged": logged, "answered": answered, **outside.drive(folder, queue)}, met)


@pytest.mark.parametrize(
    "said",
    [
        MARK,
        MARK.upper(),
        f"x%20{MARK}",
        "".join(f"%{byte:02X}" for byte in MARK.encode()),
        "eHE3Y2FuYXJ5LW9m",  # of the mark and more
        "Li54cTdjYW5hcnk=",  # with two letters before it
        f"Phone: {DIGITS}",
    ],
)
def test_a_canary_is_found_in_every_form(said: str) -> None:
    assert found_in(f"so it says: {said}, and more")
    assert found_in("so it says nothing, and more") == []


def _logged_in(folder: Path) -> Iterator[tuple[str, str]]:
    """Every name of a line in the code, and where it stands: what is passed first to a logger's method."""
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_logger(node.func):
                first = node.args[1 if node.func.attr == "log" else 0]
                assert isinstance(first, ast.Constant), f"{path}:{node.lineno} has no name of its own"
                yield str(first.value), f"{path.relative_to(ROOT)}:{node.lineno}"


def _is_logger(called: ast.Attribute) -> bool:
    levels = {"debug", "info", "warning", "error", "exception", "critical", "log"}
    return called.attr in levels and isinstance(called.value, ast.Name) and called.value.id in {"log", "line"}
