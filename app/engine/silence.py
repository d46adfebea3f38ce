"""Silence: whether pushes that should have come do not, and when they are back."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from app.engine.records import Observation, Presence, RecordRef, State, System
from app.mapping.model import Sync

SKEW = timedelta(minutes=1)
"""How far a vendor's clock may be ahead of ours."""

PATIENCE = {System.XERO: timedelta(minutes=20), System.SALESFORCE: timedelta(hours=2, minutes=10)}
"""How long after a change was found its push may still come: after a failure Xero tries again every quarter of an hour,
Salesforce after up to two hours.
"""

GIVEN_UP = timedelta(hours=24)
"""After so long both vendors stop trying: Xero switches the webhook off, Salesforce drops the message."""

QUIET = timedelta(hours=1)
"""A check by which a webhook is switched on means something only after at least so long without a push."""


SOON_SECONDS = 300.0
"""How often an object is read at least while its pushes do not come, as far as the quota allows."""


class Found(NamedTuple):
    """Changes that no push told of: when the newest was made, by the vendor's clock, and the first found, by ours."""

    changed_at: datetime
    found_at: datetime


def told_of(changed_at: datetime, heard_at: datetime | None) -> bool:
    """Whether a sender that was last heard then still pushed when the change was made."""
    return heard_at is not None and heard_at >= changed_at - SKEW


def is_silent(system: System, found: Found | None, now: datetime) -> bool:
    """Whether a connection to `system` should have been heard by now."""
    return found is not None and now - found.found_at > PATIENCE[system]


def is_back(system: System, heard_at: datetime | None, found: Found | None, now: datetime, *, is_check: bool) -> bool:
    """Whether a push that comes now, or a vendor's check, ends a silence in which pushes may have been lost."""
    quiet = now - heard_at if heard_at else None
    if is_silent(system, found, now):
        return True
    return quiet is None or quiet > QUIET if is_check else quiet is not None and quiet > GIVEN_UP


def newest_news(
    sync: Sync, known: Mapping[RecordRef, State], seen: Iterable[Observation], user: str | None
) -> datetime | None:
    """When the newest of the changes was made that nobody knew of; None where all was known. `user` is our own.

    Only of records that are mapped themselves: which of their parts are pushed is the operator's choice. Deleting and
    undeleting are no news either, as outbound messages tell of neither.
    """
    others = [each for each in seen if each.by is None or each.by != user]
    versions = [each.version for each in others if each.version and _is_news(sync, known.get(each.ref), each)]
    return max(versions, default=None)


def _is_news(sync: Sync, known: State | None, seen: Observation) -> bool:
    if not any(mapping.object(seen.ref.system) == seen.ref.object for mapping in sync.mappings.values()):
        return False
    there = {Presence.LIVE, Presence.ARCHIVED}
    if seen.presence not in there or (known and known.seen.presence not in there):
        return False
    before = known.seen.version if known else None
    return before is None or (seen.version is not None and seen.version > before)
