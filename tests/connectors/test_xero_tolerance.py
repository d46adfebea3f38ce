"""Xero's JSON is read however it is spelled."""

from decimal import Decimal

from app.connectors.xero.tolerance import plainly
from app.mapping.values import Json


def test_odd_spellings_are_read_as_the_usual_ones() -> None:
    odd: Json = {
        "ContactId": "a",
        "IsCustomer": "true",
        "HasValidationErrors": "False",
        "ContactPersons": [{"IncludeInEmails": "true", "FirstName": "true"}],
        "PaymentTerms": {"Bills": {"Day": "20", "Type": "OFCURRENTMONTH"}},
        "Balances": {"AccountsReceivable": {"Outstanding": "760.50", "Overdue": 1}},
    }
    assert plainly(odd) == {
        "ContactID": "a",
        "IsCustomer": True,
        "HasValidationErrors": False,
        "ContactPersons": [{"IncludeInEmails": True, "FirstName": "true"}],
        "PaymentTerms": {"Bills": {"Day": 20, "Type": "OFCURRENTMONTH"}},
        "Balances": {"AccountsReceivable": {"Outstanding": Decimal("760.50"), "Overdue": 1}},
    }


def test_what_only_looks_odd_stays_as_it_is() -> None:
    row: Json = {
        "ContactID": "a",
        "ContactId": "b",
        "Id": "c",
        "Name": "true",
        "Issue": "true",
        "AccountNumber": "007",
        "Day": "soon",
        "Discount": "1e5",
        "Paid": "12.50",
    }
    assert plainly(row) == row
    assert plainly(None) is None
