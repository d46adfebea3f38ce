"""One raw field: text that is cleared as its system wants it, and a checkbox that is never blank."""

import pytest

from app.mapping.lenses import Checkbox, Text
from app.mapping.values import Json

SALESFORCE = Text("Email__c", 8, None)
XERO = Text("EmailAddress", 8, "")


@pytest.mark.parametrize("raw", [None, "", " ", "\r\n", "\u00a0"])
def test_null_missing_empty_and_blank_are_one(raw: Json) -> None:
    assert SALESFORCE.read({"Email__c": raw}) is None
    assert SALESFORCE.read({}) is None


def test_a_text_too_long_is_held_as_far_as_it_fits_without_space_at_its_end() -> None:
    assert SALESFORCE.hold("1234567 9") == "1234567"


def test_none_clears_a_salesforce_field_with_null_and_a_xero_field_with_an_empty_text() -> None:
    assert SALESFORCE.write(None, {"Email__c": "a@b.nz"}) == {"Email__c": None}
    assert XERO.write(None, {"EmailAddress": "a@b.nz"}) == {"EmailAddress": ""}


def test_what_the_vendor_keeps_in_another_form_is_not_written_again() -> None:
    assert XERO.write("a@b.nz", {"EmailAddress": " a@b.nz "}) == {}
    assert XERO.write("a@b.nz and more", {"EmailAddress": "a@b.nz a"}) == {}


def test_case_is_a_difference() -> None:
    assert XERO.write("A@b.nz", {"EmailAddress": "a@b.nz"}) == {"EmailAddress": "A@b.nz"}


@pytest.mark.parametrize(
    ("raw", "value"), [(True, True), ("true", True), (False, False), ("false", False), (None, False)]
)
def test_a_checkbox_reads_true_or_false_however_it_is_sent(raw: Json, value: bool) -> None:
    assert Checkbox("IsCustomer").read({"IsCustomer": raw}) is value


def test_a_checkbox_is_written_only_where_it_differs() -> None:
    assert Checkbox("Flag__c").write(True, {"Flag__c": False}) == {"Flag__c": True}
    assert Checkbox("Flag__c").write(None, {}) == {}
