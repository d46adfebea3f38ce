"""Pairs of records with whatever people may enter on either side, and what each plan makes of them."""

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field, replace
from datetime import datetime

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from app.engine.plan import Plan, Situation
from app.engine.records import Agreed, Base, Link, State, System
from app.mapping.model import Direction, FieldRule, Mapping, OnConflict
from app.mapping.values import Fields, Json, Value
from tests.support.records import account, at, contact, state
from tests.support.world import accounts_sync

SALESFORCE, XERO = System.SALESFORCE, System.XERO
TEMPLATE = accounts_sync().mappings["customers"]
MEETING = at(0)


texts = st.one_of(
    st.sampled_from(["", " ", "a", "A", "b", "a  b", "a\nb", "<a>", "...", "N.Z.", "x" * 39 + " y"]),
    st.builds(lambda letter, length: letter * length, st.sampled_from("xyé"), st.sampled_from([40, 41, 50, 60, 260])),
    st.text(st.sampled_from("aB< .'é\n"), max_size=6),
)
names = texts.filter(lambda text: bool(text.replace("<", "").replace(">", "").strip()))


def address_of_salesforce() -> SearchStrategy[Fields]:
    parts = ("Street", "City", "State", "PostalCode", "Country")
    return st.fixed_dictionaries({f"Billing{part}": st.none() | texts for part in parts})


def address_of_xero() -> SearchStrategy[list[Json]]:
    parts = ("AddressLine1", "AddressLine2", "City", "Region", "PostalCode", "Country")
    entry = st.fixed_dictionaries({"AddressType": st.just("POBOX")}, optional=dict.fromkeys(parts, texts))
    return st.tuples(entry, st.just({"AddressType": "STREET", "City": "Nelson"})).map(list)


def phones_of_xero() -> SearchStrategy[list[Json]]:
    parts = {"PhoneNumber": texts, "PhoneAreaCode": texts, "PhoneCountryCode": st.just("")}
    entry = st.fixed_dictionaries({"PhoneType": st.just("DEFAULT"), **parts})
    return st.tuples(st.just({"PhoneType": "FAX", "PhoneNumber": "9"}), entry).map(list)


ENTERED: MappingOf[tuple[System, str], SearchStrategy[Fields]] = {
    (SALESFORCE, "Name"): st.fixed_dictionaries({"Name": names}),
    (SALESFORCE, "Phone"): st.fixed_dictionaries({"Phone": st.none() | texts}),
    (SALESFORCE, "BillingAddress"): address_of_salesforce(),
    (SALESFORCE, "Email__c"): st.fixed_dictionaries({"Email__c": st.none() | texts}),
    (SALESFORCE, "Tax_Number__c"): st.fixed_dictionaries({"Tax_Number__c": st.none() | texts}),
    (XERO, "Name"): st.fixed_dictionaries({"Name": names}),
    (XERO, "Phones.DEFAULT"): st.fixed_dictionaries({"Phones": phones_of_xero()}),
    (XERO, "Addresses.POBOX"): st.fixed_dictionaries({"Addresses": address_of_xero()}),
    (XERO, "EmailAddress"): st.fixed_dictionaries({"EmailAddress": texts}),
    (XERO, "TaxNumber"): st.fixed_dictionaries({"TaxNumber": texts}),
}
"""What a person may enter, by system and lens path."""


