"""Recognising that two unlinked records are the same."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from app.engine.participation import meets_condition
from app.engine.records import Observation, Presence, RecordRef, System
from app.errors import ConditionFailed
from app.mapping import model
from app.mapping.salesforce_ids import is_id, to_18
from app.mapping.values import Value

IDENTITY = "identity"
"""The match key that outranks all: the id of the other system that the record itself carries."""
GONE = "gone"
"""The last of all match keys: the same id in a record that is archived or deleted."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the index holds for one match key.

    `candidates` are the live, unlinked records of the other system that have it; `sharing` is how many live, unlinked
    records of our own system do. From those `parted` a person took the record apart.
    """

    by: str
    candidates: tuple[RecordRef, ...]
    sharing: int
    parted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Matched:
    """What matching found: one record (`ref`), several to choose from (`candidates`), or nothing.

    A `holder` carries the record's id already and is no counterpart of it: it has another one, or was taken apart.
    `parted` tells that all candidates were taken apart from it. `gone` is archived or deleted, and by the id
    that one of the two carries they belong together; where it is the `ref` as well, a person has said so, too.
    """

    ref: RecordRef | None = None
    by: str = ""
    candidates: tuple[RecordRef, ...] = ()
    holder: RecordRef | None = None
    parted: bool = False
    gone: RecordRef | None = None


def keys(mapping: model.Mapping, seen: Observation) -> dict[str, str | None]:
    """The match keys of a record by name; None where it has no such key, is not live or takes no part by `only`.

    Of one that is gone the id of the other system is left, as `GONE`. A look that does not show it takes nothing away.
    """
    found, concerns = dict(_keys(mapping, seen)), _concerns(mapping, seen)
    if seen.presence is Presence.LIVE:
        return {**(found if concerns else dict.fromkeys(found)), GONE: None}
    shown = is_gone(seen) and _key_field(mapping, seen) in seen.fields
    return {**dict.fromkeys(found), **({GONE: found[IDENTITY] if concerns else None} if shown else {})}


def is_gone(seen: Observation) -> bool:
    """Whether there is evidence that the record is not there any more."""
    return seen.presence in {Presence.ARCHIVED, Presence.DELETED}


def sought(mapping: model.Mapping, seen: Observation) -> dict[str, str]:
    """The keys under which this record's counterpart is to be found in the index, most certain first."""
    own = {name: key for name, key in keys(mapping, seen).items() if key is not None and name != IDENTITY}
    return {IDENTITY: seen.ref.id, **own, GONE: seen.ref.id}


def named_counterpart(mapping: model.Mapping, seen: Observation) -> str | None:
    """The id of the other system's record that this record carries in its key field."""
    return keys(mapping, seen).get(IDENTITY)


def choose(found: Iterable[Found]) -> Matched:
    """The record that the first key with any candidates names, if it names one and nobody shares the key.

    One that a person took apart is a candidate where there is no other, and one that is gone where there is nobody.
    """
    parted, gone = Matched(), Matched()
    for key in found:
        others = tuple(ref for ref in key.candidates if ref.id not in key.parted)
        if key.by == GONE:
            gone = Matched(by=IDENTITY, gone=others[-1]) if others else gone
            continue
        if len(others) == 1 and key.sharing <= 1:
            return Matched(others[0], key.by)
        if others:
            return Matched(by=key.by, candidates=others)
        if key.candidates and not parted.candidates:
            parted = Matched(by=key.by, candidates=key.candidates, parted=True)
    return parted if parted.candidates else gone


def _concerns(mapping: model.Mapping, seen: Observation) -> bool:
    """Whether the record is one that the mapping is about. Where that cannot be told nobody is matched with it."""
    try:
        return meets_condition(mapping, seen)
    except ConditionFailed:
        return False


def _keys(mapping: model.Mapping, seen: Observation) -> Iterator[tuple[str, str | None]]:
    system = seen.ref.system
    yield IDENTITY, identity(mapping, seen)
    for rule in mapping.match:
        yield rule.name, _normal(rule.lens(system).read(seen.fields))


def identity(mapping: model.Mapping, seen: Observation) -> str | None:
    """The id of the other system's record in the key field of a record, whether it takes part or not."""
    carried = seen.fields.get(_key_field(mapping, seen))
    if not isinstance(carried, str) or not carried.strip():
        return None
    if seen.ref.system is System.SALESFORCE:
        return carried.strip().lower()
    return to_18(carried.strip()) if is_id(carried.strip()) else None


def _key_field(mapping: model.Mapping, seen: Observation) -> str:
    return mapping.xero_key if seen.ref.system is System.XERO else mapping.salesforce_key


def _normal(value: Value) -> str | None:
    """Two keys are the same whatever their case and spacing. A name of several parts is all of them."""
    if isinstance(value, Mapping):
        value = " ".join(part for _, part in sorted(value.items()) if isinstance(part, str))
    return " ".join(value.split()).casefold() or None if isinstance(value, str) else None
