"""A person's edit on its way, in a quiet system and beside a backfill, and the memory that all of it takes."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from app.simulator.journal import Change, ChangeType
from app.simulator.salesforce.world import SalesforceWorld
from app.simulator.xero.world import XeroWorld
from tests.benchmarks.figure import Figure
from tests.benchmarks.installation import Installation, installation

LATENCY_SECONDS = 0.1
UNAVOIDABLE_CALLS = 2
"""The look at what was edited, and the look at its counterpart before that is written."""
LINKED = 20
APART_SECONDS = 3.0
"""Between two edits: an edit takes two calls of Xero's 60 a minute."""
QUIET_EDITS = 60
LONGEST_EDIT_SECONDS = 60.0
LONGEST_SECONDS = 3600.0


@dataclass(slots=True)
class Made:
    """Counts the records that are created."""

    records: int = 0

    def note(self, *changes: Change) -> None:
        """Something was written."""
        self.records += sum(change.type is ChangeType.CREATE for change in changes)


def measure(records: int) -> list[Figure]:
    """Edits in a quiet system, edits while so many `records` come over by a backfill, and the memory meanwhile."""
    return asyncio.run(_measured(records))


async def _measured(records: int) -> list[Figure]:
    def populate(salesforce: SalesforceWorld, xero: XeroWorld) -> None:
        for number in range(records):
            xero.people.create({"Name": f"Customer {number}", "EmailAddress": f"c{number}@customers.example"})

    async with installation(LATENCY_SECONDS, populate) as built:
        accounts = await _linked(built)
        texts = (f"09 {number:07d}" for number in count(1))
        quiet = [await _edit(built, accounts[each % LINKED], next(texts)) for each in range(QUIET_EDITS)]
        before = built.memory()
        made, busy, at_half = Made(), list[float](), 0.0
        built.salesforce.records.listen(lambda commit: made.note(*commit.changes))
        await built.command("backfill", "customers")
        while made.records < records:
            busy.append(await _edit(built, accounts[len(busy) % LINKED], next(texts)))
            at_half = at_half or (built.memory() if made.records >= records / 2 else 0.0)
        return _figures(records, quiet, busy, (before, at_half, built.memory()))


def _figures(
    records: int, quiet: Sequence[float], busy: Sequence[float], memory: tuple[float, float, float]
) -> list[Figure]:
    calls = UNAVOIDABLE_CALLS * LATENCY_SECONDS
    answering = f"vendors answer in {LATENCY_SECONDS * 1000:g} ms, over HTTP, on the same cores; SQLite"
    in_quiet = f"{answering}; {len(quiet)} edits of an account; less {UNAVOIDABLE_CALLS} calls"
    beside = f"{answering}; {len(busy)} edits while {records:,} contacts become accounts by `crossbook backfill`"
    before, at_half, after = memory
    return [
        Figure("push received → write received, median", 1000 * (_share(quiet, 0.5) - calls), "ms", in_quiet, None, 80),
        Figure("… 99th percentile", 1000 * (_share(quiet, 0.99) - calls), "ms", in_quiet, None, 300),
        Figure("the same beside a backfill, median", 1000 * (_share(busy, 0.5) - calls), "ms", beside),
        Figure("… 99th percentile", 1000 * (_share(busy, 0.99) - calls), "ms", beside),
        Figure("… ÷ the quiet one, calls included", _share(busy, 0.99) / _share(quiet, 0.99), "", beside, None, 2),
        Figure("memory of web process, worker and Valkey (PSS)", after, "MB", f"{beside}, then", None, 350),
        Figure("… ÷ that after half of them", after / at_half, "", f"{beside}; {before:.0f} MB before", None, 1.1),
    ]


def _share(seconds: Sequence[float], share: float) -> float:
    """The seconds within which this share of the edits came."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def _linked(built: Installation) -> list[str]:
    """Accounts whose contacts were made from them just now."""
    people, made = built.salesforce.people, Made()
    built.xero.contacts.listen(made.note)
    accounts = [people.create("Account", {"Name": f"Edited {number}"}) for number in range(LINKED)]
    await built.wait_for(lambda: made.records >= LINKED, seconds=LONGEST_SECONDS)
    await asyncio.sleep(APART_SECONDS)
    return accounts


async def _edit(built: Installation, account: str, text: str) -> float:
    """A person edits a phone number; the seconds from its push to the write."""
    await asyncio.sleep(APART_SECONDS)
    built.watch.expect(text)
    built.salesforce.people.update("Account", account, {"Phone": text})
    async with asyncio.timeout(LONGEST_EDIT_SECONDS):
        await built.watch.arrived.wait()
    return built.watch.written[text] - built.watch.pushed[text]
