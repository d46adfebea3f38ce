"""A lane as the engine sees it: the mappings onto one Xero resource of one sync."""

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from app.engine.records import RecordRef, System
from app.mapping.model import Lens, Mapping, Part, Sync

_KEYS = "identity, rules, gone"
"""What kinds of keys the index holds: with another kind it is another index."""


@dataclass(frozen=True, slots=True)
class Lane:
    """The unit of order and of batching, named `sync/Resource`."""

    name: str
    sync: Sync
    mappings: tuple[Mapping, ...]

    def mapping(self, name: str) -> Mapping | None:
        """The mapping of this lane with that name; None when the sync file no longer has it."""
        return next((mapping for mapping in self.mappings if mapping.name == name), None)

    def heir(self, name: str, salesforce: str, xero: str, rules: Collection[str]) -> Mapping | None:
        """The mapping that looks after what `name` made of two objects by `rules`.

        Where the sync file has no mapping of that name any more, it was renamed: into the one of the same objects
        that has most of its rules.
        """
        alike = [mapping for mapping in self.mappings if (mapping.salesforce, mapping.xero) == (salesforce, xero)]
        if name in self.sync.mappings or self.mapping(name):
            return next((mapping for mapping in alike if mapping.name == name), None)
        return max(alike, key=lambda mapping: sum(rule.name in rules for rule in mapping.fields), default=None)

    def of_object(self, system: System, object: str) -> tuple[Mapping, ...]:
        """The mappings of this lane that concern an object."""
        return tuple(mapping for mapping in self.mappings if mapping.object(system) == object)

    def parts(self, system: System, object: str) -> Iterator[tuple[Mapping, Part]]:
        """As what kinds of parts this lane reads an object, each with the mapping of its parents."""
        for mapping in self.mappings:
            yield from ((mapping, part) for part in mapping.parts_of(system, object))

    def fields(self, system: System, object: str) -> frozenset[str]:
        """The raw fields of an object that any mapping of the sync needs to see."""
        mappings = self.sync.mappings.values()
        named = (mapping.keys(system) for mapping in mappings if mapping.object(system) == object)
        parts = (part for mapping in mappings for part in mapping.parts_of(system, object))
        return frozenset[str]().union(*named, *({part.parent[0], *part.fields} for part in parts))

    def indexed_as(self, system: System, object: str) -> RecordRef:
        """What the match index of this lane calls an object: another name as soon as it is to hold other keys."""
        names = [f"{each.name} {each.xero_key} {each.salesforce_key}" for each in self.of_object(system, object)]
        rules = sorted(
            f"{mapping.name} {rule.name} {rule.lens(system).path}"
            for mapping in self.of_object(system, object)
            for rule in mapping.match
        )
        only = sorted(condition.source for m in self.of_object(system, object) if (condition := m.only(system)))
        whole = "\n".join([_KEYS, self.name, *sorted(names), *rules, *only])
        digest = hashlib.blake2s(whole.encode(), digest_size=6).hexdigest()
        return RecordRef(system, f"{object} {digest}", "")

    def lenses(self, system: System, object: str) -> Iterator[Lens]:
        """The lenses through which any mapping of the sync reads an object."""
        for mapping in self.sync.mappings.values():
            if mapping.object(system) == object:
                yield from (rule.lens(system) for rule in mapping.fields)
