"""Recognising the same customer on both sides."""

from pathlib import Path

import pytest

from app.engine import match
from app.engine.match import GONE, IDENTITY, Found, Matched
from app.engine.records import Observation, Presence, RecordRef, System
from app.mapping.loader import load_sync
from app.mapping.values import Fields
from tests.support.records import NOON, account, contact
from tests.support.world import accounts_sync

MAPPING = accounts_sync().mappings["customers"]
TEMPLATES = Path(__file__).parents[2] / "app" / "mapping" / "templates"
ACCOUNT_ID = "0015f00002J9YYEAA3"


def seen(ref: RecordRef, fields: Fields, presence: Presence = Presence.LIVE) -> Observation:
    return Observation(ref, presence, NOON, fields)


def test_keys_are_the_same_whatever_their_case_and_spacing() -> None:
    here = match.keys(MAPPING, seen(account(), {"Name": " Ridgeway  LTD ", "Email__c": "A@Ridgeway.example"}))
    there = match.keys(MAPPING, seen(contact(), {"Name": "ridgeway ltd", "EmailAddress": "a@ridgeway.example"}))
    assert {name: here[name] for name in ("Name", "EmailAddress")} == {
        name: there[name] for name in ("Name", "EmailAddress")
    }


def test_a_person_is_known_by_the_whole_name_however_each_side_keeps_it() -> None:
    people = load_sync(TEMPLATES / "people.yaml").mappings["people"]
    here = RecordRef(System.SALESFORCE, "Contact", "0035f00002J9YYEAA3")
    keys = match.keys(people, seen(here, {"FirstName": "Ann", "LastName": "van Dam"}))
    assert keys["PersonName"] == match.keys(people, seen(contact(), {"Name": "Ann  VAN DAM"}))["PersonName"]
    assert keys["PersonName"] == "ann van dam"


def test_a_blank_is_no_key() -> None:
    assert match.keys(MAPPING, seen(account(), {"Name": "Ridgeway", "Email__c": " "}))["EmailAddress"] is None


@pytest.mark.parametrize("presence", [Presence.ARCHIVED, Presence.DELETED, Presence.INVISIBLE])
def test_a_record_that_is_not_live_gives_its_keys_up(presence: Presence) -> None:
    keys = match.keys(MAPPING, seen(contact(), {"Name": "Ridgeway"}, presence))
    assert keys
    assert set(keys.values()) == {None}


@pytest.mark.parametrize("presence", [Presence.ARCHIVED, Presence.DELETED])
def test_a_record_that_is_gone_still_tells_whom_it_belonged_to(presence: Presence) -> None:
    keys = match.keys(MAPPING, seen(contact(), {"ContactNumber": ACCOUNT_ID}, presence))
    assert (keys[IDENTITY], keys[GONE]) == (None, ACCOUNT_ID)
    assert match.keys(MAPPING, seen(contact(), {"ContactNumber": ACCOUNT_ID}))[GONE] is None


def test_a_purge_takes_nothing_away_of_what_is_known_of_one_that_is_gone() -> None:
    assert GONE not in match.keys(MAPPING, seen(account(), {}, Presence.DELETED))


def test_one_that_is_gone_is_known_where_nobody_else_is_found_and_no_person_parted_the_two() -> None:
    gone = Found(GONE, (contact(9),), 1)
    assert match.choose([gone]) == Matched(by=IDENTITY, gone=contact(9))
    assert match.choose([Found("Name", (contact(),), 1), gone]) == Matched(contact(), "Name")
    assert match.choose([Found(GONE, (contact(9),), 1, frozenset({contact(9).id}))]) == Matched()


def test_a_contact_names_its_account_however_the_id_is_spelled() -> None:
    assert match.keys(MAPPING, seen(contact(), {"ContactNumber": ACCOUNT_ID[:15]}))[IDENTITY] == ACCOUNT_ID


def test_a_contact_number_of_somebody_else_s_names_no_account() -> None:
    assert match.keys(MAPPING, seen(contact(), {"ContactNumber": "C-0042"}))[IDENTITY] is None


def test_an_account_names_its_contact_in_lower_case() -> None:
    fields = {"Xero_Contact_Id__c": contact().id.upper()}
    assert match.named_counterpart(MAPPING, seen(account(), fields)) == contact().id


def test_the_own_id_is_sought_before_any_other_key() -> None:
    sought = match.sought(MAPPING, seen(account(), {"Name": "Ridgeway"}))
    assert next(iter(sought.items())) == (IDENTITY, account().id)
    assert sought["Name"] == "ridgeway"


def test_one_record_with_an_unshared_key_is_the_counterpart() -> None:
    assert match.choose([Found("TaxNumber", (), 1), Found("Name", (contact(),), 1)]) == Matched(contact(), "Name")


def test_several_records_with_one_key_are_for_a_person() -> None:
    both = (contact(1), contact(2))
    assert match.choose([Found("Name", both, 1)]) == Matched(by="Name", candidates=both)


def test_a_key_that_several_of_ours_share_is_for_a_person() -> None:
    assert match.choose([Found("Name", (contact(),), 2)]) == Matched(by="Name", candidates=(contact(),))


def test_the_first_key_that_finds_anything_decides() -> None:
    found = [Found("TaxNumber", (contact(1),), 1), Found("Name", (contact(2),), 1)]
    assert match.choose(found) == Matched(contact(1), "TaxNumber")


def test_nothing_found_is_no_match() -> None:
    assert match.choose([Found("Name", (), 1)]) == Matched()


def test_a_long_key_is_not_cut_short_to_match_a_stranger() -> None:
    one, other = (match.keys(MAPPING, seen(account(), {"Name": "x" * 600 + end}))["Name"] for end in "ab")
    assert one != other
