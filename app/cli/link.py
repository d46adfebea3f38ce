"""`crossbook link SALESFORCE_ID XERO_ID`: tie two records that are the same customer."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from app import accounts
from app.cli.answers import AsJson, Told, tell
from app.cli.asking import ask
from app.cli.looking_again import events_about
from app.cli.naming import named
from app.engine.records import Link, Presence, RecordRef, System
from app.errors import CrossbookError
from app.mapping import xero_ids
from app.mapping.model import Sync
from app.runtime import Runtime
from app.store import accounts as kept
from app.store import stories
from app.store.stories import Story

SalesforceId = Annotated[str, typer.Argument(metavar="SALESFORCE_ID", help="The Salesforce record.")]
XeroId = Annotated[str, typer.Argument(metavar="XERO_ID", help="The Xero record.")]
OfMapping = Annotated[str | None, typer.Option(help="The mapping, as its name or as sync/mapping.")]


def link(salesforce: SalesforceId, xero: XeroId, *, mapping: OfMapping = None, as_json: AsJson = False) -> None:
    """Tie two records. They meet as if for the first time: what only one of them holds is carried to the other."""
    tell(ask(lambda runtime: carry_out(runtime, salesforce, xero, mapping)), as_json=as_json)


async def carry_out(runtime: Runtime, salesforce: str, xero: str, mapping: str | None = None) -> Told:
    """Tie the two and have them looked at. Raises `CrossbookError` when one of them is tied or gone."""
    sync, new = _pair(runtime, salesforce, xero, mapping)
    place = await _place(runtime, sync)
    pair = (new.salesforce, new.xero)
    database, routes, lane = runtime.database, runtime.routes, f"{sync.name}/{new.xero.object}"
    told = await database.read(lambda conn: [stories.of_record(conn, ref, [sync.name]) for ref in pair])
    for story in told:
        _check(story, sync.name)
    events = events_about(runtime, pair)
    lanes = await database.run(lambda conn: kept.tie(conn, lane, new, place, events, routes, database.now(conn)))
    if lanes is None:
        raise CrossbookError("one of the two was linked this very moment; crossbook why tells to whom")
    for each in lanes:
        runtime.doorbell.ring(each)
    unseen = [f"{story.ref} was never seen yet; it is looked at now" for story in told if sync.name not in story.states]
    done = f"{new.salesforce} and {new.xero} are linked by {sync.name}/{new.mapping}; both are looked at now"
    return Told(
        {"sync": sync.name, "mapping": new.mapping, "salesforce": pair[0].id, "xero": pair[1].id}, [done, *unseen]
    )


async def _place(runtime: Runtime, sync: Sync) -> Mapping[System, str]:
    """The organisations that the sync is of. Raises `CrossbookError` where its links are of others than the settings
    lead to; without any it moves along.
    """
    place, database = accounts.place(runtime.settings, sync), runtime.database
    stay = await database.run(lambda conn: kept.settle_in(conn, sync.name, place, database.now(conn)))
    if why := accounts.elsewhere(sync, stay, place):
        raise CrossbookError(why)
    return place


def _pair(runtime: Runtime, salesforce: str, xero: str, mapping: str | None) -> tuple[Sync, Link]:
    """The link to make: the one mapping that both records are objects of."""
    here, there = named(runtime, salesforce), named(runtime, xero)
    found = [
        (sync, Link(0, each.name, "", one, other, {}))
        for sync in runtime.syncs.values()
        for each in sync.mappings.values()
        if mapping in {None, each.name, f"{sync.name}/{each.name}"}
        for one in here
        for other in there
        if (one.system, one.object) == (System.SALESFORCE, each.salesforce)
        and (other.system, other.object) == (System.XERO, each.xero)
    ]
    if not found:
        raise CrossbookError(f"no mapping ties {salesforce} to {xero}: a Salesforce id comes first, then a Xero id")
    if not xero_ids.is_id(xero.rpartition(":")[2]):
        raise CrossbookError(f"{xero} is no id of a Xero record; it is the long one in the address of its page in Xero")
    if len(found) == 1:
        return found[0]
    raise CrossbookError(f"several mappings could tie the two; say --mapping: {_names(found)}")


def _names(found: Sequence[tuple[Sync, Link]]) -> str:
    return ", ".join(dict.fromkeys(f"{sync.name}/{link.mapping}" for sync, link in found))


def _check(story: Story, sync: str) -> None:
    """Raise unless the record is free and, as far as is known, there."""
    for each in story.links.get(sync, ()):
        raise CrossbookError(
            f"{story.ref} is linked to {_other(each, story.ref)}; crossbook unlink {story.ref.id} first"
        )
    state = story.states.get(sync)
    if state and state.seen.presence in {Presence.DELETED, Presence.ARCHIVED}:
        raise CrossbookError(f"{story.ref} is {state.seen.presence}")


def _other(link: Link, ref: RecordRef) -> RecordRef:
    return link.ref(ref.system.other)
