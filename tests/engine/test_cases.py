"""From due records to the pairs that they come down to."""

from dataclasses import replace

import pytest

from app.engine.cases import Case, pair_up
from app.engine.events import Priority
from app.engine.lane import Lane
from app.engine.ledger import DueRecord
from app.engine.match import Matched
from app.engine.memory import Recollection
from app.engine.records import Link, RecordRef, System
from tests.support.customers import CUSTOMERS, in_salesforce, in_xero, tied
from tests.support.records import NOON, account, at, contact
from tests.support.world import accounts_sync

TWIN = replace(CUSTOMERS, name="twins")
LANE = Lane("accounts/Contact", accounts_sync(), (CUSTOMERS,))
TWO = Lane("accounts/Contact", accounts_sync(), (CUSTOMERS, TWIN))


def due(ref: RecordRef) -> DueRecord:
    return DueRecord(ref, 1, Priority.PUSH, 0, NOON)


def known(*links: Link) -> Recollection:
    by_ref: dict[RecordRef, tuple[Link, ...]] = {}
    for link in links:
        for ref in (link.salesforce, link.xero):
            by_ref[ref] = (*by_ref.get(ref, ()), link)
    return Recollection(by_ref, {})


def test_a_record_without_a_link_is_a_case_of_its_own() -> None:
    cases, strays = pair_up(LANE, [due(account()), due(contact())], known())
    assert [(case.salesforce, case.xero, case.link) for case in cases] == [
        (account(), None, None),
        (None, contact(), None),
    ]
    assert strays == []


def test_both_records_of_a_link_are_one_case_with_both_due_records() -> None:
    batch = [due(contact()), due(account())]
    (case,), _ = pair_up(LANE, batch, known(tied()))
    assert (case.salesforce, case.xero, case.link, case.due) == (account(), contact(), tied(), tuple(batch))


def test_a_record_that_no_mapping_concerns_is_a_stray() -> None:
    lead = due(RecordRef(System.SALESFORCE, "Lead", "00Q000000000001AAA"))
    assert pair_up(LANE, [lead], known()) == ([], [lead])


def test_an_unlinked_account_is_a_case_of_every_mapping() -> None:
    cases, _ = pair_up(TWO, [due(account())], known())
    assert [(case.mapping.name, case.xero) for case in cases] == [("customers", None), ("twins", None)]


@pytest.mark.parametrize("ref", [account(), contact()])
def test_a_record_that_one_mapping_has_linked_is_no_other_mappings_business(ref: RecordRef) -> None:
    cases, strays = pair_up(TWO, [due(ref)], known(tied()))
    assert ([case.mapping.name for case in cases], strays) == (["customers"], [])


def test_a_link_onto_another_resource_leaves_the_account_free_in_this_lane() -> None:
    item = RecordRef(System.XERO, "Item", "00000000-0000-4000-8000-000000000009")
    elsewhere = replace(tied(), mapping="items", xero=item)
    cases, _ = pair_up(LANE, [due(account())], known(elsewhere))
    assert [(case.mapping.name, case.link) for case in cases] == [("customers", None)]


@pytest.mark.parametrize("ref", [account(), contact()])
def test_a_link_of_a_mapping_that_was_renamed_is_adopted_with_its_base(ref: RecordRef) -> None:
    (case,), _ = pair_up(LANE, [due(ref)], known(replace(tied(), mapping="clients")))
    assert (case.mapping.name, case.link, case.renamed_from) == ("customers", tied(), "clients")


def test_of_several_mappings_the_one_with_most_of_the_rules_adopts() -> None:
    half = replace(CUSTOMERS, name="half", fields=CUSTOMERS.fields[:1])
    lane = replace(LANE, mappings=(half, TWIN), sync=replace(LANE.sync, mappings={}))
    (case,), _ = pair_up(lane, [due(account())], known(replace(tied(), mapping="gone")))
    assert case.mapping.name == "twins"


def test_a_link_of_other_objects_is_not_adopted() -> None:
    orphan = replace(tied(), mapping="gone", salesforce=account()._replace(object="Customer__c"))
    assert pair_up(LANE, [due(contact())], known(orphan)) == ([], [due(contact())])


def test_an_account_with_several_links_is_a_case_of_each() -> None:
    second = replace(tied(), id=8, xero=contact(2))
    cases, _ = pair_up(LANE, [due(account())], known(tied(), second))
    assert [case.xero for case in cases] == [contact(1), contact(2)]


def test_a_case_knows_its_records() -> None:
    alone, both = Case(CUSTOMERS, (), None, contact()), Case(CUSTOMERS, (), account(), contact())
    assert (alone.refs, alone.single, both.refs, both.single) == ((contact(),), contact(), (account(), contact()), None)
    assert (both.ref(System.SALESFORCE), both.ref(System.XERO)) == (account(), contact())


def test_a_situation_holds_the_states_that_are_known() -> None:
    case = Case(CUSTOMERS, (), account(), contact(), tied(), in_doubt_until=at(5))
    situation = case.situation({account(): in_salesforce()})
    assert (situation.salesforce, situation.xero, situation.link) == (in_salesforce(), None, tied())
    assert situation.in_doubt_until == at(5)
    assert Case(CUSTOMERS, (), None, contact()).situation({contact(): in_xero()}).xero == in_xero()


def test_a_match_gives_a_case_its_other_record() -> None:
    of_account, of_contact = Case(CUSTOMERS, (), account(), None), Case(CUSTOMERS, (), None, contact())
    assert of_account.matched_with(Matched(contact(), "Name")).xero == contact()
    assert of_contact.matched_with(Matched(account(), "Name")).salesforce == account()


def test_candidates_leave_a_case_alone() -> None:
    candidates = Matched(by="Name", candidates=(contact(1), contact(2)))
    case = Case(CUSTOMERS, (), account(), None).matched_with(candidates)
    assert (case.single, case.matched) == (account(), candidates)
