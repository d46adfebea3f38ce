"""Xero's contact fields, with their limits."""

from decimal import Decimal

import pytest

from app.errors import Unfit
from app.mapping.values import Json
from app.mapping.xero_fields import CONTACT, RESERVED


@pytest.mark.parametrize(
    ("path", "length"),
    [("Name", 255), ("EmailAddress", 255), ("TaxNumber", 50), ("AccountNumber", 50), ("CompanyNumber", 50)],
)
def test_a_text_holds_what_xero_takes(path: str, length: int) -> None:
    assert CONTACT[path].lens.hold("x" * 999) == "x" * length


def test_what_xero_only_lets_be_read_is_marked() -> None:
    assert {path for path, field in CONTACT.items() if not field.writable} == {
        "Website",
        "Discount",
        "BrandingTheme.Name",
        "IsCustomer",
        "IsSupplier",
        "HasAttachments",
        *(
            f"Balances.Accounts{side}.{what}"
            for side in ("Receivable", "Payable")
            for what in ("Outstanding", "Overdue")
        ),
    }


def test_every_kind_of_phone_and_address_can_be_mapped() -> None:
    assert {path for path in CONTACT if path.startswith(("Phones.", "Addresses."))} == {
        *(f"Phones.{kind}" for kind in ("DEFAULT", "DDI", "MOBILE", "FAX", "OFFICE")),
        *(f"Addresses.{kind}" for kind in ("POBOX", "STREET")),
        *(f"Addresses.{kind}.AttentionTo" for kind in ("POBOX", "STREET")),
    }


def test_balances_are_exact_numbers_however_xero_spells_them() -> None:
    balances: Json = {
        "AccountsReceivable": {"Outstanding": "760.00", "Overdue": Decimal("920.5")},
        "AccountsPayable": {},
    }
    read = {path: field.lens.read({"Balances": balances}) for path, field in CONTACT.items() if "Balances" in path}
    assert read == {
        "Balances.AccountsReceivable.Outstanding": Decimal(760),
        "Balances.AccountsReceivable.Overdue": Decimal("920.50"),
        "Balances.AccountsPayable.Outstanding": None,
        "Balances.AccountsPayable.Overdue": None,
    }


def test_a_code_is_written_whole_or_not_at_all() -> None:
    account, currency = CONTACT["SalesDefaultAccountCode"].lens, CONTACT["DefaultCurrency"].lens
    assert account.write("200", {}) == {"SalesDefaultAccountCode": "200"}
    assert currency.write(" nzd", {"DefaultCurrency": "AUD"}) == {"DefaultCurrency": "NZD"}
    with pytest.raises(Unfit, match="SalesDefaultAccountCode takes at most 10 characters and is never shortened"):
        account.write("12345678901", {})
    with pytest.raises(Unfit, match='code of three letters, such as NZD, not "DOLLARS"'):
        currency.write("Dollars", {})


def test_a_word_of_xero_s_that_nobody_knew_is_read_and_carried() -> None:
    word = CONTACT["TaxNumberType"].lens
    assert word.read({"TaxNumberType": "NEWKIND"}) == "NEWKIND"
    assert word.write("NEWKIND", {}) == {"TaxNumberType": "NEWKIND"}


def test_a_reserved_field_cannot_be_mapped() -> None:
    assert not CONTACT.keys() & RESERVED.keys()
