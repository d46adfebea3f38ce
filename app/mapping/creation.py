"""Compiles when a record may be created in the other system, and with which fixed values."""

from collections.abc import Mapping, Sequence

from app.errors import ConfigurationError
from app.mapping.expressions import compile_condition
from app.mapping.findings import Findings, Place, Wrong
from app.mapping.model import Condition, CreateRule, FieldRule
from app.mapping.sync_file import CreateInSalesforce, CreateInXero, MappingEntry
from app.mapping.values import Fields, System

_REQUIRED: Mapping[str, str] = {"Account": "Name", "Contact": "Name"}
"""The field without which an object cannot be created."""


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
    when = findings.attempt((*here, "when"), lambda: _condition(created, target))
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
    required = _REQUIRED.get(object)
    if required and required not in {*fixed, *(lens.path for lens in written)}:
        raise Wrong(f"no field rule writes {required}, without which no {object} can be created", f"map {required}")


def _condition(created: CreateInXero | CreateInSalesforce, target: System) -> Condition | None:
    if created.when is None:
        return None
    try:
        condition = compile_condition(created.when)
    except ConfigurationError as error:
        raise Wrong(f"the condition cannot be read: {error}", "correct it; docs/sync-file.md has examples") from error
    if condition.fields(target):
        raise Wrong(f"before the create there is no {target} record to read", f"name only fields of {target.other}")
    return condition
