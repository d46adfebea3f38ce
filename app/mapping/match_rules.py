"""Compiles the match keys of a mapping: the fields by which unlinked records are recognised."""

from collections import Counter
from collections.abc import Sequence
from functools import partial

from app.mapping import salesforce_fields, xero_fields
from app.mapping.findings import Findings, Place, Wrong, suggest
from app.mapping.known_fields import Kind, KnownField
from app.mapping.model import FieldRule, MatchRule
from app.mapping.resolve import salesforce_field, xero_field
from app.mapping.sync_file import MappingEntry, MatchPair, SalesforceField


def compile_matches(
    entry: MappingEntry, rules: Sequence[FieldRule], place: Place, findings: Findings
) -> tuple[MatchRule, ...]:
    """The match keys in their order; what is wrong with the others is in `findings`."""
    made = (
        findings.attempt((*place, "match", position), partial(_compile, entry, rules, key))
        for position, key in enumerate(entry.match)
    )
    matches = tuple(rule for rule in made if rule)
    for name, count in Counter(rule.name for rule in matches).items():
        if count > 1:
            findings.add((*place, "match"), f"the key {name} stands here {count} times", "name it once")
    return matches


def _compile(entry: MappingEntry, rules: Sequence[FieldRule], key: str | MatchPair) -> MatchRule:
    if isinstance(key, MatchPair):
        return _of_pair(entry, key)
    return _of_rule(entry, rules, key) or _of_common_name(entry, rules, key)


def _of_pair(entry: MappingEntry, pair: MatchPair) -> MatchRule:
    salesforce = salesforce_field(entry.salesforce, SalesforceField(field=pair.salesforce))
    xero = xero_field(entry.xero, pair.xero)
    return _of_texts(f"{salesforce.path}:{xero.path}", salesforce, xero)


def _of_rule(entry: MappingEntry, rules: Sequence[FieldRule], key: str) -> MatchRule | None:
    named = [rule for rule in rules if rule.xero.path == key] or [rule for rule in rules if rule.salesforce.path == key]
    if not named:
        return None
    _check_text(key, xero_field(entry.xero, named[0].xero.path))
    return MatchRule(key, named[0].salesforce, named[0].xero)


def _of_common_name(entry: MappingEntry, rules: Sequence[FieldRule], key: str) -> MatchRule:
    salesforce = salesforce_fields.KNOWN.get(entry.salesforce, {}).get(key)
    xero = xero_fields.KNOWN[entry.xero].get(key)
    if salesforce and xero:
        return _of_texts(key, salesforce, xero)
    raise Wrong(
        f"{key} names no field rule and no field that both systems know",
        f"{suggest(key, [rule.xero.path for rule in rules])} Or name both fields: {{salesforce: …, xero: {key}}}",
    )


def _of_texts(name: str, salesforce: KnownField, xero: KnownField) -> MatchRule:
    _check_text(name, salesforce, xero)
    return MatchRule(name, salesforce.lens, xero.lens)


def _check_text(name: str, *fields: KnownField) -> None:
    if any(field.kind not in {Kind.TEXT, Kind.PERSON} for field in fields):
        raise Wrong(f"{name} is no text, and only texts and names recognise a record", "match by a text field")
