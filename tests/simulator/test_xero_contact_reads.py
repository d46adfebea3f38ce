"""Reading contacts: which, in which order, and how much of each."""

import httpx
import pytest

from app.simulator.xero.world import XeroWorld
from tests.support.stepped_clock import SteppedClock

CONTACTS = "/api.xro/2.0/Contacts"


async def names(http: httpx.AsyncClient, since: str = "", **query: str) -> list[str]:
    headers = {"If-Modified-Since": since} if since else {}
    answer = await http.get(CONTACTS, params=query, headers=headers)
    return [row["Name"] for row in answer.json()["Contacts"]]


@pytest.fixture
async def birds(xero: XeroWorld, clock: SteppedClock) -> list[str]:
    """Four contacts, a second apart, the last one archived; their ids."""
    ids = []
    for name in ("Kea", "Tui", "Moa", "Weka"):
        status = {"ContactStatus": "ARCHIVED"} if name == "Weka" else {}
        sent = {"Name": name, "EmailAddress": f"{name.lower()}@birds.test", **status}
        ids.append(xero.contacts.create(sent, writer="person").id)
        await clock.advance(1.25)
    return ids


async def test_archived_contacts_are_hidden_unless_asked_for(xero_http: httpx.AsyncClient, birds: list[str]) -> None:
    assert await names(xero_http) == ["Kea", "Tui", "Moa"]
    assert await names(xero_http, includeArchived="true") == ["Kea", "Tui", "Moa", "Weka"]


async def test_contacts_come_in_the_order_of_their_change(
    xero: XeroWorld, xero_http: httpx.AsyncClient, birds: list[str]
) -> None:
    kea = xero.contacts.get(birds[0])
    assert kea is not None
    xero.contacts.update(kea, {"TaxNumber": "1"}, writer="person")
    assert await names(xero_http) == ["Tui", "Moa", "Kea"]


@pytest.mark.parametrize(
    "since",
    ["2026-03-02T09:00:01", "2026-03-02T09:00:01.999Z", "Mon, 02 Mar 2026 09:00:01 GMT", "2026-03-02T22:00:01+13:00"],
)
async def test_changes_since_are_to_the_second_and_inclusive(
    xero_http: httpx.AsyncClient, birds: list[str], since: str
) -> None:
    assert await names(xero_http, since) == ["Tui", "Moa"]


async def test_nothing_changed_is_an_empty_list(xero_http: httpx.AsyncClient, birds: list[str]) -> None:
    assert await names(xero_http, "2026-03-02T10:00:00") == []


async def test_an_unreadable_date_is_refused(xero_http: httpx.AsyncClient) -> None:
    answer = await xero_http.get(CONTACTS, headers={"If-Modified-Since": "yesterday"})
    assert answer.status_code == 412


async def test_pages_are_counted_from_one(xero_http: httpx.AsyncClient, birds: list[str]) -> None:
    answer = await xero_http.get(CONTACTS, params={"page": 2, "pageSize": 2})
    assert [row["Name"] for row in answer.json()["Contacts"]] == ["Moa"]
    assert answer.json()["pagination"] == {"page": 2, "pageSize": 2, "pageCount": 2, "itemCount": 3}


@pytest.mark.parametrize(("asked", "used"), [("0", 1), ("5000", 1000), ("", 100), ("many", 100)])
async def test_the_size_of_a_page_is_clamped(xero_http: httpx.AsyncClient, asked: str, used: int) -> None:
    answer = await xero_http.get(CONTACTS, params={"page": 1, "pageSize": asked})
    assert answer.json()["pagination"]["pageSize"] == used


async def test_only_a_paged_or_single_answer_holds_whole_contacts(
    xero_http: httpx.AsyncClient, birds: list[str]
) -> None:
    [plain, *_] = (await xero_http.get(CONTACTS)).json()["Contacts"]
    [paged, *_] = (await xero_http.get(CONTACTS, params={"page": 1})).json()["Contacts"]
    [summary, *_] = (await xero_http.get(CONTACTS, params={"summaryOnly": "true"})).json()["Contacts"]
    [single] = (await xero_http.get(f"{CONTACTS}/{birds[0].upper()}")).json()["Contacts"]
    assert ["ContactPersons" in row for row in (plain, paged, summary, single)] == [False, True, False, True]
    assert ["Addresses" in row for row in (plain, paged, summary, single)] == [True, True, False, True]


async def test_one_is_found_by_id_or_number(xero: XeroWorld, xero_http: httpx.AsyncClient) -> None:
    contact = xero.contacts.create({"Name": "Kea", "ContactNumber": "001A"}, writer="person")
    answer = await xero_http.get(f"{CONTACTS}/001A")
    assert answer.json()["Contacts"][0]["ContactID"] == contact.id
    assert (await xero_http.get(f"{CONTACTS}/nobody")).status_code == 404


async def test_several_are_found_by_their_ids(xero_http: httpx.AsyncClient, birds: list[str]) -> None:
    assert await names(xero_http, IDs=f"{birds[2].upper()},{birds[3]}") == ["Moa"]
    assert await names(xero_http, IDs=f"{birds[2]},{birds[3]}", includeArchived="true") == ["Moa", "Weka"]


async def test_a_search_looks_into_names_and_addresses(xero_http: httpx.AsyncClient, birds: list[str]) -> None:
    assert await names(xero_http, searchTerm="TUI@") == ["Tui"]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ('Name=="KEA"', ["Kea"]),
        ('Name=="Kéa"', ["Kea"]),
        ('Name=="Kea" OR EmailAddress = "moa@birds.test"', ["Kea", "Moa"]),
        ('Name=="Kea" && EmailAddress=="moa@birds.test"', []),
        ('Name=="Tui" || Name=="Kea" AND EmailAddress=="moa@birds.test"', ["Tui"]),
        ('(Name=="Tui" || Name=="Kea") AND EmailAddress=="kea@birds.test"', ["Kea"]),
        ('Name!=null AND Name.Contains("u")', ["Tui"]),
        ("ContactNumber==null", ["Kea", "Tui", "Moa"]),
        ('ContactStatus=="ACTIVE" AND Name != "Moa"', ["Kea", "Tui"]),
    ],
)
async def test_a_filter_chooses(xero_http: httpx.AsyncClient, birds: list[str], where: str, found: list[str]) -> None:
    assert await names(xero_http, where=where) == found


@pytest.mark.parametrize(
    "where", ['Name=="a', "Name", 'Name=="a" Name=="b"', 'Colour=="red"', '(Name=="a"', r'Name=="a\"b"', "  "]
)
async def test_a_filter_that_cannot_be_read_is_refused(xero_http: httpx.AsyncClient, where: str) -> None:
    answer = await xero_http.get(CONTACTS, params={"where": where})
    assert (answer.status_code, answer.json()["Type"]) == (400, "QueryParseException")


async def test_the_envelope_tells_the_time_of_the_server(xero_http: httpx.AsyncClient, clock: SteppedClock) -> None:
    content = (await xero_http.get(CONTACTS)).json()
    assert content["DateTimeUTC"] == f"/Date({int(clock.now().timestamp() * 1000)}+0000)/"
    assert {"Id", "Status", "ProviderName"} <= set(content)
