"""PUT and POST of contacts."""

import httpx

from app.simulator import demo
from app.simulator.xero.answers import ZERO_ID
from app.simulator.xero.world import XeroWorld
from tests.support.stepped_clock import SteppedClock

CONTACTS = "/api.xro/2.0/Contacts"
EACH = {"summarizeErrors": "false"}


async def put(http: httpx.AsyncClient, *contacts: dict[str, object]) -> httpx.Response:
    return await http.put(CONTACTS, params=EACH, json={"Contacts": contacts})


async def post(http: httpx.AsyncClient, *contacts: dict[str, object]) -> httpx.Response:
    return await http.post(CONTACTS, params=EACH, json={"Contacts": contacts})


async def created(http: httpx.AsyncClient, **fields: object) -> dict[str, object]:
    contact: dict[str, object] = (await put(http, fields)).json()["Contacts"][0]
    return contact


async def test_every_element_says_how_it_went(xero_http: httpx.AsyncClient) -> None:
    answer = await put(xero_http, {"Name": "Kea Ltd"}, {"Name": "kea ltd"}, {"Name": "Tui Ltd"})
    rows = answer.json()["Contacts"]
    assert answer.status_code == 200
    assert [row["StatusAttributeString"] for row in rows] == ["OK", "ERROR", "OK"]
    assert rows[1]["ContactID"] == ZERO_ID
    assert rows[1]["HasValidationErrors"] is True


async def test_without_the_switch_only_the_bad_elements_are_listed_and_the_good_ones_saved(
    xero: XeroWorld, xero_http: httpx.AsyncClient
) -> None:
    answer = await xero_http.put(CONTACTS, json={"Contacts": [{"Name": "Kea Ltd"}, {"Name": ""}]})
    assert answer.status_code == 400
    assert answer.json()["Type"] == "ValidationException"
    assert [row["Name"] for row in answer.json()["Elements"]] == [""]
    assert [contact.text("Name") for contact in xero.contacts] == ["Kea Ltd"]


async def test_put_refuses_a_known_name_and_number(xero_http: httpx.AsyncClient) -> None:
    await created(xero_http, Name="Kea Ltd", ContactNumber="001A")
    rows = (await put(xero_http, {"Name": "Kea Ltd"}, {"Name": "Tui Ltd", "ContactNumber": "001a"})).json()["Contacts"]
    messages = [row["ValidationErrors"][0]["Message"] for row in rows]
    assert "already assigned to another contact" in messages[0]
    assert "contact number 001a" in messages[1]


async def test_post_overwrites_whoever_has_the_name(xero: XeroWorld, xero_http: httpx.AsyncClient) -> None:
    before = await created(xero_http, Name="Kea Ltd", EmailAddress="old@kea.test")
    after = (await post(xero_http, {"Name": "KEA LTD", "EmailAddress": "new@kea.test"})).json()["Contacts"][0]
    assert after["ContactID"] == before["ContactID"]
    assert [change.type for change in xero.journal.changes] == ["CREATE", "UPDATE"]


async def test_post_finds_by_number_before_name(xero_http: httpx.AsyncClient) -> None:
    numbered = await created(xero_http, Name="Kea Ltd", ContactNumber="001A")
    await created(xero_http, Name="Tui Ltd")
    row = (await post(xero_http, {"ContactNumber": "001A", "Name": "Moa Ltd"})).json()["Contacts"][0]
    assert (row["ContactID"], row["Name"]) == (numbered["ContactID"], "Moa Ltd")


async def test_post_with_an_unknown_id_is_an_error(xero_http: httpx.AsyncClient) -> None:
    row = (await post(xero_http, {"ContactID": "5f2b8c1e-0000-4e6f-9a7b-1c2d3e4f5a6b", "Name": "Kea Ltd"})).json()
    assert row["Contacts"][0]["StatusAttributeString"] == "ERROR"


async def test_what_is_left_out_stays_and_an_empty_text_clears(xero_http: httpx.AsyncClient) -> None:
    contact = await created(xero_http, Name="Kea Ltd", TaxNumber="123", AccountNumber="A-1")
    row = (await post(xero_http, {"ContactID": contact["ContactID"], "TaxNumber": ""})).json()["Contacts"][0]
    assert (row["Name"], row["AccountNumber"]) == ("Kea Ltd", "A-1")
    assert "TaxNumber" not in row


