"""Compiles when a record may be created in the other system, and with which fixed values."""

from collections.abc import Mapping, Sequence

from app.mapping.conditions import condition_over
from app.mapping.findings import Findings, Place, Wrong
from app.mapping.model import CreateRule, FieldRule
from app.mapping.sync_file import CreateInSalesforce, MappingEntry
from app.mapping.values import Fields, System

_REQUIRED: Mapping[tuple[System, str], frozenset[str]] = {
    (System.SALESFORCE, "Account"): frozenset({"Name", "LastName"}),
    (System.SALESFORCE, "Contact"): frozenset({"LastName"}),
    (System.XERO, "Contact"): frozenset({"Name"}),
}
"""The fields without which an object cannot be created; of several any one will do: an account may be a person's."""


def compile_creation(
    entry: MappingEntry, target: System, rules: Sequence[FieldRule], place: Place, findings: Findings
) -> CreateRule | None:
    """The rule for creating in `target`, or None where it is not declared."""
    created = entry.create_in_xero if target is System.XERO else entry.create_in_salesforce
    if created is None:
        return None
    here = (*place, f"create_in_{target}")
    fixed = created.set if isinstance(created, CreateInSalesforce) else {}
    findings.attempt(here, lambda: _check_direction(entry, target))
    findings.attempt(here, lambda: _check_fields(entry, target, rules, fixed))
    why = f"before the create there is no {target} record to read"
    when = findings.attempt((*here, "when"), lambda: condition_over(target.other, created.when, why))
    return CreateRule(when=when, set=fixed)


def _check_direction(entry: MappingEntry, target: System) -> None:
    if not entry.direction.allows(target):
        raise Wrong(f"the mapping goes {entry.direction} only", "remove this, or let the mapping go both ways")


def _check_fields(entry: MappingEntry, target: System, rules: Sequence[FieldRule], fixed: Fields) -> None:
    written = [rule.lens(target) for rule in rules if rule.direction.allows(target)]
    twice = sorted(set(fixed) & frozenset[str]().union(*(lens.keys for lens in written)))
    if twice:
        raise Wrong(f"a field rule writes {twice[0]} too", "remove it from set")
    object = entry.salesforce if target is System.SALESFORCE else entry.xero
    required = _REQUIRED.get((target, object), frozenset())
    if required and not required & {*fixed, *(key for lens in written for key in lens.keys)}:
        name = " or ".join(sorted(required, reverse=True))
        raise Wrong(f"no field rule writes {name}, without which no {object} can be created", f"map {name}")
