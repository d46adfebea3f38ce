"""What must be true of every world at the end of its story."""

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import Connection, select

from app.cli.telling_why import document, lines
from app.engine.records import RecordRef, System
from app.runtime import Runtime
from app.store import backlog, calls, outcomes, stories
from app.store.stories import Story
from app.store.tables import due, history, inbox, links, states
from tests.support.simulated.xero import SimulatedXero

MOST_STORIES = 24
"""Of more records than that, the stories of some are told: telling takes longer than living through it."""


async def check_end(runtime: Runtime, organisations: Iterable[SimulatedXero] = ()) -> None:
    """Every event has its outcome, links tie one to one, doubts will be cleared up, and every story can be told.

    At the simulated organisations nobody was refused for a limit.
    """
    counts = await runtime.database.read(outcomes.counts)
    assert counts.holds, counts
    await runtime.database.read(_check_links)
    await runtime.database.read(lambda conn: _check_doubts(conn, tuple(runtime.lanes)))
    for story in await runtime.database.read(lambda conn: _stories(conn, list(runtime.syncs))):
        _check_told(story)
    for organisation in organisations:
        assert not organisation.world.refusals(), organisation.world.refusals()


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
