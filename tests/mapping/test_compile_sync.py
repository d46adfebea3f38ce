"""A sync file becomes what the engine plans with."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from app.mapping.loader import load_sync
from app.mapping.model import Direction, Guard, Mapping, OnConflict, OnDelete, OnOptOut
from app.mapping.values import System

MappingOf = Callable[[str], Mapping]
FindingsIn = Callable[[str], list[str]]


def test_the_defaults_are_the_cautious_ones(mapping_of: MappingOf) -> None:
    mapping = mapping_of("salesforce: Account\nxero: Contact\nfields: [{salesforce: Name, xero: Name}]")
    assert mapping.direction is Direction.BOTH
    assert mapping.on_conflict is OnConflict.LATEST
    assert mapping.on_delete is OnDelete.ARCHIVE
    assert mapping.on_opt_out is OnOptOut.KEEP
    assert (mapping.opt_in, mapping.match, mapping.salesforce_key) == (None, (), "Xero_Contact_Id__c")


def test_everything_said_of_a_mapping_is_kept(mapping_of: MappingOf) -> None:
    mapping = mapping_of("""
        salesforce: Customer__c
        xero: Contact
        direction: to_xero
        opt_in: Sync_to_Xero__c
        on_conflict: ask
        on_delete: ignore
        on_opt_out: archive
        salesforce_key: Ledger_Id__c
        fields: [{salesforce: Title__c, xero: Name}]
    """)
    assert (mapping.name, mapping.salesforce, mapping.xero) == ("customers", "Customer__c", "Contact")
    assert (mapping.direction, mapping.on_conflict) == (Direction.TO_XERO, OnConflict.ASK)
    assert (mapping.on_delete, mapping.on_opt_out) == (OnDelete.IGNORE, OnOptOut.ARCHIVE)
    assert mapping.keys(System.SALESFORCE) == {"Title__c", "Sync_to_Xero__c", "Ledger_Id__c"}


@pytest.mark.parametrize(
    ("said", "guard"),
    [
        ("", Guard(create=500, archive=50, archive_share=Decimal("0.1"))),
        ("guard: {create: 7, archive_share: 0.25}", Guard(7, 50, Decimal("0.25"))),
    ],
)
def test_the_guard_is_kept_and_has_cautious_numbers_of_its_own(
    write_mapping: Callable[[str], Path], said: str, guard: Guard
) -> None:
    path = write_mapping("salesforce: Account\nxero: Contact\nfields: [{salesforce: Name, xero: Name}]")
    path.write_text(f"{said}\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    assert load_sync(path).guard == guard


def test_an_unknown_resource_is_refused_with_the_known_ones(findings_in: FindingsIn) -> None:
    assert findings_in("salesforce: Account\nxero: Invoice\nfields: [{salesforce: Name, xero: Name}]") == [
        "acme.yaml:7: mappings.customers.xero: Invoice is no Xero resource that can be mapped; known are: Contact."
    ]
