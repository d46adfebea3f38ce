"""The kinds of worlds that a journey is told in."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import TypeVar

from app.mapping.model import Sync
from app.simulator.salesforce import facts as salesforce_facts
from app.simulator.salesforce.facts import SalesforceFacts
from app.simulator.salesforce.features import Objects
from app.simulator.xero import facts as xero_facts
from app.simulator.xero.facts import XeroFacts
from app.store.database import Database
from tests.support.clock import VirtualClock
from tests.support.simulated.systems import LIKELY, Facts
from tests.support.simulated.world import SimulatedWorld
from tests.support.virtual_loop import LoopClock, VirtualLoop
from tests.support.world import World

NOTICED = frozenset({"restoring_refused", "commit_lag_seconds", "empty_clears"})
"""Facts that change what becomes of a record, or when; journeys of their own tell of them."""

Some = TypeVar("Some", SalesforceFacts, XeroFacts)

NewWorld = Callable[..., World]
"""A new world of a test's kind, with the sync that it is given or the template for accounts, and with the objects that
Salesforce has there, or the standard ones."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Which vendors, which database, and whose time: a virtual loop jumps to its next timer."""

    world: Callable[[Database, VirtualClock, Sync | None, Objects], World]
    loop: Callable[[], asyncio.AbstractEventLoop] = VirtualLoop
    clock: Callable[[], VirtualClock] = LoopClock
    postgresql: bool = False
    likely: bool = True
    """Whether the unknown facts of the vendors are as they likely are."""


def simulated(facts: Facts) -> Kind:
    """The real connectors against simulators of which these facts are true."""
    return Kind(partial(SimulatedWorld, facts=facts), likely=facts == LIKELY)


def contrary(likely: Some, others: Iterable[tuple[str, Some]]) -> Some:
    """Every fact otherwise than is likely, but for those of which people notice: `NOTICED`."""
    changed = {
        field.name: getattr(other, field.name)
        for _, other in others
        for field in fields(likely)
        if field.name not in NOTICED and getattr(other, field.name) != getattr(likely, field.name)
    }
    return replace(likely, **changed)


MEMORY: Mapping[str, Kind] = {
    "memory-sqlite": Kind(World),
    "memory-postgresql": Kind(World, loop=asyncio.new_event_loop, clock=VirtualClock, postgresql=True),
}
CONTRARY = Facts(contrary(LIKELY.salesforce, salesforce_facts.variants()), contrary(LIKELY.xero, xero_facts.variants()))
SIMULATED: Mapping[str, Kind] = {"simulated": simulated(LIKELY), "contrary": simulated(CONTRARY)}
"""The simulators as they are likely to be true, and with every unknown fact otherwise."""

SINGLE: Mapping[str, Facts] = {
    **{f"salesforce {name}": LIKELY._replace(salesforce=facts) for name, facts in salesforce_facts.variants()},
    **{f"xero {name}": LIKELY._replace(xero=facts) for name, facts in xero_facts.variants()},
}
"""One unknown fact otherwise, the rest as is likely."""

SINGLE_FACTS: Mapping[str, Kind] = {name: simulated(facts) for name, facts in SINGLE.items()}

KEEPS_UNSEEN = "xero keeps and shows ids"
"""Xero takes an empty text for no text, and its answers do not show that."""

_KEEPS_UNSEEN = LIKELY._replace(xero=replace(LIKELY.xero, empty_clears=False, write_answers="ids"))

KINDS: Mapping[str, Kind] = {**MEMORY, **SIMULATED, **SINGLE_FACTS, KEEPS_UNSEEN: simulated(_KEEPS_UNSEEN)}
