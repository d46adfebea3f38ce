"""The people of a customer as one value: child records in Salesforce, a list of at most five in Xero."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.mapping.compound import Compound
from app.mapping.lenses import Checkbox, Text, says_already
from app.mapping.model import Condition, Lens
from app.mapping.text import text_of
from app.mapping.values import Fields, Json, Value

MOST = 5
"""So many people does Xero keep of a contact."""

PATH = "ContactPersons"

Person = Mapping[str, Value]


class PersonField(StrEnum):
    """What Xero keeps of a person."""

    FIRST_NAME = "FirstName"
    LAST_NAME = "LastName"
    EMAIL_ADDRESS = "EmailAddress"
    INCLUDE_IN_EMAILS = "IncludeInEmails"


@dataclass(frozen=True, slots=True)
class ChildRecords:
    """The Salesforce records of `object` whose field `parent` names the record, as people.

    Those with an e-mail address come first, for that is what Xero needs people for; then the oldest. With `when` only
    those count for which it holds. An observation shows the records under `path`.
    """

    path: str
    object: str
    parent: str
    person: Compound
    when: Condition | None = None

    @property
    def keys(self) -> frozenset[str]:
        return frozenset({self.path})

    @property
    def fields(self) -> frozenset[str]:
        """The raw fields of a child record that must be seen."""
        return self.person.keys

    def read(self, fields: Fields) -> Value:
        rows = [row for row in _rows(fields.get(self.path)) if self.when is None or self.when.holds(row, None)]
        return _ranked(_people(self.person.read(row) for row in rows)) or None

    def hold(self, value: Value) -> Value:
        return _ranked(_people(self.person.hold(person) for person in _people(value))) or None

    def write(self, value: Value, fields: Fields) -> Fields:
        """Only what the law of lenses asks for: no rule writes child records."""
        if says_already(self, value, fields):
            return {}
        return {self.path: [self.person.write(person, {}) for person in _people(self.hold(value))]}


@dataclass(frozen=True, slots=True)
class ContactPersons:
    """The people of a Xero contact, in the order of their names: Xero promises none, and replaces them as a whole.

    Of more than five the first five are held. What a rule does not map of a person stays as it is in Xero.
    """

    person: Compound
    path: str = PATH

    @property
    def keys(self) -> frozenset[str]:
        return frozenset({PATH})

    def read(self, fields: Fields) -> Value:
        return _by_name(_people(self.person.read(row) for row in _rows(fields.get(PATH)))) or None

    def hold(self, value: Value) -> Value:
        return _by_name(self._distinct(value)[:MOST]) or None

    def left_out(self, value: Value) -> tuple[str, ...]:
        """The people for whom there is no room, as one would name them."""
        return tuple(_called(person) for person in self._distinct(value)[MOST:])

    def write(self, value: Value, fields: Fields) -> Fields:
        if says_already(self, value, fields):
            return {}
        present = _rows(fields.get(PATH))
        return {PATH: [self._written(person, present) for person in _people(self.hold(value))]}

    def _written(self, person: Person, present: Iterable[Fields]) -> Json:
        known = next((row for row in present if _is_same(self.person.read(row), person)), {})
        kept = {name: held for name, held in known.items() if name not in self.person.keys}
        return {**kept, **self.person.write(person, {})}

    def _distinct(self, value: Value) -> list[Person]:
        """The people as they can be held, each once."""
        held = _people(self.person.hold(person) for person in _people(value))
        return [person for place, person in enumerate(held) if person not in held[:place]]


def salesforce_people(
    path: str, object: str, parent: str, fields: Mapping[PersonField, str], when: Condition | None = None
) -> ChildRecords:
    """The child records with their fields by what they are of a person."""
    return ChildRecords(
        path, object, parent, Compound(path, {name: _lens(name, fields[name], None) for name in fields}), when
    )


def xero_people(names: Iterable[PersonField]) -> ContactPersons:
    """The people of a contact, of whom `names` are mapped."""
    return ContactPersons(Compound(PATH, {name: _lens(name, name, "") for name in names}))


def _lens(name: PersonField, raw: str, blank: str | None) -> Lens:
    return Checkbox(raw) if name is PersonField.INCLUDE_IN_EMAILS else Text(raw, 255, blank)


def _rows(value: Json) -> list[Fields]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _people(value: "Value | Iterable[Value]") -> list[Person]:
    """Those in a list who are somebody: a mark that is unticked makes nobody."""
    listed = [] if value is None or isinstance(value, str | Mapping) or not isinstance(value, Iterable) else value
    return [person for person in listed if isinstance(person, Mapping) and any(map(text_of, _texts(person)))]


def _texts(person: Person) -> list[Value]:
    return [value for name, value in person.items() if name != PersonField.INCLUDE_IN_EMAILS]


def _ranked(people: list[Person]) -> list[Person]:
    return sorted(people, key=lambda person: PersonField.EMAIL_ADDRESS not in person)


def _by_name(people: list[Person]) -> list[Person]:
    return sorted(people, key=lambda person: [text_of(person.get(name)) for name in _ORDER])


_ORDER = (PersonField.LAST_NAME, PersonField.FIRST_NAME, PersonField.EMAIL_ADDRESS, PersonField.INCLUDE_IN_EMAILS)


def _is_same(known: Value, person: Person) -> bool:
    """Whether two entries are one person: they share an e-mail address, or else a name."""
    if not isinstance(known, Mapping):
        return False
    mail = [text_of(each.get(PersonField.EMAIL_ADDRESS)).casefold() for each in (known, person)]
    names = [_name(each).casefold() for each in (known, person)]
    return mail[0] == mail[1] if any(mail) else names[0] == names[1]


def _name(person: Person) -> str:
    return " ".join(filter(None, (text_of(person.get(name)) for name in _ORDER[1::-1])))


def _called(person: Person) -> str:
    mail = text_of(person.get(PersonField.EMAIL_ADDRESS))
    return " ".join(filter(None, (_name(person), f"<{mail}>" if mail else "")))
