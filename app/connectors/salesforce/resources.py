"""What must be known of a Salesforce object beyond its name; most objects need no entry."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Resource:
    """`merged_field` names the survivor of a merge; only few objects have it, and asking for it elsewhere fails."""

    name: str
    merged_field: str | None = None


_MERGEABLE = ("Account", "Contact", "Lead")

RESOURCES: Mapping[str, Resource] = {name: Resource(name, "MasterRecordId") for name in _MERGEABLE}


def resource_named(name: str) -> Resource:
    """The object that sync files call `name`, standard or custom."""
    return RESOURCES.get(name) or Resource(name)
