"""The page of awkward cases names tests that exist, and leaves out no journey that tells of one."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "what-happens-when.md").read_text(encoding="utf-8")
NO_CASES = {
    "any_order": "a law over all cases",
    "demo": "what `crossbook demo` shows",
    "first_light": "how a customer is entered, and what it costs",
    "front_door": "how soon a person's click arrives",
    "way_out": "rules of every write",
}
"""The journeys that are no awkward cases, and what they tell instead. The page may name a test of theirs even so."""


def named() -> set[str]:
    """The tests that the page names."""
    return set(re.findall(r"`(test_\w+)`", PAGE))


def names_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node.name


def test_every_case_is_proven_by_a_test_that_exists() -> None:
    known = {name for path in TESTS.rglob("test_*.py") for name in names_in(path)}
    assert named() - known == set()


def test_no_journey_of_an_awkward_case_is_left_out() -> None:
    journeys = {path.stem.removeprefix("test_"): path for path in (TESTS / "journeys").glob("test_*.py")}
    assert NO_CASES.keys() <= journeys.keys()
    told = {name for topic, path in journeys.items() if topic not in NO_CASES for name in names_in(path)}
    assert told - named() == set()


def test_every_row_says_what_happens_what_is_done_and_by_what_it_is_proven() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("|") and "---" not in line]
    cases = [row for row in rows if not row.startswith("| what happens")]
    assert len(cases) > 50
    assert [row for row in cases if row.count(" | ") != 2 or "`test_" not in row] == []
