"""What of a mapping an org cannot carry out: fields that are hidden, of another type, or not to be written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.mapping.description import Description, FieldDescription
from app.mapping.findings import Finding, Findings, Place, suggest
from app.mapping.known_fields import Kind
from app.mapping.lenses import Checkbox
from app.mapping.model import Mapping
from app.mapping.numbers import Number
from app.mapping.values import System

_NUMBERS = frozenset({"int", "double", "long", "currency", "percent"})
_MOMENTS = frozenset({"date", "datetime", "time"})
_NO_TEXT = _NUMBERS | {"boolean", "address", "location", "base64"}
_SAY = {
    "boolean": "checkbox",
    "int": "number",
    "double": "number",
    "long": "number",
    "currency": "currency",
    "percent": "percent",
}
"""The type in a sync file of each type that Salesforce describes, but for texts."""

_FEATURES = (
    ("CurrencyIsoCode", "it is there only where the org has several currencies"),
    ("IsPersonAccount", "it is there only where the org has person accounts"),
    ("Person", "it is there only where the org has person accounts"),
    ("StateCode", "it is there only where the org has state and country picklists"),
    ("CountryCode", "it is there only where the org has state and country picklists"),
    ("RecordTypeId", "it is there only where the object has record types"),
)
_OF_PEOPLE = frozenset({"FirstName", "LastName"})


@dataclass(frozen=True, slots=True)
class _Named:
    """Raw fields that one place of the sync file names: to be read, and written where that is said."""

    place: Place
    keys: frozenset[str]
    kind: Kind | None = None
    updates: bool = False
    creates: bool = False


def misfits(mapping: Mapping, described: Description) -> Sequence[Finding]:
    """Everything that stands in the way of `mapping`, each with its place in the sync file and its remedy."""
    findings = Findings()
    _check_object(mapping, described, findings)
    missing: set[str] = set()
    for named in _named(mapping):
        for key in sorted(named.keys - missing):
            told = described.fields.get(key)
            if told is None:
                missing.add(key)
                findings.add(named.place, *_missing(key, described))
            else:
                _check_type(named, told, findings)
                _check_rights(named, told, findings)
    _check_key(mapping, described, findings)
    return tuple(findings.made)


def _named(mapping: Mapping) -> Iterator[_Named]:
    here: Place = ("mappings", mapping.name)
    shown = {part.shown_as for part in mapping.parts}
    creates = mapping.create_in_salesforce
    for position, rule in enumerate(mapping.fields):
        lens, written = rule.salesforce, rule.direction.allows(System.SALESFORCE)
        kind = Kind.CHECKBOX if isinstance(lens, Checkbox) else Kind.NUMBER if isinstance(lens, Number) else Kind.TEXT
        place = (*here, "fields", position, "salesforce")
        yield _Named(place, lens.keys - shown, kind, updates=written, creates=written and creates is not None)
    for position, match in enumerate(mapping.match):
        yield _Named((*here, "match", position), match.salesforce.keys)
    if mapping.opt_in:
        yield _Named((*here, "opt_in"), frozenset({mapping.opt_in}), Kind.CHECKBOX)
    if mapping.only_salesforce:
        yield _Named((*here, "only", "salesforce"), mapping.only_salesforce.fields(System.SALESFORCE))
    if mapping.create_in_xero and mapping.create_in_xero.when:
        yield _Named((*here, "create_in_xero", "when"), mapping.create_in_xero.when.fields(System.SALESFORCE))
    if creates:
        yield _Named((*here, "create_in_salesforce", "set"), frozenset(creates.set), creates=True)
    yield _Named((*here, "salesforce_key"), frozenset({mapping.salesforce_key}), creates=creates is not None)


def _missing(key: str, described: Description) -> tuple[str, str]:
    word = "Person" if described.object == "Account" and key in _OF_PEOPLE else key
    feature = next((f" ({why})" for part, why in _FEATURES if part in word), "")
    near = suggest(key, described.fields)
    spelled = f", or correct its name: {near}" if near.startswith("did you mean") else ""
    return (
        f"{described.object} has no field {key} that the integration user may see{feature}",
        f"grant that user access to it by field-level security{spelled}",
    )


def _check_type(named: _Named, told: FieldDescription, findings: Findings) -> None:
    wrong = {
        Kind.CHECKBOX: told.type != "boolean",
        Kind.NUMBER: told.type not in _NUMBERS,
        Kind.TEXT: told.type in _NO_TEXT or (named.updates and told.type in _MOMENTS),
    }
    if named.kind and wrong[named.kind]:
        said = _SAY.get(told.type, "text")
        remedy = (
            f"write {{field: {told.name}, type: {said}}}" if told.type not in _MOMENTS else "let the rule go to_xero"
        )
        findings.add(named.place, f"{told.name} is a {told.type} in Salesforce and no {named.kind}", remedy)


def _check_rights(named: _Named, told: FieldDescription, findings: Findings) -> None:
    refused = [
        f"{word}d"
        for word, wanted, allowed in (
            ("create", named.creates, told.createable),
            ("update", named.updates, told.updateable),
        )
        if wanted and not allowed
    ]
    if refused:
        problem = f"{told.name} cannot be {' or '.join(refused)} by the integration user"
        findings.add(named.place, problem, "grant that user edit access to the field, or let the rule go to_xero")


def _check_object(mapping: Mapping, described: Description, findings: Findings) -> None:
    place = ("mappings", mapping.name, "salesforce")
    if mapping.create_in_salesforce and not described.createable:
        findings.add(
            place,
            f"the integration user may not create records of {described.object}",
            "grant that in its permission set, or remove create_in_salesforce",
        )
    if any(rule.direction.allows(System.SALESFORCE) for rule in mapping.fields) and not described.updateable:
        findings.add(
            place,
            f"the integration user may not edit records of {described.object}",
            "grant that in its permission set, or let every rule go to_xero",
        )


def _check_key(mapping: Mapping, described: Description, findings: Findings) -> None:
    told = described.fields.get(mapping.salesforce_key)
    if mapping.create_in_salesforce and told and not (told.external_id and told.unique):
        findings.add(
            ("mappings", mapping.name, "salesforce_key"),
            f"{told.name} is not both External ID and Unique, so a create could be doubled",
            "tick both boxes of the field in Salesforce, or name another field",
        )
