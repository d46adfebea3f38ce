"""Fits a mapping to the org it works on: real lengths, picklists, what must be filled, and what stands in the way."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.mapping.codes import Code
from app.mapping.compound import Compound
from app.mapping.description import Description, FieldDescription
from app.mapping.findings import Finding
from app.mapping.lenses import Text
from app.mapping.misfits import misfits
from app.mapping.model import FieldRule, Lens, Mapping
from app.mapping.numbers import Number
from app.mapping.restrained import IS_PERSON, BusinessName, Chosen, Filled

SEVERAL = "multipicklist"
"""Salesforce's type of a text that holds several values at once."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A mapping as this org can carry it out. With any of `findings` it cannot."""

    mapping: Mapping
    findings: Sequence[Finding]


def fit(mapping: Mapping, described: Description) -> Fitted:
    """`mapping` with its Salesforce side as `described`; what stands in the way is in the findings, all of it."""
    rules = tuple(_fit_rule(rule, mapping, described) for rule in mapping.fields)
    return Fitted(replace(mapping, fields=rules), misfits(mapping, described))


def _fit_rule(rule: FieldRule, mapping: Mapping, described: Description) -> FieldRule:
    lens = _fit_lens(rule.salesforce, described)
    if mapping.salesforce == "Account" and rule.salesforce.path == "Name" and IS_PERSON in described.fields:
        lens = BusinessName(lens)
    return replace(rule, salesforce=lens)


def _fit_lens(lens: Lens, described: Description) -> Lens:
    match lens:
        case Compound():
            return replace(lens, parts={name: _fit_lens(part, described) for name, part in lens.parts.items()})
        case Text() | Code() | Number():
            told = described.fields.get(lens.path)
            return _restrain(_of_places(lens, told), told) if told else lens
    return lens


def _of_places(lens: Text | Code | Number, told: FieldDescription) -> Text | Code | Number:
    """The decimal places that the operator said hold as far as the org agrees."""
    if not isinstance(lens, Number) or told.scale is None:
        return lens
    return replace(lens, scale=min(lens.scale, told.scale) if lens.stated else told.scale)


def _restrain(lens: Text | Code | Number, told: FieldDescription) -> Lens:
    fitted: Lens = _of_length(lens, told.length) if isinstance(lens, Text) and told.length else lens
    if told.choices is not None and told.type != SEVERAL:
        fitted = Chosen(fitted, told.choices)
    return fitted if told.nillable else Filled(fitted)


def _of_length(text: Text, length: int) -> Text:
    """What the operator said holds as far as the org agrees."""
    return replace(text, length=min(text.length, length) if text.stated else length)
