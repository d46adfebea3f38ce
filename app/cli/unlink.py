"""`crossbook unlink RECORD`: forget that two records are the same customer."""

from typing import Annotated

import typer

from app.cli.answers import AsJson, Told, tell
from app.cli.asking import ask
from app.cli.naming import Record, known_one
from app.engine.records import Link
from app.errors import CrossbookError
from app.runtime import Runtime
from app.store import repairs
from app.store.stories import Story

Mapping = Annotated[str | None, typer.Option(help="The mapping, as its name or as sync/mapping.")]


def unlink(record: Record, *, mapping: Mapping = None, as_json: AsJson = False) -> None:
    """Forget a link. Both records stay as they are and are paused, so that they do not find each other again."""
    tell(ask(lambda runtime: carry_out(runtime, record, mapping)), as_json=as_json)


async def carry_out(runtime: Runtime, record: str, mapping: str | None = None) -> Told:
    """Take the pair of a record apart. Raises `CrossbookError` when it has none, or several."""
    story, database = await known_one(runtime, record), runtime.database
    sync, link = _only_link(story, mapping)
    lane = f"{sync}/{link.xero.object}"
    await database.run(lambda conn: repairs.part(conn, lane, link, database.now(conn)))
    lines = [
        f"{link.salesforce} and {link.xero} are no longer linked; both are paused",
        "crossbook link SALESFORCE_ID XERO_ID ties the right ones; crossbook resume RECORD lets one look for itself",
    ]
    return Told({"sync": sync, "mapping": link.mapping, "salesforce": link.salesforce.id, "xero": link.xero.id}, lines)


def _only_link(story: Story, mapping: str | None) -> tuple[str, Link]:
    found = [
        (sync, link)
        for sync, of_sync in story.links.items()
        for link in of_sync
        if mapping in {None, link.mapping, f"{sync}/{link.mapping}"}
    ]
    if not found:
        raise CrossbookError(f"{story.ref} is not linked" + (f" by the mapping {mapping}" if mapping else ""))
    if len(found) > 1:
        names = ", ".join(f"{sync}/{link.mapping}" for sync, link in found)
        raise CrossbookError(f"{story.ref} is linked several times; say --mapping: {names}")
    return found[0]
