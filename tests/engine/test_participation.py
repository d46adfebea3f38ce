"""Who takes part in a mapping."""

from dataclasses import replace

import pytest

from app.engine.participation import archives, kept_out
from app.engine.plan import Action, plan
from app.engine.plans import Situation
from app.engine.records import Presence
from app.mapping.expressions import compile_condition
from app.mapping.model import OnOptOut
from tests.support.customers import CUSTOMERS, in_salesforce, in_xero, tied
from tests.support.records import account, state

OPT_IN = replace(CUSTOMERS, opt_in="Sync__c")
ONLY_CUSTOMERS = replace(CUSTOMERS, only_salesforce=compile_condition('salesforce.Type == "Customer"'))
ONLY_SUPPLIERS = replace(CUSTOMERS, only_xero=compile_condition("xero.IsSupplier"))


@pytest.mark.parametrize("ticked", [False, None, "true"])
def test_an_account_that_is_not_ticked_is_kept_out(ticked: object) -> None:
    assert kept_out(OPT_IN, in_salesforce(Sync__c=ticked)) == "Sync__c is not ticked in Salesforce"
    assert kept_out(OPT_IN, in_salesforce(Sync__c=True)) is None
    assert kept_out(OPT_IN, in_xero()) is None


def test_an_account_that_is_gone_counts_as_it_was_last_seen() -> None:
    assert kept_out(OPT_IN, in_salesforce(Presence.DELETED, Sync__c=False))
    assert kept_out(OPT_IN, in_salesforce(Presence.DELETED, Sync__c=True)) is None
    assert kept_out(OPT_IN, state(account(), fields={}, presence=Presence.DELETED)) is None


def test_a_record_that_the_mapping_is_not_about_is_kept_out_on_its_own_side() -> None:
    assert kept_out(ONLY_CUSTOMERS, in_salesforce(Type="Customer")) is None
    assert kept_out(ONLY_CUSTOMERS, in_salesforce(Type="Partner")) == (
        'it is none of those that take part: salesforce.Type == "Customer"'
    )
    assert kept_out(ONLY_CUSTOMERS, in_xero()) is None
    assert kept_out(ONLY_SUPPLIERS, in_xero(IsSupplier=False))
    assert kept_out(ONLY_SUPPLIERS, in_xero(IsSupplier=True)) is None


def test_of_a_record_that_is_gone_a_condition_is_asked_only_where_it_can_tell() -> None:
    assert kept_out(ONLY_CUSTOMERS, in_salesforce(Presence.DELETED)) is None
    assert kept_out(ONLY_CUSTOMERS, in_salesforce(Presence.DELETED, Type="Partner"))


def test_an_opt_out_archives_where_the_mapping_says_so() -> None:
    archiving = replace(OPT_IN, on_opt_out=OnOptOut.ARCHIVE)
    assert archives(archiving, in_salesforce(Sync__c=False))
    assert not archives(archiving, in_salesforce(Sync__c=True))
    assert archives(archiving, in_salesforce(Presence.DELETED, Sync__c=False))
    assert not archives(OPT_IN, in_salesforce(Sync__c=False))


def test_a_linked_contact_without_bills_yet_stays_with_its_supplier() -> None:
    suppliers = replace(ONLY_SUPPLIERS, only_salesforce=compile_condition('salesforce.Type == "Supplier"'))
    here, there = in_salesforce(Type="Supplier", Phone="03 222"), in_xero(IsSupplier=False)
    assert plan(Situation(suppliers, here, there, tied())).action is Action.UPDATE
    assert plan(Situation(ONLY_SUPPLIERS, here, there, tied())).action is Action.FILTERED
    assert plan(Situation(suppliers, None, there)).action is Action.FILTERED


def test_a_linked_record_that_the_mapping_is_not_about_any_more_stops_both_directions() -> None:
    here = in_salesforce(Type="Partner", Phone="03 222")
    there = in_xero(EmailAddress="b@ridgeway.example")
    made = plan(Situation(ONLY_CUSTOMERS, here, there, tied()))
    assert (made.action, made.writes) == (Action.FILTERED, ())
    assert plan(Situation(ONLY_CUSTOMERS, here, None)).action is Action.FILTERED
