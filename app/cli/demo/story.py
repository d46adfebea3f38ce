"""The story: five things that happen, each with the time from a person's click to the other side."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol
from uuid import uuid4

import httpx

from app.cli.demo.crossbook import Crossbook
from app.cli.demo.people import Bookkeeper, Salesperson, Told, phone
from app.cli.polling import Answer
from app.errors import CrossbookError

PATIENCE_SECONDS = 30.0
"""How long a step may take to come true; it usually takes a fraction of a second."""

CUSTOMER = "Harbour Bakery Limited"
SUPPLIER = "Northern Timber Limited"
UNAUTHORIZED = 401

Outcome = tuple[str, float | None]
"""What is to be told of a step, and how long it took from the person's click."""


class Wait(Protocol):
    """Asks until there is an answer; None when there was none in time."""

    def __call__(self, ask: Callable[[], Answer | None], *, seconds: float) -> Answer | None: ...


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened. `seconds` is None where nothing had to arrive."""

    title: str
    came_true: bool
    told: str
    seconds: float | None = None


class Story:
    """The five steps, in order. Each builds on those before it."""

    def __init__(self, salesperson: Salesperson, bookkeeper: Bookkeeper, crossbook: Crossbook, wait: Wait) -> None:
        self._salesperson = salesperson
        self._bookkeeper = bookkeeper
        self._crossbook = crossbook
        self._wait = wait
        self._account_id = ""
        self._contact_id = ""

    def steps(self) -> Iterator[Step]:
        """Tell the story; it ends early at a step that does not come true."""
        for title, act in (
            ("An account created in Salesforce arrives in Xero", self._account_arrives),
            ("A contact created in Xero arrives in Salesforce", self._contact_arrives),
            ("An e-mail edited in Xero and a phone edited in Salesforce both survive", self._both_edits_survive),
            ("A forged webhook is refused and changes nothing", self._forgery_is_refused),
            ("A webhook that was lost on its way is made good by reconcile", self._lost_push_is_made_good),
        ):
            try:
                told, seconds = act()
            except (CrossbookError, httpx.HTTPError) as reason:
                yield Step(title, came_true=False, told=str(reason))
                return
            yield Step(title, came_true=True, told=told, seconds=seconds and round(seconds, 3))

    def _account_arrives(self) -> Outcome:
        self._account_id = self._salesperson.create_account(
            Name=CUSTOMER, Phone="+64 9 555 0100", Email__c="accounts@harbour-bakery.example", BillingCity="Auckland"
        )
        clicked_at = time.monotonic()
        contact = self._arrival(
            lambda: self._bookkeeper.contact_born_from(self._account_id), "no contact came up in Xero"
        )
        self._contact_id = str(contact["ContactID"])
        return f"account {self._account_id} is contact {self._contact_id}", time.monotonic() - clicked_at

    def _contact_arrives(self) -> Outcome:
        contact_id = self._bookkeeper.create_contact(Name=SUPPLIER, EmailAddress="office@northern-timber.example")
        clicked_at = time.monotonic()
        account = self._arrival(
            lambda: self._salesperson.account_born_from(contact_id), "no account came up in Salesforce"
        )
        return f"contact {contact_id} is account {account['Id']}", time.monotonic() - clicked_at

    def _both_edits_survive(self) -> Outcome:
        email, number = "billing@harbour-bakery.example", "+64 9 555 0199"
        self._bookkeeper.edit_contact(self._contact_id, EmailAddress=email)
        self._salesperson.edit_account(self._account_id, Phone=number)
        clicked_at = time.monotonic()
        self._arrival(lambda: self._both_hold(email, number), "the two sides do not hold both edits")
        return f"both sides hold {email} and {number}", time.monotonic() - clicked_at

    def _forgery_is_refused(self) -> Outcome:
        contact_id = str(uuid4())
        status = self._crossbook.forge_webhook(contact_id)
        if status != UNAUTHORIZED:
            raise CrossbookError(f"the forged webhook was answered with {status}")
        if self._crossbook.knows(contact_id):
            raise CrossbookError("the forged webhook was accepted as an event")
        return f"answered with {status}, nothing was stored", None

    def _lost_push_is_made_good(self) -> Outcome:
        email = "ledger@harbour-bakery.example"
        lost = self._bookkeeper.lost_pushes()
        self._bookkeeper.lose_next_push()
        self._bookkeeper.edit_contact(self._contact_id, EmailAddress=email)
        clicked_at = time.monotonic()
        self._arrival(lambda: self._bookkeeper.lost_pushes() > lost, "the webhook was not lost")
        self._crossbook.reconcile()
        self._arrival(lambda: self._account()["Email__c"] == email, "reconcile did not bring the edit over")
        return "the webhook was dropped, `crossbook reconcile` found the edit", time.monotonic() - clicked_at

    def _both_hold(self, email: str, number: str) -> bool:
        account, contact = self._account(), self._bookkeeper.contact(self._contact_id)
        return (account["Email__c"], account["Phone"]) == (contact["EmailAddress"], phone(contact)) == (email, number)

    def _account(self) -> Told:
        return self._salesperson.account(self._account_id)

    def _arrival(self, ask: Callable[[], Answer | None], otherwise: str) -> Answer:
        answer = self._wait(ask, seconds=PATIENCE_SECONDS)
        if answer is None:
            raise CrossbookError(f"{otherwise} within {PATIENCE_SECONDS:g} seconds")
        return answer
