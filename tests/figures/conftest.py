"""Figures are measured by `make figures`: each is a story of many thousand records, and minutes long."""

from collections.abc import Callable, Iterator

import pytest
from structlog.testing import capture_logs

Tell = Callable[[str], None]
"""Notes a figure, to be read at the end of the run."""


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Whoever measures tells what came out, whether it is good or not."""

    def note(figure: str) -> None:
        request.node.user_properties.append(("figure", figure))

    return note


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--scale", type=float, default=1.0, help="the part of the promised size to measure, as 0.3")


@pytest.fixture
def scale(request: pytest.FixtureRequest) -> float:
    """The part of the promised number of records that this run measures; 1 for all of them."""
    part: float = request.config.getoption("--scale")
    return part


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "figures" in item.path.parts:
            item.add_marker("figures")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [each for kind in ("passed", "failed") for each in terminalreporter.stats.get(kind, [])]
    figures = [text for report in reports for name, text in report.user_properties if name == "figure"]
    if figures:
        terminalreporter.section("figures")
        for figure in figures:
            terminalreporter.line(figure)


@pytest.fixture(autouse=True)
def _logs() -> Iterator[None]:
    """Lines are not printed: there are many thousand of them."""
    with capture_logs():
        yield
