"""What is read back after a write is taken for its answer only where nobody has edited it since."""

import pytest

from app.engine.actions import Element, Verb
from app.engine.apply import Job
from app.engine.cases import Case
from app.engine.plans import Write
from app.engine.readback import holds_what_was_sent
from app.engine.records import Agreed, Observation, Presence, System
from app.mapping.values import Fields
from tests.support.customers import CUSTOMERS, EMAIL, NAME
from tests.support.records import NOON, account, contact

CARRIES = {NAME: Agreed("Ridgeway", "Ridgeway"), EMAIL: Agreed(None, None)}
JOB = Job(
    Case(CUSTOMERS, (), account(), contact()),
    Write(System.XERO, Verb.UPDATE, Element(contact().id, {"Name": "Ridgeway", "EmailAddress": ""}), CARRIES, {}),
)


@pytest.mark.parametrize(
    ("fields", "ours"),
    [
        ({"Name": "Ridgeway", "EmailAddress": ""}, True),
        ({"Name": "Ridgeway", "EmailAddress": "kept@ridgeway.example"}, True),
        ({"Name": "Edited since", "EmailAddress": "kept@ridgeway.example"}, False),
    ],
)
def test_what_was_kept_is_told_from_what_was_edited_since(fields: Fields, *, ours: bool) -> None:
    assert holds_what_was_sent(JOB, Observation(contact(), Presence.LIVE, NOON, fields)) is ours


def test_one_that_was_archived_since_is_not_what_was_sent() -> None:
    seen = Observation(contact(), Presence.ARCHIVED, NOON, {"Name": "Ridgeway"})
    assert not holds_what_was_sent(JOB, seen)
