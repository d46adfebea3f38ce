"""Instants, names and texts as Salesforce spells them; no text can leave its quotes."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connectors.salesforce import spelling
from app.errors import CallRefused

MOMENT = datetime(2024, 9, 24, 3, 26, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["2024-09-24T03:26:07.000+0000", "2024-09-24T03:26:07Z", "2024-09-24T05:26:07.000+02:00"]
)
def test_every_spelling_of_an_instant_is_the_same_utc(text: str) -> None:
    assert spelling.instant(text) == MOMENT


def test_what_is_no_instant_is_none() -> None:
    assert spelling.instant(None) is None
    assert spelling.instant("soon") is None
    assert spelling.instant("0001-01-01T00:00:00.000+0100") is None  # before the first that there is in UTC


def test_a_moment_is_read_back_as_it_was() -> None:
    assert spelling.moment(MOMENT) == "2024-09-24T03:26:07.000Z"
    assert spelling.instant(spelling.moment(MOMENT)) == MOMENT


@given(st.text())
def test_no_text_can_end_its_own_quotes(text: str) -> None:
    inner = spelling.literal(text)[1:-1]
    assert re.fullmatch(r"(?:[^'\\\n\r]|\\.)*", inner, re.DOTALL)


def test_a_text_is_escaped_backslash_first() -> None:
    assert spelling.literal("O'Neil\\'") == "'O\\'Neil\\\\\\''"


@pytest.mark.parametrize("name", ["Name", "Xero_Contact_Id__c", "Parent__r.Name"])
def test_a_name_is_taken_as_it_is(name: str) -> None:
    assert spelling.name(name) == name


@pytest.mark.parametrize("name", ["", "Name FROM User", "Name,Id", "1st", "Name--", "(SELECT Id FROM Contacts)", "Ä"])
def test_nothing_else_is_sent_as_a_name(name: str) -> None:
    with pytest.raises(CallRefused):
        spelling.name(name)
