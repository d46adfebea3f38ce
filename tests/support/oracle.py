"""What must be true of every world at the end of its story."""

from collections import Counter
from collections.abc import Sequence
from functools import partial

from sqlalchemy import Connection, select

from app.cli.telling_why import document, lines
from app.engine.ledger import IntentResult
from app.engine.records import RecordRef, System
from app.runtime import Runtime
from app.store import backlog, calls, outcomes, stories
from app.store.stories import Story
from app.store.tables import due, history, inbox, intents, links, states
from tests.support.simulated.xero import SimulatedXero
from tests.support.vendor import Vendor

STAMPS = frozenset({"LastModifiedDate", "LastModifiedById", "SystemModstamp", "UpdatedDateUTC"})

MOST_STORIES = 24
"""Of more records than that, the stories of some are told: telling takes longer than living through it."""


async def check_end(runtime: Runtime, vendors: Sequence[Vendor]) -> None:
    """Every event has its outcome, links tie one to one, doubts will be cleared up, and every story can be told.

    What we wrote to any record of the vendors stands in its story. At simulated organisations nobody was refused for a
    limit.
    """
    counts = await runtime.database.read(outcomes.counts)
    assert counts.holds, counts
    await runtime.database.read(_check_links)
    await runtime.database.read(lambda conn: _check_doubts(conn, tuple(runtime.lanes)))
    for story in await runtime.database.read(lambda conn: _stories(conn, list(runtime.syncs))):
        _check_told(story)
    for vendor in vendors:
        await runtime.database.read(partial(_check_written, vendor=vendor))
        if isinstance(vendor, SimulatedXero):
            assert not vendor.world.refusals(), vendor.world.refusals()


def _check_links(conn: Connection) -> None:
    rows = conn.execute(select(links)).mappings().all()
    for side in System:
        ends = Counter((row["sync"], row["mapping"], row["slot"], row[f"{side}_id"]) for row in rows)
        assert all(times == 1 for times in ends.values()), ends


def _check_doubts(conn: Connection, lanes: tuple[str, ...]) -> None:
    """A write whose answer nobody knows belongs to a record that is due: it will be cleared up, or a person sees it."""
    for lane in lanes:
        for intent in (intent for call in calls.unresolved(conn, lane) for intent in call.intents):
            target = RecordRef(intent.target_system, intent.target_object, intent.target_id or "")
            assert backlog.of_record(conn, intent.source) or backlog.of_record(conn, target), intent


def _check_written(conn: Connection, *, vendor: Vendor) -> None:
    """Each write of ours that a vendor carried out is a line in the story of its record, or is still to be cleared up.

    A create whose answer is lost tells of no record yet; and what was carried out a second time has moved but stamps.
    """
    side, of_side = vendor.system, intents.c.target == vendor.system
    ours = [change for change in vendor.history if change.by == "us"]
    written = Counter(change.ref for change in ours if not change.fields or change.fields.keys() - STAMPS)
    objects, ids = history.c[f"{side}_object"], history.c[f"{side}_id"]
    done = select(objects, ids).where(history.c.target == side, history.c.outcome == "done")
    told = Counter(RecordRef(side, name, id) for name, id in conn.execute(done))
    opened = select(intents.c.target_id).where(of_side, intents.c.result == IntentResult.OPEN)
    in_doubt = Counter(conn.execute(opened).scalars())
    untold = {ref for ref, times in written.items() if times > told[ref] + in_doubt[ref.id] + in_doubt[None]}
    assert untold == set(), (untold, written, told)


def _stories(conn: Connection, syncs: list[str]) -> list[Story]:
    """The stories of the records that any table names."""
    refs = set[RecordRef]()
    for table in (inbox, due, states):
        named = conn.execute(select(table.c.system, table.c.object, table.c.record_id))
        refs |= {RecordRef(System(system), name, id) for system, name, id in named if id}
    for table in (links, history):
        for side in System:
            of_side = conn.execute(select(table.c[f"{side}_object"], table.c[f"{side}_id"]))
            refs |= {RecordRef(side, name, id) for name, id in of_side if id}
    some = sorted(refs)[:: -(-len(refs) // MOST_STORIES) or 1]
    return [stories.of_record(conn, ref, syncs) for ref in some]


def _check_told(story: Story) -> None:
    told = list(lines(story))
    assert told[0] == str(story.ref)
    assert len(told) > 1, f"nothing is told of {story.ref}"
    assert document(story)["record"] == told[0]
