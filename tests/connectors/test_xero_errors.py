"""Every refusal of Xero's has a word of ours."""

import pytest

from app.connectors.xero.errors import MEANINGS, declined, meaning

TABLE = [
    ("The contact name Acme is already assigned to another contact.", "name_taken", True),
    ("The contact name must be unique across all active contacts.", "name_taken", True),
    ("Another contact already has the contact number 001A.", "number_taken", True),
    ("Contact number 001A belongs to another contact", "number_taken", True),
    ("ContactNumber already in use", "number_taken", True),
    ("The account number 77 already exists.", "number_taken", True),
    ("AccountNumber already exists", "number_taken", True),
    ("Invoice # must be unique.", "number_taken", True),
    ("Price List Item with Code WIDGET already exists", "number_taken", True),
    ("The contact is archived and cannot be used", "archived", False),
    ("The document date cannot be before the period lock date", "period_locked", False),
    ("The document date cannot be before the end of year lock date", "period_locked", False),
    ("Invoice not of valid status for modification", "wrong_status", False),
    ("TaxType code INPUT cannot be used with account code 200.", "tax_type", False),
    ("Organisation is not subscribed to currency JPY", "currency", False),
    ("Payment amount exceeds the amount outstanding on this document", "overpaid", False),
    ("You have reached the limit of invoices you can approve", "plan_limit", False),
    ("The document with the supplied id was not found for this endpoint.", "not_found", False),
    ("The contact could not be found", "not_found", False),
    ("The TaxType does not exist", "not_found", False),
    ("Email address must be valid.", "email", False),
    ("Idempotency Key: abc is used with a different request.", "idempotency_clash", False),
    ("Something nobody has seen before", "validation", False),
]


@pytest.mark.parametrize(("message", "code", "taken"), TABLE)
def test_a_message_means(message: str, code: str, taken: bool) -> None:
    assert (meaning(message).code, meaning(message).taken) == (code, taken)


def test_the_table_of_the_tests_walks_every_line() -> None:
    messages = [message.lower() for message, _, _ in TABLE]
    for pieces, _ in MEANINGS:
        assert any(all(piece in message for piece in pieces) for message in messages), pieces


def test_of_several_messages_the_one_that_says_taken_decides() -> None:
    answer = declined(["Email address must be valid.", "Invoice # must be unique"])
    assert (answer.code, answer.taken) == ("number_taken", True)
    assert answer.message == "Email address must be valid.; Invoice # must be unique"


def test_a_refusal_without_a_message_is_still_a_refusal() -> None:
    assert declined([]).code == "validation"
