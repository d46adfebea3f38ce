"""An empty text empties a field of a contact, or means nothing; on people's screens it always empties."""

import pytest

from app.mapping.values import Fields
from app.simulator.xero.contacts.merging import merged
from app.simulator.xero.facts import XeroFacts

KEEPING = XeroFacts(empty_clears=False)
PHONE: Fields = {"PhoneType": "DEFAULT", "PhoneNumber": "555 0100", "PhoneAreaCode": "9", "PhoneCountryCode": "64"}
KEA: Fields = {"Name": "Kea", "EmailAddress": "kea@kea.test", "AccountNumber": "K1", "Phones": [PHONE]}
EMPTIED: Fields = {"EmailAddress": "", "AccountNumber": ""}


@pytest.mark.parametrize(("facts", "person"), [(XeroFacts(), False), (XeroFacts(), True), (KEEPING, True)])
def test_an_empty_text_empties_a_field(facts: XeroFacts, person: bool) -> None:
    after = merged(EMPTIED, KEA, facts, person=person)
    assert (after["EmailAddress"], after.get("AccountNumber")) == ("", None)


def test_where_an_empty_text_means_nothing_a_field_stays_as_it_was() -> None:
    after = merged({**EMPTIED, "Name": "Tui"}, KEA, KEEPING, person=False)
    assert (after["Name"], after["EmailAddress"], after["AccountNumber"]) == ("Tui", "kea@kea.test", "K1")


@pytest.mark.parametrize(("parts_merged", "area"), [(False, ""), (True, "9")])
def test_there_a_part_of_an_entry_is_as_if_it_had_been_left_out(parts_merged: bool, area: str) -> None:
    sent: Fields = {"Phones": [{**PHONE, "PhoneNumber": "555 0199", "PhoneAreaCode": ""}]}
    facts = XeroFacts(empty_clears=False, parts_merged=parts_merged)
    phones = merged(sent, KEA, facts, person=False)["Phones"]
    assert phones == [{**PHONE, "PhoneNumber": "555 0199", "PhoneAreaCode": area}]
