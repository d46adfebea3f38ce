"""Xero's own Python client against the simulated Xero."""

from datetime import timedelta

import pytest
from xero_python.accounting import AccountingApi, Contact, ContactPerson, Contacts, Phone
from xero_python.exceptions import AccountingBadRequestException, HTTPStatusException, NotFoundException
from xero_python.identity import IdentityApi

from app.clock import SystemClock
from app.mapping.values import Json
from app.simulator import demo
from app.simulator.xero.world import XeroWorld

TENANT = demo.XERO_TENANT_ID


def create(accounting: AccountingApi, *contacts: Contact) -> list[Contact]:
    answer = accounting.create_contacts(TENANT, Contacts(contacts=list(contacts)), summarize_errors=False)
    return list(answer.contacts)


def test_the_client_renews_its_token_and_finds_its_tenant(identity: IdentityApi) -> None:
    [connection] = identity.get_connections()
    assert (connection.tenant_id, connection.tenant_type) == (TENANT, "ORGANISATION")


def test_a_contact_is_created_and_read_back(accounting: AccountingApi) -> None:
    phone = Phone(phone_type="DEFAULT", phone_number="123", phone_area_code="3")
    person = ContactPerson(first_name="Kiri", email_address="kiri@kea.test", include_in_emails=True)
    sent = Contact(name="Kea Ltd", contact_number="001A", phones=[phone], contact_persons=[person])
    [created] = create(accounting, sent)
    [read] = accounting.get_contact(TENANT, created.contact_id).contacts
    assert (read.name, read.contact_number, read.contact_status) == ("Kea Ltd", "001A", "ACTIVE")
    assert next(each.phone_number for each in read.phones if each.phone_type == "DEFAULT") == "123"
    assert read.contact_persons[0].first_name == "Kiri"
    assert abs(read.updated_date_utc - SystemClock().now()) < timedelta(minutes=1)


def test_each_element_says_how_it_went(accounting: AccountingApi) -> None:
    rows = create(accounting, Contact(name="Kea Ltd"), Contact(name="KEA LTD"))
    assert [row.has_validation_errors for row in rows] == [False, True]
    assert [row.status_attribute_string for row in rows] == ["OK", "ERROR"]
    assert "already assigned" in rows[1].validation_errors[0].message


def test_a_bad_element_fails_the_summarised_call(accounting: AccountingApi, xero: XeroWorld) -> None:
    contacts = Contacts(contacts=[Contact(name="Kea Ltd"), Contact(name="Kea <Ltd>")])
    with pytest.raises(AccountingBadRequestException) as refused:
        accounting.create_contacts(TENANT, contacts)
    assert refused.value.status == 400
    assert [contact.text("Name") for contact in xero.contacts] == ["Kea Ltd"]


def test_a_contact_is_updated_and_archived(accounting: AccountingApi) -> None:
    [created] = create(accounting, Contact(name="Kea Ltd", tax_number="1"))
    changed = Contacts(contacts=[Contact(contact_id=created.contact_id, name="Tui Ltd")])
    [updated] = accounting.update_or_create_contacts(TENANT, changed, summarize_errors=False).contacts
    assert (updated.name, updated.tax_number) == ("Tui Ltd", "1")
    gone = Contacts(contacts=[Contact(contact_id=created.contact_id, contact_status="ARCHIVED")])
    [archived] = accounting.update_contact(TENANT, created.contact_id, gone).contacts
    assert archived.contact_status == "ARCHIVED"
    assert accounting.get_contacts(TENANT).contacts == []
    assert len(accounting.get_contacts(TENANT, include_archived=True).contacts) == 1


def test_contacts_are_read_in_pages(accounting: AccountingApi) -> None:
    create(accounting, *(Contact(name=f"Bird {number:02d}") for number in range(12)))
    pages = [accounting.get_contacts(TENANT, page=page, page_size=5) for page in (1, 2, 3)]
    names = [contact.name for page in pages for contact in page.contacts]
    assert names == [f"Bird {number:02d}" for number in range(12)]
    assert (pages[0].pagination.page_count, pages[0].pagination.item_count) == (3, 12)


