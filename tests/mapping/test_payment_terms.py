"""A payment term is one text of day and type, and each kind of document has its own."""

import pytest

from app.errors import Unfit
from app.mapping.payment_terms import xero_terms
from app.mapping.values import Fields, Json

SALES = xero_terms("Sales")
BILLS: Json = {"Day": 15, "Type": "OFCURRENTMONTH"}
TERMS: Fields = {"PaymentTerms": {"Bills": BILLS, "Sales": {"Day": 20, "Type": "DAYSAFTERBILLDATE"}}}


def test_day_and_type_are_one_text() -> None:
    assert SALES.read(TERMS) == "20 DAYSAFTERBILLDATE"
    assert SALES.read({"PaymentTerms": {"Sales": {"Day": "20", "Type": "DAYSAFTERBILLDATE"}}}) == "20 DAYSAFTERBILLDATE"


@pytest.mark.parametrize("none", [{}, {"PaymentTerms": None}, {"PaymentTerms": {"Bills": BILLS}}])
def test_no_terms_are_none(none: Fields) -> None:
    assert SALES.read(none) is None


def test_writing_one_kind_leaves_the_other_as_it_is() -> None:
    assert SALES.write("7 daysAfterBillMonth", TERMS) == {
        "PaymentTerms": {"Bills": BILLS, "Sales": {"Day": 7, "Type": "DAYSAFTERBILLMONTH"}}
    }


def test_a_type_that_xero_did_not_document_is_carried() -> None:
    assert SALES.read({"PaymentTerms": {"Sales": {"Day": 3, "Type": "AFTERDELIVERY"}}}) == "3 AFTERDELIVERY"
    assert SALES.write("3 AFTERDELIVERY", {}) == {"PaymentTerms": {"Sales": {"Day": 3, "Type": "AFTERDELIVERY"}}}


@pytest.mark.parametrize("text", ["Net 30", "30", "DAYSAFTERBILLDATE", "thirty DAYSAFTERBILLDATE"])
def test_what_is_no_term_is_refused_with_what_one_is(text: str) -> None:
    with pytest.raises(Unfit, match="such as 20 DAYSAFTERBILLDATE, not"):
        SALES.write(text, TERMS)


def test_terms_cannot_be_taken_away() -> None:
    with pytest.raises(Unfit, match="cannot be taken away"):
        SALES.write(None, TERMS)