async def test_phones_and_addresses_are_matched_by_type(xero_http: httpx.AsyncClient) -> None:
    contact = await created(
        xero_http,
        Name="Kea Ltd",
        Phones=[{"PhoneType": "DEFAULT", "PhoneNumber": "1"}, {"PhoneType": "MOBILE", "PhoneNumber": "2"}],
        Addresses=[{"AddressType": "POBOX", "City": "Nelson"}],
    )
    sent = {
        "ContactID": contact["ContactID"],
        "Phones": [{"PhoneType": "MOBILE", "PhoneNumber": "3"}],
        "Addresses": [{"AddressType": "STREET", "City": "Picton"}],
    }
    row = (await post(xero_http, sent)).json()["Contacts"][0]
    assert {phone["PhoneType"]: phone["PhoneNumber"] for phone in row["Phones"]} == {
        "DDI": "",
        "DEFAULT": "1",
        "FAX": "",
        "MOBILE": "3",
    }
    assert [address["City"] for address in row["Addresses"]] == ["Nelson", "Picton"]


async def test_contact_persons_are_replaced_whole(xero_http: httpx.AsyncClient) -> None:
    contact = await created(xero_http, Name="Kea Ltd", ContactPersons=[{"FirstName": "A"}, {"FirstName": "B"}])
    sent = {"ContactID": contact["ContactID"], "ContactPersons": [{"FirstName": "C", "IncludeInEmails": True}]}
    row = (await post(xero_http, sent)).json()["Contacts"][0]
    assert row["ContactPersons"] == [{"FirstName": "C", "IncludeInEmails": True}]


async def test_an_archived_contact_frees_its_name_until_it_is_restored(xero_http: httpx.AsyncClient) -> None:
    contact = await created(xero_http, Name="Kea Ltd")
    await post(xero_http, {"ContactID": contact["ContactID"], "ContactStatus": "ARCHIVED"})
    assert (await created(xero_http, Name="Kea Ltd"))["StatusAttributeString"] == "OK"
    row = (await post(xero_http, {"ContactID": contact["ContactID"], "ContactStatus": "ACTIVE"})).json()["Contacts"][0]
    assert "already assigned" in row["ValidationErrors"][0]["Message"]


async def test_one_contact_is_updated_by_its_address(xero_http: httpx.AsyncClient) -> None:
    contact = await created(xero_http, Name="Kea Ltd")
    answer = await xero_http.post(f"{CONTACTS}/{contact['ContactID']}", json={"Name": "Moa Ltd"})
    assert answer.json()["Contacts"][0]["Name"] == "Moa Ltd"
    refused = await xero_http.post(f"{CONTACTS}/{contact['ContactID']}", params=EACH, json={"Name": "Moa <Ltd>"})
    assert refused.status_code == 400


async def test_stamps_rise_with_every_write_within_one_millisecond(
    xero: XeroWorld, xero_http: httpx.AsyncClient, clock: SteppedClock
) -> None:
    await put(xero_http, {"Name": "Kea Ltd"}, {"Name": "Tui Ltd"}, {"Name": "Moa Ltd"})
    stamps = [contact.updated_at for contact in xero.contacts]
    assert stamps == sorted(set(stamps))


async def test_read_only_fields_are_ignored_but_a_person_can_make_a_customer(
    xero: XeroWorld, xero_http: httpx.AsyncClient
) -> None:
    assert (await created(xero_http, Name="Kea Ltd", IsCustomer=True, Website="x"))["IsCustomer"] is False
    form = {"grant_type": "client_credentials"}
    token = (await xero_http.post("/connect/token", data=form, auth=demo.PERSON)).json()["access_token"]
    xero_http.headers["Authorization"] = f"Bearer {token}"
    assert (await created(xero_http, Name="Tui Ltd", IsCustomer=True))["IsCustomer"] is True
    assert [change.writer for change in xero.journal.changes] == ["crossbook", "person"]


async def test_a_body_without_contacts_is_refused(xero_http: httpx.AsyncClient) -> None:
    for body in (b"", b"{", b'{"Contacts":[]}', b"[1]", b"1"):
        answer = await xero_http.put(CONTACTS, content=body)
        assert (answer.status_code, answer.json()["Type"]) == (400, "PostDataInvalidException")


async def test_a_merged_contact_is_archived_and_names_its_survivor(xero_http: httpx.AsyncClient) -> None:
    loser, winner = await created(xero_http, Name="Kea Ltd"), await created(xero_http, Name="Tui Ltd")
    path = f"/simulator/contacts/{loser['ContactID']}/merge"
    assert (await xero_http.post(path, params={"into": str(winner["ContactID"])})).status_code == 204
    [row] = (await xero_http.get(f"{CONTACTS}/{loser['ContactID']}")).json()["Contacts"]
    assert (row["ContactStatus"], row["MergedToContactID"]) == ("ARCHIVED", winner["ContactID"])
    assert (await xero_http.post(path, params={"into": "nobody"})).status_code == 404