@dataclass(frozen=True, slots=True)
class Side:
    """One record as it stands: raw fields, and when each value was entered."""

    fields: Fields = field(default_factory=dict[str, Json])
    stamps: MappingOf[str, datetime] = field(default_factory=dict[str, datetime])

    def entered(self, path: str, fields: Fields, when: datetime) -> "Side":
        return Side({**self.fields, **fields}, {**self.stamps, path: when})


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records as they stand, and what they last agreed on."""

    mapping: Mapping
    sides: MappingOf[System, Side]
    base: Base

    def holds(self, system: System, rule: FieldRule) -> Value:
        return rule.lens(system).read(self.sides[system].fields)

    @property
    def situation(self) -> Situation:
        states = {system: self._state(system) for system in System}
        link = Link(1, self.mapping.name, "", account(), contact(), self.base)
        return Situation(self.mapping, states[SALESFORCE], states[XERO], link)

    def _state(self, system: System) -> State:
        side = self.sides[system]
        ref = account() if system is SALESFORCE else contact()
        return state(ref, MEETING, side.fields, stamps=side.stamps)

    def after(self, made: Plan) -> "Pair":
        """The pair once both vendors have carried out a plan."""
        sides, base = dict(self.sides), {**self.base, **made.agreed}
        for write in made.writes:
            side = sides[write.target]
            sides[write.target] = Side({**side.fields, **write.element.fields}, side.stamps)
            base.update(write.carries)
        acknowledged = replace(self, sides=sides, base=base)
        return replace(acknowledged, base={name: acknowledged._acknowledged(name, base[name], made) for name in base})

    def _acknowledged(self, name: str, agreed: Agreed, made: Plan) -> Agreed:
        """The vendor's answer shows how it holds what was written."""
        rule = next(rule for rule in self.mapping.fields if rule.name == name)
        written = [write.target for write in made.writes if name in write.carries]
        seen = {target.value: self.holds(target, rule) for target in written}
        return agreed._replace(**seen)


@dataclass(frozen=True, slots=True)
class Story:
    """A pair that agreed, and what people entered since on either side, by rule name."""

    agreed: Pair
    edited: Pair
    edits: MappingOf[str, frozenset[System]]
    """Whose meaning changed: entering the same again is no edit."""


@st.composite
def mappings(draw: DrawFn) -> Mapping:
    """The template with any policy, and any direction of the whole or of single rules."""
    whole = draw(st.sampled_from(Direction))
    own = [whole] if whole is not Direction.BOTH else list(Direction)
    rules = [
        replace(rule, direction=draw(st.sampled_from(own)), on_conflict=draw(st.sampled_from(OnConflict)))
        for rule in TEMPLATE.fields
    ]
    return replace(TEMPLATE, direction=whole, fields=tuple(rules))


@st.composite
def agreed_pairs(draw: DrawFn, mapping: Mapping) -> Pair:
    """A pair in step: a record of one side, and the other one as it was written from it."""
    born = draw(st.sampled_from(System))
    source: dict[str, Json] = {}
    copy: dict[str, Json] = {}
    for rule in mapping.fields:
        source.update(draw(ENTERED[born, rule.lens(born).path]))
        copy.update(rule.lens(born.other).write(rule.lens(born).read(source), copy))
    sides = {born: Side(source), born.other: Side(copy)}
    pair = Pair(mapping, sides, {})
    base = {r.name: Agreed(pair.holds(SALESFORCE, r), pair.holds(XERO, r)) for r in mapping.fields}
    return replace(pair, base=base)


@st.composite
def stories(draw: DrawFn) -> Story:
    agreed = draw(agreed_pairs(draw(mappings())))
    sides = dict(agreed.sides)
    for rule in agreed.mapping.fields:
        for system in draw(st.sets(st.sampled_from(System))):
            path = rule.lens(system).path
            entered = draw(ENTERED[system, path])
            sides[system] = sides[system].entered(path, entered, at(draw(st.integers(1, 3))))
    edited = replace(agreed, sides=sides)
    edits = {
        rule.name: frozenset(s for s in System if edited.holds(s, rule) != agreed.holds(s, rule))
        for rule in agreed.mapping.fields
    }
    return Story(agreed, edited, edits)


@st.composite
def strangers(draw: DrawFn) -> Pair:
    """Two records that never agreed on anything."""
    mapping = draw(mappings())
    sides = {}
    for system in System:
        side = Side()
        for rule in mapping.fields:
            path = rule.lens(system).path
            side = side.entered(path, draw(ENTERED[system, path]), at(draw(st.integers(1, 3))))
        sides[system] = side
    return Pair(mapping, sides, {})
