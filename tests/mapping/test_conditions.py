"""Which records take part is a condition over each side, read from that side alone."""

from collections.abc import Callable

from app.mapping.model import Mapping
from app.mapping.values import System

MappingOf = Callable[[str], Mapping]
FindingsIn = Callable[[str], list[str]]


def body(only: str) -> str:
    return f"salesforce: Account\nxero: Contact\nonly: {only}\nfields: [{{salesforce: Name, xero: Name}}]"


def test_all_records_take_part_where_nothing_is_said(mapping_of: MappingOf) -> None:
    mapping = mapping_of(body("{}"))
    assert (mapping.only_salesforce, mapping.only_xero) == (None, None)


def test_each_side_has_a_condition_of_its_own_and_its_fields_are_read(mapping_of: MappingOf) -> None:
    mapping = mapping_of(body("{salesforce: 'salesforce.Type == \"Supplier\"', xero: xero.IsSupplier == true}"))
    supplier, xero_supplier = mapping.only(System.SALESFORCE), mapping.only(System.XERO)
    assert supplier
    assert xero_supplier
    assert supplier.holds({"Type": "Supplier"}, None)
    assert not xero_supplier.holds(None, {"IsSupplier": False})
    assert "Type" in mapping.keys(System.SALESFORCE)
    assert "IsSupplier" in mapping.keys(System.XERO)


def test_a_side_cannot_be_decided_by_the_other(findings_in: FindingsIn) -> None:
    assert findings_in(body("{xero: salesforce.Active__c}")) == [
        (
            "acme.yaml:8: mappings.customers.only.xero: whether a record of xero takes part is decided by itself; "
            "name only fields of xero"
        )
    ]


def test_an_unknown_key_is_told_with_the_known_ones(findings_in: FindingsIn) -> None:
    assert findings_in(body("{xerox: a}")) == [
        "acme.yaml:8: mappings.customers.only.xerox: the key xerox is not known here; did you mean xero?"
    ]
