"""People are told what they can do about a name, a number, or a record that a rule found alike."""

import pytest

from app.engine.ledger import Question
from app.engine.records import RecordRef
from app.engine.topics import TOPICS, besides, facts, happened
from app.mapping.values import Value
from tests.support.records import LANE, account, contact


def taken(field: str | None, holder: RecordRef | None, counterpart: RecordRef | None = None) -> Question:
    """An account whose write was refused since `holder` has its `field`."""
    detail: dict[str, Value] = {
        "field": field,
        "value": "77" if field else None,
        "holder": str(holder) if holder else None,
        "holder_counterpart": str(counterpart) if counterpart else None,
        "why": "refused",
    }
    return Question(LANE, "customers", account(), "taken", detail, other=holder)


TIED = f"tie the two: crossbook link {account().id} {contact().id}; if none is,"
RENUMBER = "change the number of one of the two; the write is then made by itself"
UNSHARE = "change what they share (the write is then made by itself)"
REPLAY = f"then crossbook replay {account().id}."


@pytest.mark.parametrize(
    ("question", "told"),
    [
        (taken("Name", contact()), f"{TIED} rename one of the two; the write is then made by itself."),
        (taken("AccountNumber", contact()), f"{TIED} {RENUMBER}."),
        (taken("AccountNumber", contact(), account(2)), f"{contact()} belongs to {account(2)}: {RENUMBER};"),
        (taken("AccountNumber", contact(), account(2)), f"take that pair apart first: crossbook unlink {contact().id}"),
        (taken(None, contact()), f"{TIED} {UNSHARE}, or let Crossbook's user pass the rule, {REPLAY}"),
        (taken(None, None), f"change the name or number of one of the two, {REPLAY}"),
    ],
)
def test_the_way_out_fits_what_is_taken(question: Question, told: str) -> None:
    assert told in besides(question)


def test_the_contact_comes_second_whichever_of_the_two_was_refused() -> None:
    question = Question(LANE, "customers", contact(), "taken", {"holder": str(account())}, other=account())
    assert f"crossbook link {account().id} {contact().id}" in besides(question)


def test_a_rule_is_not_told_as_a_name_or_number() -> None:
    assert happened(taken(None, contact())) == "The vendor takes the record for another one, which is there already."
    assert happened(taken("Name", contact())) == happened(taken(None, None)) == TOPICS["taken"].happened


def test_only_what_is_known_of_the_holder_is_shown() -> None:
    assert facts(taken(None, contact())) == {"holder": str(contact()), "why": "refused"}
    assert facts(taken("Name", contact())).keys() == {"field", "value", "holder", "why"}


def test_a_blank_value_of_a_conflict_is_shown() -> None:
    detail: dict[str, Value] = {"salesforce": None, "xero": "03 111"}
    assert facts(Question(LANE, "customers", account(), "conflict:Phone:Phones.DEFAULT", detail)) == detail
