"""What a system says of its own objects and fields: which there are, and what they can hold."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldDescription:
    """One field as its system describes it, seen with the rights of the user we call as.

    `type` is the system's own word; `length` counts UTF-16 units and is None where the type has none; `scale` are the
    decimal places of a number, None where it is not told. `choices` are the active values of a picklist that refuses
    all others, None where any value is taken.
    """

    name: str
    type: str
    length: int | None = None
    createable: bool = True
    updateable: bool = True
    nillable: bool = True
    unique: bool = False
    external_id: bool = False
    choices: frozenset[str] | None = None
    scale: int | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """One object. A field that is not among `fields`, by name, does not exist or is hidden from us."""

    object: str
    fields: Mapping[str, FieldDescription]
    createable: bool = True
    updateable: bool = True
    deletable: bool = True