def test_contacts_are_filtered(accounting: AccountingApi) -> None:
    kea, tui = create(accounting, Contact(name="Kea Ltd"), Contact(name="Tui Ltd"))
    by_name = accounting.get_contacts(TENANT, where='Name=="Kea Ltd"').contacts
    by_id = accounting.get_contacts(TENANT, i_ds=[tui.contact_id]).contacts
    future = SystemClock().now() + timedelta(minutes=5)
    assert [contact.contact_id for contact in by_name] == [kea.contact_id]
    assert [contact.contact_id for contact in by_id] == [tui.contact_id]
    assert accounting.get_contacts(TENANT, if_modified_since=future).contacts == []


def test_a_repeated_key_writes_once(accounting: AccountingApi, xero: XeroWorld) -> None:
    contacts = Contacts(contacts=[Contact(name="Kea Ltd")])
    answers = [accounting.create_contacts(TENANT, contacts, idempotency_key="key-1") for _ in range(2)]
    assert answers[0].contacts[0].contact_id == answers[1].contacts[0].contact_id
    assert len(xero.journal.creations("Contact")) == 1


def test_another_request_under_a_key_is_refused(accounting: AccountingApi) -> None:
    accounting.create_contacts(TENANT, Contacts(contacts=[Contact(name="Kea Ltd")]), idempotency_key="key-1")
    with pytest.raises(AccountingBadRequestException) as refused:
        accounting.create_contacts(TENANT, Contacts(contacts=[Contact(name="Tui Ltd")]), idempotency_key="key-1")
    assert "different request" in str(refused.value)


def test_update_or_create_overwrites_whoever_has_the_name(accounting: AccountingApi, xero: XeroWorld) -> None:
    [kea] = create(accounting, Contact(name="Kea Ltd"))
    contacts = Contacts(contacts=[Contact(name="KEA LTD", email_address="a@kea.test"), Contact(name="Tui Ltd")])
    rows = accounting.update_or_create_contacts(TENANT, contacts, summarize_errors=False).contacts
    assert rows[0].contact_id == kea.contact_id
    assert rows[1].contact_id != kea.contact_id
    assert len(xero.journal.creations("Contact")) == 2


def test_a_contact_is_found_by_its_number(accounting: AccountingApi) -> None:
    create(accounting, Contact(name="Kea Ltd", contact_number="001A"))
    [found] = accounting.get_contact_by_contact_number(TENANT, "001A").contacts
    assert found.name == "Kea Ltd"


def test_only_what_changed_since_is_read(accounting: AccountingApi, xero: XeroWorld) -> None:
    create(accounting, Contact(name="Kea Ltd"))
    since = SystemClock().now() - timedelta(minutes=5)
    assert [each.name for each in accounting.get_contacts(TENANT, if_modified_since=since).contacts] == ["Kea Ltd"]
    later = SystemClock().now() + timedelta(minutes=5)
    assert accounting.get_contacts(TENANT, if_modified_since=later, page=1).contacts == []


def test_what_bookkeepers_see_is_read_in_the_client_s_own_types(accounting: AccountingApi, xero: XeroWorld) -> None:
    terms: Json = {"Sales": {"Day": 20, "Type": "OFFOLLOWINGMONTH"}}
    kea = xero.people.create({"Name": "Kea", "Website": "https://kea.test", "PaymentTerms": terms, "IsCustomer": True})
    [read] = accounting.get_contact(TENANT, kea.id).contacts
    assert (read.website, read.is_customer, read.payment_terms.sales.day) == ("https://kea.test", True, 20)
    assert read.balances.accounts_receivable.outstanding == 0


@pytest.mark.parametrize(("problem", "seconds"), [("minute", range(1, 61)), ("day", range(1, 86_401))])
def test_a_limit_that_is_reached_says_how_long(
    accounting: AccountingApi, xero: XeroWorld, problem: str, seconds: range
) -> None:
    [app] = [app for app in demo.XERO_APPS if app.refresh_token]
    getattr(xero.limits(app), problem).leave(0, xero.clock.now())
    with pytest.raises(HTTPStatusException) as refused:
        accounting.get_contacts(TENANT)
    assert refused.value.status == 429
    assert refused.value.headers["X-Rate-Limit-Problem"] == problem
    assert int(refused.value.headers["Retry-After"]) in seconds


def test_an_unknown_contact_is_not_found(accounting: AccountingApi) -> None:
    with pytest.raises(NotFoundException):
        accounting.get_contact(TENANT, "5f2b8c1e-0000-4e6f-9a7b-1c2d3e4f5a6b")


def test_the_organisation_is_read(accounting: AccountingApi) -> None:
    [organisation] = accounting.get_organisations(TENANT).organisations
    assert organisation.organisation_id == TENANT
