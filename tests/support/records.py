"""Records, links and calls to test with."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from app.engine.actions import Element, Request, Verb
from app.engine.ledger import Call, Intent
from app.engine.records import Base, Link, Observation, Presence, RecordRef, State, System
from app.mapping.values import Fields

SYNC = "acme"
LANE = "acme/Contact"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """An instant `seconds` after noon."""
    return NOON + timedelta(seconds=seconds)


def account(number: int = 1) -> RecordRef:
    """A Salesforce account."""
    return RecordRef(System.SALESFORCE, "Account", f"001{number:015d}")


def contact(number: int = 1) -> RecordRef:
    """A Xero contact."""
    return RecordRef(System.XERO, "Contact", f"00000000-0000-4000-8000-{number:012d}")


def state(
    ref: RecordRef,
    version: datetime | None = NOON,
    fields: Fields | None = None,
    presence: Presence = Presence.LIVE,
    *,
    stamps: Mapping[str, datetime] | None = None,
    observed_at: datetime = NOON,
) -> State:
    """A record as it was observed."""
    return State(Observation(ref, presence, version, fields or {}), stamps or {}, observed_at)


def link(salesforce: RecordRef, xero: RecordRef, base: Base | None = None, *, slot: str = "") -> Link:
    """A tie that is not stored yet."""
    return Link(0, "customers", slot, salesforce, xero, base or {})


def intent(source: RecordRef, target_id: str | None = None, *, element: Element | None = None) -> Intent:
    """A write of `source` to the other system, not stored yet."""
    target = System(source.system).other
    return Intent(
        id=0,
        mapping="customers",
        slot="",
        link_id=None,
        verb=Verb.UPDATE if target_id else Verb.CREATE,
        source=source,
        target_system=target,
        target_object="Contact" if target is System.XERO else "Account",
        target_id=target_id,
        element=element or Element(target_id, {"Name": source.id}),
        carries={},
    )


def call(*intents: Intent, lane: str = LANE, body: str = "{}") -> Call:
    """A write to Xero that is not stored yet."""
    return Call(
        id=0,
        lane=lane,
        epoch=3,
        system=System.XERO,
        request=Request("POST", "Contacts?summarizeErrors=false", body, "key-1"),
        sent_at=NOON,
        intents=intents,
    )
