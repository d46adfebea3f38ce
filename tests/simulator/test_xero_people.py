"""What bookkeepers do on Xero's screens, and what apps may not do after them."""

import httpx
import pytest

from app.simulator.xero.contacts.book import Invalid
from app.simulator.xero.world import XeroWorld

CONTACTS = "/api.xro/2.0/Contacts"


async def shown(http: httpx.AsyncClient, contact_id: str) -> dict[str, object]:
    row: dict[str, object] = (await http.get(f"{CONTACTS}/{contact_id}")).json()["Contacts"][0]
    return row


async def test_people_set_what_apps_can_only_read(xero: XeroWorld, xero_http: httpx.AsyncClient) -> None:
    kea = xero.people.create({"Name": "Kea", "Website": "https://kea.test", "Discount": 5, "IsCustomer": True})
    row = await shown(xero_http, kea.id)
    assert (row["Website"], row["Discount"], row["IsCustomer"]) == ("https://kea.test", 5, True)
    await xero_http.post(f"{CONTACTS}/{kea.id}", json={"Website": "https://tui.test", "Discount": 9})
    assert (await shown(xero_http, kea.id))["Website"] == "https://kea.test"


async def test_people_archive_restore_and_merge(xero: XeroWorld, xero_http: httpx.AsyncClient) -> None:
    kea, tui = xero.people.create({"Name": "Kea"}), xero.people.create({"Name": "Tui"})
    xero.people.archive(kea.id)
    assert (await shown(xero_http, kea.id))["ContactStatus"] == "ARCHIVED"
    xero.people.restore(kea.id)
    xero.people.merge(kea.id, tui.id)
    row = await shown(xero_http, kea.id)
    assert (row["ContactStatus"], row["MergedToContactID"]) == ("ARCHIVED", tui.id)
    assert {change.writer for change in xero.journal.changes} == {"person"}
    with pytest.raises(LookupError):
        xero.people.archive("nobody")


async def test_restoring_wants_the_name_to_be_free(xero: XeroWorld) -> None:
    kea = xero.people.create({"Name": "Kea"})
    xero.people.archive(kea.id)
    xero.people.create({"Name": "Kea"})
    with pytest.raises(Invalid, match="already assigned"):
        xero.people.restore(kea.id)


async def test_a_contact_to_be_erased_is_hidden_like_an_archived_one(
    xero: XeroWorld, xero_http: httpx.AsyncClient
) -> None:
    kea = xero.people.create({"Name": "Kea"})
    xero.people.request_erasure(kea.id)
    assert (await xero_http.get(CONTACTS)).json()["Contacts"] == []
    [row] = (await xero_http.get(CONTACTS, params={"includeArchived": "true"})).json()["Contacts"]
    assert row["ContactStatus"] == "GDPRREQUEST"


async def test_defaults_are_kept_and_checked(xero_http: httpx.AsyncClient) -> None:
    sent = {
        "Name": "Kea",
        "PaymentTerms": {"Sales": {"Day": 20, "Type": "OFFOLLOWINGMONTH"}},
        "SalesTrackingCategories": [{"TrackingCategoryName": "Region", "TrackingOptionName": "North"}],
        "SalesDefaultLineAmountType": "INCLUSIVE",
    }
    [row] = (await xero_http.put(CONTACTS, json=sent)).json()["Contacts"]
    assert {name: row[name] for name in sent} == sent
    bills = {"PaymentTerms": {"Bills": {"Day": 7, "Type": "DAYSAFTERBILLDATE"}}}
    [row] = (await xero_http.post(f"{CONTACTS}/{row['ContactID']}", json=bills)).json()["Contacts"]
    assert set(row["PaymentTerms"]) == {"Bills", "Sales"}
    for wrong in (
        {"PaymentTerms": {"Sales": {"Day": 32, "Type": "OFCURRENTMONTH"}}},
        {"PaymentTerms": {"Sales": {"Day": 1, "Type": "NEVER"}}},
        {"SalesDefaultLineAmountType": "SOMETIMES"},
        {"SalesTrackingCategories": [{"TrackingCategoryName": "x"}] * 3},
        {"ContactPersons": [{"FirstName": "A"}] * 6},
        {"ContactPersons": [{"EmailAddress": "no address"}]},
    ):
        assert (await xero_http.post(f"{CONTACTS}/{row['ContactID']}", json=wrong)).status_code == 400, wrong


async def test_lists_show_defaults_and_persons_only_in_pages(xero: XeroWorld, xero_http: httpx.AsyncClient) -> None:
    xero.people.create({"Name": "Kea", "Website": "https://kea.test", "ContactPersons": [{"FirstName": "A"}]})
    [short] = (await xero_http.get(CONTACTS)).json()["Contacts"]
    [whole] = (await xero_http.get(CONTACTS, params={"page": 1})).json()["Contacts"]
    assert not {"Website", "ContactPersons", "Balances"} & short.keys()
    assert {"Website", "ContactPersons", "Balances"} <= whole.keys()


async def test_what_xero_works_out_moves_no_stamp_and_tells_nobody(xero: XeroWorld) -> None:
    kea = xero.people.create({"Name": "Kea"})
    before = len(xero.journal.changes)
    owed = {"AccountsReceivable": {"Outstanding": 10, "Overdue": 0}}
    changed = xero.contacts.derive(kea, {"Balances": owed, "IsCustomer": True})
    assert (changed.updated_at, changed.fields["Balances"]) == (kea.updated_at, owed)
    assert len(xero.journal.changes) == before
