"""Compiles the conditions of a sync file, each over the records of one system."""

from app.errors import ConfigurationError
from app.mapping.expressions import compile_condition
from app.mapping.findings import Findings, Place, Wrong
from app.mapping.model import Condition
from app.mapping.sync_file import MappingEntry
from app.mapping.values import System


def condition_over(system: System, text: str | None, why: str) -> Condition | None:
    """The condition that `text` says, or None. Raises Wrong when it names the other system, which `why` forbids."""
    if text is None:
        return None
    try:
        condition = compile_condition(text)
    except ConfigurationError as error:
        raise Wrong(f"the condition cannot be read: {error}", "correct it; docs/sync-file.md has examples") from error
    if condition.fields(system.other):
        raise Wrong(why, f"name only fields of {system}")
    return condition


def compile_only(entry: MappingEntry, system: System, place: Place, findings: Findings) -> Condition | None:
    """Which records of `system` take part in the mapping, or None where all do."""
    text = entry.only.salesforce if system is System.SALESFORCE else entry.only.xero
    why = f"whether a record of {system} takes part is decided by itself"
    return findings.attempt((*place, "only", system.value), lambda: condition_over(system, text, why))
