"""Which documents a mapping must hear of, because they move what Xero derives of a contact."""

from collections.abc import Callable

import pytest

from app.mapping.lenses import Text
from app.mapping.model import Direction, FieldRule, Mapping, OnConflict
from app.mapping.parts import DOCUMENTS, parts_of

MappingOf = Callable[[str], Mapping]
PLAIN = "salesforce: Account\nxero: Contact\nfields: [{salesforce: Name, xero: Name}"


def test_a_mapping_that_reads_nothing_derived_hears_of_no_document(mapping_of: MappingOf) -> None:
    assert mapping_of(PLAIN + "]").parts == ()


@pytest.mark.parametrize(
    "rest",
    [
        ", {salesforce: {field: Customer__c, type: checkbox}, xero: IsCustomer, direction: to_salesforce}]",
        "]\ncreate_in_salesforce: {when: xero.IsSupplier}",
    ],
)
def test_the_first_invoice_or_bill_makes_a_customer_or_supplier(mapping_of: MappingOf, rest: str) -> None:
    (part,) = mapping_of(PLAIN + rest).parts
    assert (part.object, part.parent, part.shown_as) == ("Invoice", ("Contact", "ContactID"), None)


def test_every_document_moves_a_balance(mapping_of: MappingOf) -> None:
    mapping = mapping_of(PLAIN + "]")
    balance = FieldRule(
        "b", Text("Balance__c", 9, None), Text("Balances", 9, ""), Direction.TO_SALESFORCE, OnConflict.ASK
    )
    found = parts_of(Mapping("m", "Account", "Contact", Direction.BOTH, (*mapping.fields, balance), ()))
    assert found == DOCUMENTS
    assert {part.object for part in found} == {"Invoice", "CreditNote", "Prepayment", "Overpayment", "Payment"}
    assert ("Invoice", "Contact", "ContactID") in {part.parent for part in found if part.object == "Payment"}
