"""`make bench`: measure, and print a table and JSON; `--write` keeps them as docs/benchmarks.md.

Exits with 1 where a figure is not what it must be.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks import carried, deliveries, live
from tests.benchmarks.figure import Figure

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
_INTRODUCTION = """\
# Benchmarks

Measured by `make bench`, on {machine}. Each ratio is of two things measured in one run, in turn, so that a busy or a
slow machine changes both. Figures without a bound are told for comparison.
"""


def main() -> int:
    """Measure everything."""
    options = _options()
    found = list(_measured(options.scale))
    sys.stdout.write("\n".join([*table(found), document(found), ""]))
    if options.write:
        PAGE.write_text(page(found), encoding="utf-8")
    return 0 if all(each.holds for each in found) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="the part of the usual size to measure, as 0.1")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    return parser.parse_args()


def _measured(scale: float) -> Iterator[Figure]:
    number = int(10_000 * scale)
    on_sqlite, a_second = deliveries.on_sqlite(number)
    yield from on_sqlite
    yield from deliveries.on_postgresql(number, a_second)
    yield from carried.measure(records=number, jobs=number)
    yield from live.measure(records=5 * number)


def page(found: Sequence[Figure]) -> str:
    """The page that is kept."""
    machine = f"{os.cpu_count()} cores ({platform.machine()}), {platform.system()}, Python {platform.python_version()}"
    lines = [_INTRODUCTION.format(machine=machine), *table(found), "", "```json", document(found), "```", ""]
    return "\n".join(lines)


def table(found: Sequence[Figure]) -> Iterator[str]:
    """The figures as people read them."""
    yield "| what | measured | must be | settings |"
    yield "|---|---|---|---|"
    for each in found:
        measured = f"{each.value:,.2f}{f' {each.unit}' if each.unit else ''}"
        reached = "" if each.holds else " **(not reached)**"
        yield f"| {each.what} | {measured}{reached} | {each.bound} | {each.settings} |"


def document(found: Sequence[Figure]) -> str:
    """The figures as programs read them."""
    return json.dumps([{**asdict(each), "holds": each.holds} for each in found], indent=2, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
