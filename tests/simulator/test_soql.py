"""SOQL: what is understood, what is refused, what it finds."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.simulator.salesforce.answers import Refusal
from app.simulator.salesforce.soql.parse import parse
from app.simulator.salesforce.soql.tokens import pattern, unquoted
from app.simulator.salesforce.soql.tree import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Like,
    Literal,
    Membership,
    Not,
    Order,
    Query,
)

ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def spelled(value: Literal) -> str:
    """A literal as SOQL takes it."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case datetime():
            return value.isoformat()
        case str():
            return "'" + "".join(ESCAPES.get(letter, letter) for letter in value) + "'"
    return str(value)


def written(condition: Condition) -> str:
    """A condition as SOQL takes it."""
    match condition:
        case Comparison(field, operator, value):
            return f"{field} {operator} {spelled(value)}"
        case Membership(field, values, negated):
            return f"{field} {'NOT IN' if negated else 'IN'} ({', '.join(spelled(value) for value in values)})"
        case Not(part):
            return f"NOT ({written(part)})"
        case AllOf(parts):
            return " AND ".join(f"({written(part)})" for part in parts)
        case AnyOf(parts):
            return " OR ".join(f"({written(part)})" for part in parts)
    raise TypeError(condition)


# No lambdas here: to show them, hypothesis parses their source deep in the stack, which CPython 3.11 may not survive.
NAMES = st.sampled_from(["Id", "Name", "IsDeleted", "Xero_Contact_Id__c", "x1", "Selected", "ordering", "Likes"])
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=13)), timezone(timedelta(hours=-9, minutes=-30))])
LITERALS: st.SearchStrategy[Literal] = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.none(),
    st.booleans(),
    st.dates(),
    st.integers(-(10**9), 10**9).map(Decimal),
    st.builds(datetime.fromtimestamp, st.integers(0, 250_000_000_000), ZONES),
)
LEAVES: st.SearchStrategy[Condition] = st.one_of(
    st.builds(Comparison, NAMES, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), LITERALS),
    st.builds(Membership, NAMES, st.lists(LITERALS, min_size=1, max_size=3).map(tuple), st.booleans()),
)


def joined(part: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    """What can be made of smaller conditions."""
    parts = st.lists(part, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(Not, part), st.builds(AllOf, parts), st.builds(AnyOf, parts))


CONDITIONS = st.recursive(LEAVES, joined, max_leaves=6)


@given(CONDITIONS)
def test_a_condition_that_was_written_down_is_read_back(condition: Condition) -> None:
    assert parse(f"SELECT Id FROM Account WHERE {written(condition)}").where == condition


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_text_escapes_from_its_quotes(text: str) -> None:
    assert unquoted(spelled(text)) == text


def refusal_of(text: str) -> str | None:
    """The code with which `text` is refused."""
    try:
        parse(text)
    except Refusal as refusal:
        return refusal.code
    return None


@given(st.text(max_size=60) | st.text("SELECTFROMWHERE ()',\\=\"Aa1", max_size=60))
def test_any_text_is_understood_or_refused(text: str) -> None:
    assert refusal_of(text) in {None, "MALFORMED_QUERY"}


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_a_like_of_an_escaped_text_fits_just_that_text(text: str) -> None:
    escaped = "".join(ESCAPES.get(letter, letter) for letter in text).replace("%", r"\%").replace("_", r"\_")
    assert pattern(f"'{escaped}'").fullmatch(text)
    assert not pattern(f"'{escaped}'").fullmatch(text + "x")


def test_a_whole_query_is_understood() -> None:
    query = parse(
        "select Id, name From Account WHERE (Name LIKE 'K%' OR Phone = null) AND CreatedDate >= 2026-03-02T09:00:00Z "
        "ORDER BY SystemModstamp DESC NULLS LAST, Id LIMIT 10 OFFSET 5"
    )
    like = Like("Name", re.compile("K.*", re.IGNORECASE | re.DOTALL))
    since = Comparison("CreatedDate", ">=", datetime(2026, 3, 2, 9, tzinfo=UTC))
    assert query == Query(
        ("Id", "name"),
        "Account",
        AllOf((AnyOf((like, Comparison("Phone", "=", None))), since)),
        (Order("SystemModstamp", descending=True, nulls_last=True), Order("Id")),
        10,
        5,
    )


def test_count_names_no_fields() -> None:
    assert parse("SELECT COUNT() FROM Account") == Query((), "Account")


def test_a_date_without_time_is_a_date() -> None:
    assert parse("SELECT Id FROM A WHERE D = 2026-03-02").where == Comparison("D", "=", date(2026, 3, 2))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SELECT FROM Account",
        "SELECT Id Account",
        "SELECT Id, FROM Account",
        "SELECT Id FROM Account WHERE",
        "SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'",
        "SELECT Id FROM Account WHERE Name = 'a' OR Name = 'b' AND Name = 'c'",
        "SELECT Id FROM Account WHERE Name = 'a",
        r"SELECT Id FROM Account WHERE Name = 'a\q'",
        r"SELECT Id FROM Account WHERE Name = 'a\_'",
        "SELECT Id FROM Account WHERE Name LIKE 5",
        "SELECT Id FROM Account WHERE Name IN ()",
        "SELECT Id FROM Account WHERE Name = a",
        "SELECT Id FROM Account WHERE D = 2026-02-30",
        "SELECT Id FROM Account WHERE (Name = 'a'",
        "SELECT Id FROM Account ORDER Name",
        "SELECT Id FROM Account ORDER BY Name NULLS",
        "SELECT Id FROM Account LIMIT -1",
        "SELECT Id FROM Account LIMIT 1.5",
        "SELECT Id FROM Account; DELETE",
        'SELECT Id FROM Account WHERE Name = "a"',
    ],
)
def test_what_is_no_soql_is_refused(text: str) -> None:
    assert refusal_of(text) == "MALFORMED_QUERY"
