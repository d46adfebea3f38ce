"""`crossbook demo`: set the stage, tell the story, stay up to be played with."""

import math
import signal
import sys
from dataclasses import asdict
from types import FrameType
from typing import Annotated

import typer

from app.cli.answers import AsJson, print_json
from app.cli.demo.crossbook import Crossbook
from app.cli.demo.people import Bookkeeper, Salesperson
from app.cli.demo.stage import Ports, Stage, stage
from app.cli.demo.story import Step, Story
from app.cli.demo.telling import Teller
from app.cli.parent import leave_with_parent, leave_with_terminal
from app.cli.ports import HIGHEST, free_port, require_free
from app.errors import ConfigurationError, CrossbookError
from app.simulator.demo import PERSON


def demo(
    *,
    port: Annotated[int, typer.Option(max=HIGHEST, min=0, help="Port of Crossbook; 0 takes a free one.")] = 8000,
    salesforce_port: Annotated[
        int, typer.Option(min=0, max=HIGHEST, help="Port of the simulated Salesforce; 0 takes a free one.")
    ] = 8010,
    xero_port: Annotated[
        int, typer.Option(min=0, max=HIGHEST, help="Port of the simulated Xero; 0 takes a free one.")
    ] = 8020,
    once: Annotated[bool, typer.Option("--once", help="Leave after the story.")] = False,
    as_json: AsJson = False,
    parent: Annotated[int, typer.Option(hidden=True, help="Leave when this process, which started us, ends.")] = 0,
) -> None:
    """Tell Crossbook's story with real processes and real events, offline."""
    _leave_in_good_order(parent)
    ports = _ports(("--port", port), ("--salesforce-port", salesforce_port), ("--xero-port", xero_port))
    teller = Teller(silent=as_json)
    teller.setting_the_stage()
    with stage(ports) as built:
        teller.ready(built)
        steps = _tell(built, teller)
        if as_json:
            print_json(_document(built, steps))
        _require_true(built, steps)
        if not once:
            _stay(built, teller)


def _leave_in_good_order(parent: int) -> None:
    """Every way of being told to leave ends the children first.

    Ctrl-C does so, too, where a shell that started us in the background has switched it off.
    """

    def leave(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    leave_with_terminal()
    if parent:
        leave_with_parent(parent)


def _ports(*wanted: tuple[str, int]) -> Ports:
    """The ports to listen on, each known to be free. Raises `ConfigurationError` that names the option."""
    taken: list[int] = []
    for option, port in wanted:
        chosen = port or free_port()
        if chosen in taken:
            raise ConfigurationError(f"port {chosen} is wanted twice; choose another one with {option}")
        require_free(chosen, option=option)
        taken.append(chosen)
    return Ports(*taken)


def _tell(built: Stage, teller: Teller) -> list[Step]:
    crossbook = Crossbook(built)
    with (
        Salesperson(built.ports.salesforce_url, *PERSON) as salesperson,
        Bookkeeper(built.ports.xero_url, *PERSON) as bookkeeper,
    ):
        steps: list[Step] = []
        for step in Story(salesperson, bookkeeper, crossbook, built.wait_for).steps():
            teller.step(len(steps) + 1, step)
            steps.append(step)
        return steps


def _document(built: Stage, steps: list[Step]) -> dict[str, object]:
    return {
        "came_true": all(step.came_true for step in steps),
        "steps": [asdict(step) for step in steps],
        "crossbook": built.ports.web_url,
        "salesforce": built.ports.salesforce_url,
        "xero": built.ports.xero_url,
    }


def _require_true(built: Stage, steps: list[Step]) -> None:
    untrue = [step for step in steps if not step.came_true]
    if untrue:
        raise CrossbookError(f"the story did not come true: {untrue[0].told}\nThe logs are in {built.folder}")


def _stay(built: Stage, teller: Teller) -> None:
    teller.playground(built)
    try:
        built.wait_for(lambda: None, seconds=math.inf)
    except KeyboardInterrupt:
        teller.goodbye()
