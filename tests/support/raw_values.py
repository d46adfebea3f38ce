"""What a vendor might send through a lens, and what the other side might mean by it."""

from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from app.mapping.address import AddressLines
from app.mapping.codes import Code
from app.mapping.compound import Compound, Entry, Member
from app.mapping.lenses import Checkbox, Text
from app.mapping.model import Lens
from app.mapping.numbers import Number
from app.mapping.payment_terms import TYPES, Term
from app.mapping.person_name import SalesforcePersonName, XeroPersonName
from app.mapping.persons import ChildRecords, ContactPersons
from app.mapping.phone import PhoneParts
from app.mapping.restrained import BusinessName, Chosen, Filled
from app.mapping.tracking import Tracking
from app.mapping.values import Fields, Json, Value

any_text = st.text(st.characters(exclude_categories=()), max_size=300)
short_text = st.text(st.sampled_from("aB<> .'-\u00e9\u00a0\u2028\r\n\t\x00\U0001f600\ud800"), max_size=7)
texts = st.one_of(st.none(), any_text, short_text)
flags = st.one_of(st.none(), st.booleans())
numbers = st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=3)
oddly_spelled: SearchStrategy[Json] = st.sampled_from(["", " ", "NaN", "-0", "1E+99", "12 apples", True])
spelled: SearchStrategy[Json] = st.one_of(numbers, numbers.map(str), oddly_spelled)
days: SearchStrategy[Json] = st.none() | st.integers(0, 31) | st.sampled_from(["15", Decimal("20.5"), "x"])
types = st.one_of(st.none(), st.sampled_from([*TYPES, "daysAfterBillDate", "SOMETHINGNEW", ""]))
terms = st.builds("{} {}".format, st.integers(0, 40), st.sampled_from([*TYPES, "ofCurrentMonth"]))
words = st.sampled_from(["ab", "Cher", "van Dam", "<", " ", "x" * 45, "y" * 90, "Ann\r\n"])


def raw_fields(lens: Lens, text: SearchStrategy[str | None]) -> SearchStrategy[Fields]:
    """Fields as a vendor might send them, with any of the lens's own missing, and one that is not its business."""
    match lens:
        case Tracking():
            return raw_fields(lens.entry, text)
        case Entry():
            return raw_list(lens, text)
        case Member():
            return st.fixed_dictionaries({}, optional={lens.key: st.one_of(st.none(), raw_fields(lens.inner, text))})
        case ChildRecords() | ContactPersons():
            people = st.lists(raw_fields(lens.person, text), max_size=7)
            return st.fixed_dictionaries({}, optional={lens.path: st.one_of(st.none(), people)})
        case Term():
            return st.fixed_dictionaries({"ValidationErrors": st.just([])}, optional={"Day": days, "Type": types})
    raw = raw_for(lens, text)
    return st.fixed_dictionaries({"Other": raw}, optional=dict.fromkeys(sorted(lens.keys), raw))


def raw_list(lens: Entry, text: SearchStrategy[str | None]) -> SearchStrategy[Fields]:
    types = st.sampled_from([lens.type, "STRANGE"])
    entry = st.builds(lambda kind, inner: {**inner, lens.type_key: kind}, types, raw_fields(lens.inner, text))
    return st.fixed_dictionaries({}, optional={lens.list_key: st.one_of(st.none(), st.lists(entry, max_size=3))})


def values_for(lens: Lens) -> SearchStrategy[Value]:
    """Meanings that the other side may have."""
    match lens:
        case Tracking():
            return values_for(lens.entry)
        case Entry() | Member() | Filled() | BusinessName():
            return values_for(lens.inner)
        case ChildRecords() | ContactPersons():
            return st.one_of(st.none(), st.lists(values_for(lens.person), max_size=7))
        case Compound():
            return any_of({name: values_for(part) for name, part in lens.parts.items()})
        case SalesforcePersonName() | XeroPersonName():
            return any_of({"first": texts | words, "last": texts | words})
    return plain_for(lens)


def plain_for(lens: Lens) -> SearchStrategy[Value]:
    match lens:
        case Checkbox():
            return flags
        case Chosen():
            return st.none() | st.sampled_from([*sorted(lens.choices), "RETAIL", "Mining"])
        case Number():
            return numbers
        case Term():
            return texts | terms
        case Code():
            return texts | st.from_regex(lens.form, fullmatch=True)
        case Text() | AddressLines() | PhoneParts():
            return texts
    raise AssertionError(f"say how to make values for {lens}")


def any_of(parts: dict[str, SearchStrategy[Value]]) -> SearchStrategy[Value]:
    return st.one_of(st.none(), st.fixed_dictionaries({}, optional=parts))


def raw_for(lens: Lens, text: SearchStrategy[str | None]) -> SearchStrategy[Json]:
    match lens:
        case Checkbox():
            return st.one_of(flags, st.sampled_from(["true", "false"]))
        case Number():
            return spelled
        case SalesforcePersonName() | XeroPersonName():
            return text | words
    return text
