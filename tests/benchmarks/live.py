"""A person's edit on its way, in a quiet system and beside a backfill, and the memory that all of it takes."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

from app.simulator.journal import Change, ChangeType
from app.simulator.xero.world import XeroWorld
from tests.benchmarks.figure import Figure
from tests.benchmarks.installation import CALLS_A_DAY, Calendar, Edit, Installation, installation

LATENCY_SECONDS = 0.1
UNAVOIDABLE_SECONDS = 2 * LATENCY_SECONDS
"""The look at what was edited, and the look at its counterpart before that is written."""
LINKED = 20
APART_SECONDS = 3.0
"""Between two edits: an edit takes two calls of Xero's 60 a minute."""
BETWEEN = timedelta(seconds=20)
"""Between the entries of two records that were there before Crossbook."""
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
    def populate(clock: Calendar, xero: XeroWorld) -> None:
        for number in range(records):
            xero.people.create({"Name": f"Customer {number}", "EmailAddress": f"c{number}@customers.example"})
            clock.ago -= BETWEEN

    async with installation(LATENCY_SECONDS, populate) as built:
        customers = await _linked(built)
        texts = (f"09 {number:07d}" for number in count(1))
        quiet = [await _edit(built, customers[each % LINKED], next(texts)) for each in range(QUIET_EDITS)]
        before = built.memory()
        made, busy, at_half = Made(), list[float](), 0.0
        built.salesforce.records.listen(lambda commit: made.note(*commit.changes))
        await built.command("backfill", "customers")
        while made.records < records:
            busy.append(await _edit(built, customers[len(busy) % LINKED], next(texts)))
            at_half = at_half or (built.memory() if made.records >= records / 2 else 0.0)
        return _figures(records, quiet, busy, (before, at_half, built.memory()))


def _figures(
    records: int, quiet: Sequence[float], busy: Sequence[float], memory: tuple[float, float, float]
) -> list[Figure]:
    vendors = f"vendors answer in {LATENCY_SECONDS * 1000:g} ms and {CALLS_A_DAY:,} calls a day"
    answering = f"{vendors}, over HTTP, on the same cores; SQLite"
    in_quiet = f"{answering}; {len(quiet)} edits of an account; less what the vendors took to show the two records"
    beside = f"{answering}; {len(busy)} edits while {records:,} contacts become accounts by `crossbook backfill`"
    slower = (_share(busy, 0.99) + UNAVOIDABLE_SECONDS) / (_share(quiet, 0.99) + UNAVOIDABLE_SECONDS)
    before, at_half, after = memory
    return [
        Figure("push received → write received, median", 1000 * _share(quiet, 0.5), "ms", in_quiet, None, 80),
        Figure("… 99th percentile", 1000 * _share(quiet, 0.99), "ms", in_quiet, None, 300),
        Figure("the same beside a backfill, median", 1000 * _share(busy, 0.5), "ms", beside),
        Figure("… 99th percentile", 1000 * _share(busy, 0.99), "ms", beside),
        Figure("… ÷ the quiet one, with two calls of 100 ms each", slower, "", beside, None, 2),
        Figure("memory of web process, worker and Valkey (PSS)", after, "MB", f"{beside}, then", None, 350),
        Figure("… ÷ that after half of them", after / at_half, "", f"{beside}; {before:.0f} MB before", None, 1.1),
    ]


def _share(seconds: Sequence[float], share: float) -> float:
    """The seconds within which this share of the edits came."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def _linked(built: Installation) -> list[tuple[str, str]]:
    """Accounts and the contacts that were made from them just now."""
    people, made = built.salesforce.people, Made()
    built.xero.contacts.listen(made.note)
    accounts = [people.create("Account", {"Name": f"Edited {number}"}) for number in range(LINKED)]
    await built.wait_for(lambda: made.records >= LINKED, seconds=LONGEST_SECONDS)
    await asyncio.sleep(APART_SECONDS)
    contacts = {each.text("ContactNumber"): each.id for each in built.xero.contacts}
    return [(account, contacts[account]) for account in accounts]


async def _edit(built: Installation, customer: tuple[str, str], text: str) -> float:
    """A person edits a phone number; the seconds from its push to the write, beyond the two looks."""
    await asyncio.sleep(APART_SECONDS)
    built.watch.edit = edit = Edit(text, customer)
    built.salesforce.people.update("Account", customer[0], {"Phone": text})
    async with asyncio.timeout(LONGEST_EDIT_SECONDS):
        await edit.arrived.wait()
    return edit.seconds
