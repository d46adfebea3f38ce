"""`crossbook preview`: what syncs that only observe would do."""

from collections.abc import Iterator, Mapping

from app.cli.answers import AsJson, Told, tell
from app.cli.asking import ask
from app.cli.naming import OfSync, syncs_named
from app.engine.ledger import Entry
from app.engine.records import RecordRef, System
from app.mapping.model import Mode
from app.runtime import Runtime
from app.store import previews
from app.store.previews import Preview

MOST_SHOWN = 100


def preview(*, sync: OfSync = None, as_json: AsJson = False) -> None:
    """Tell what a sync in observe mode would create, change and link, as far as it has looked."""
    tell(ask(lambda runtime: carry_out(runtime, sync, limit=None if as_json else MOST_SHOWN)), as_json=as_json)


async def carry_out(runtime: Runtime, sync: str | None = None, limit: int | None = MOST_SHOWN) -> Told:
    """What each sync that observes would do. Raises `CrossbookError` when there is no sync of that name."""
    document, lines = dict[str, object](), list[str]()
    for name in syncs_named(runtime, sync):
        if runtime.syncs[name].mode is Mode.LIVE:
            lines.append(f"{name} is live: crossbook why RECORD tells what it did")
            continue
        found = await _preview(runtime, name, limit)
        document[name] = [_document(entry) for entry in found.lines]
        lines += _lines(name, found)
    return Told({"would": document}, lines)


async def _preview(runtime: Runtime, sync: str, limit: int | None) -> Preview:
    return await runtime.database.read(lambda conn: previews.of_sync(conn, sync, limit))


def _lines(sync: str, found: Preview) -> Iterator[str]:
    if not found.counts:
        yield f"{sync} would write nothing, as far as it has looked; crossbook backfill {sync} looks at everything"
        return
    told = ", ".join(f"{action} {number}{_in(target)}" for (action, target), number in found.counts.items())
    yield f"{sync} would {told}"
    for entry in found.lines:
        yield f"  {entry.action}{_in(entry.target)}: {_pair(entry)} ({entry.reason})"
    left = sum(found.counts.values()) - len(found.lines)
    if left:
        yield f"  and {left} more; --json lists them all"


def _in(target: str | None) -> str:
    return f" in {target}" if target else ""


def _pair(entry: Entry) -> str:
    sides = (
        (System.SALESFORCE, entry.salesforce_object, entry.salesforce_id),
        (System.XERO, entry.xero_object, entry.xero_id),
    )
    return " = ".join(str(RecordRef(system, object, id)) for system, object, id in sides if id)


def _document(entry: Entry) -> Mapping[str, object]:
    return {
        "action": entry.action,
        "target": entry.target,
        "mapping": entry.mapping,
        "salesforce": entry.salesforce_id,
        "xero": entry.xero_id,
        "reason": entry.reason,
        "changes": entry.changes,
    }
