"""Whatever people archive, delete, tick and bring back in whatever order: what holds of the contact at the end."""

from dataclasses import dataclass, field, replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.actions import Verb
from app.engine.plan import plan
from app.engine.plans import Situation
from app.engine.presence import PRESENCE
from app.engine.records import Agreed, Base, Presence
from app.mapping.model import OnOptOut
from tests.support.customers import CUSTOMERS, IN_STEP, in_salesforce, in_xero, tied

MAPPING = replace(CUSTOMERS, opt_in="Sync__c", on_opt_out=OnOptOut.ARCHIVE)
EVENTS = ("account", "tick", "contact")
MOST_WRITES = 2
"""More than that after one event would be a loop."""


@dataclass
class Pair:
    """A linked pair: whether each record is there, what was agreed, and what a person and we did to the contact."""

    account: bool = True
    ticked: bool = True
    contact: bool = True
    archived_by: str = ""
    restored_by_a_person: bool = False
    seen_live: bool = True
    """Whether we have seen the contact there since it was archived by us."""
    seen_archived: bool = False
    """Whether we have seen that it is archived."""
    wanted: bool = False
    """A person brought it back though its account was gone or out, and that is so still."""
    unknowable: bool = False
    """Restored and archived again while nobody looked: it looks as if nothing had happened."""
    base: Base = field(default_factory=lambda: dict(IN_STEP))

    def happen(self, event: str) -> None:
        """A person deletes or undeletes the account, changes its tick, or archives or restores the contact."""
        if event == "account":
            self.account = not self.account
        elif event == "tick":
            self.ticked = self.ticked if not self.account else not self.ticked
        elif self.contact:
            self.contact, self.restored_by_a_person, self.archived_by = False, False, "a person"
            self.unknowable |= not self.seen_live
        else:
            self.contact, self.restored_by_a_person = True, True
            self.wanted = self.seen_archived
        self.wanted &= self.contact and not (self.account and self.ticked)

    def drain(self) -> None:
        """Look, plan and carry out until there is nothing to do."""
        for _ in range(MOST_WRITES + 1):
            self.seen_live |= self.contact
            self.seen_archived = not self.contact
            salesforce = in_salesforce(Presence.LIVE if self.account else Presence.DELETED, Sync__c=self.ticked)
            xero = in_xero(Presence.LIVE if self.contact else Presence.ARCHIVED)
            made = plan(Situation(MAPPING, salesforce, xero, tied(self.base)))
            carried = {name: pair for write in made.writes for name, pair in write.carries.items()}
            self.base = {**self.base, **made.agreed, **carried}
            if not made.writes:
                return
            for write in made.writes:
                self._carry_out(write.verb)
        raise AssertionError(f"no end of it: {self}")

    def _carry_out(self, verb: Verb) -> None:
        if verb is Verb.ARCHIVE:
            assert self.contact, "it is archived already"
            assert not (self.account and self.ticked), "its account is there and takes part"
            assert not self.wanted, "a person brought it back since"
            self.contact, self.archived_by, self.seen_live = False, "us", False
        if verb is Verb.RESTORE:
            assert self.unknowable or self.archived_by == "us", "a person archived it, and nobody undid that"
            self.contact, self.restored_by_a_person = True, False


def tell(story: tuple[tuple[str, bool], ...]) -> Pair:
    """The pair after everything has happened; after each event a worker may look or not."""
    pair = Pair()
    for event, looked_at in story:
        pair.happen(event)
        if looked_at:
            pair.drain()
    pair.drain()
    return pair


def check(story: tuple[tuple[str, bool], ...]) -> None:
    pair = tell(story)
    if pair.unknowable:
        return
    if pair.account and pair.ticked:
        assert pair.contact == (pair.archived_by != "a person" or pair.restored_by_a_person), pair
        assert not pair.contact or pair.base.get(PRESENCE, Agreed("live", "live")) == ("live", "live"), pair
    elif pair.contact:
        assert pair.restored_by_a_person, pair


@pytest.mark.parametrize("first", EVENTS)
def test_every_short_story_ends_as_one_look_at_its_end_would(first: str) -> None:
    for looked_at, rest in product((True, False), product(product(EVENTS, (True, False)), repeat=3)):
        check(((first, looked_at), *rest))


@given(st.lists(st.tuples(st.sampled_from(EVENTS), st.booleans()), max_size=14).map(tuple))
def test_every_long_story_does_so_too(story: tuple[tuple[str, bool], ...]) -> None:
    check(story)
