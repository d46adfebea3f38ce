"""Every fact about Xero that nobody knows is a switch, with a line in the docs and a setting that differs."""

import re
from dataclasses import fields
from pathlib import Path

from app.simulator.xero.facts import XeroFacts, variants

PAGE = Path(__file__).parents[2] / "docs" / "simulator.md"
SIMULATOR = Path(__file__).parents[2] / "app" / "simulator" / "xero"


def test_each_switch_has_a_line_in_the_docs() -> None:
    table = PAGE.read_text().partition("## What nobody knows of Xero")[2]
    told = re.findall(r"^\|[^|]+\| `([a-z_]+)` \|", table, re.MULTILINE)
    assert sorted(told) == sorted(field.name for field in fields(XeroFacts))


def test_each_switch_is_turned_alone() -> None:
    likelier = XeroFacts()
    for name, facts in variants():
        changed = [
            field.name for field in fields(XeroFacts) if getattr(facts, field.name) != getattr(likelier, field.name)
        ]
        assert changed == [name]
        assert type(getattr(facts, name)) is type(getattr(likelier, name))
    assert [name for name, _ in variants()] == [field.name for field in fields(XeroFacts)]


def test_each_switch_is_asked_for_by_the_simulator() -> None:
    asking = "".join(path.read_text() for path in SIMULATOR.rglob("*.py") if path.name != "facts.py")
    assert [field.name for field in fields(XeroFacts) if not re.search(rf"facts\.{field.name}\b", asking)] == []
