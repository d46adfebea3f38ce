"""A person has something looked at again: an event of theirs, by the one way in."""

from collections.abc import Iterable

from app.engine.events import Event, Kind, Origin
from app.engine.records import RecordRef
from app.errors import CrossbookError
from app.runtime import Runtime


def events_about(runtime: Runtime, refs: Iterable[RecordRef], origin: Origin = Origin.PERSON) -> list[Event]:
    """An event a record and account. Raises `CrossbookError` when no sync names a record's object."""
    return [event for ref in refs for event in _events(runtime, ref, origin)]


def _events(runtime: Runtime, ref: RecordRef, origin: Origin) -> list[Event]:
    accounts = [account for system, account, name in runtime.routes.lanes if (system, name) == (ref.system, ref.object)]
    if not accounts:
        raise CrossbookError(f"no sync names {ref.object} of {ref.system} any more, so nobody can look at {ref}")
    return [_event(runtime, ref, account, origin) for account in accounts]


def _event(runtime: Runtime, ref: RecordRef, account: str, origin: Origin) -> Event:
    return Event(
        key=f"{origin}:{runtime.new_id()}",
        system=ref.system,
        account=account,
        object=ref.object,
        record_id=ref.id,
        kind=Kind.CHANGED,
        origin=origin,
    )
