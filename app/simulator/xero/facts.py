"""What nobody has confirmed about Xero: one switch for each such fact, set to what is likelier."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Literal


@dataclass(frozen=True, slots=True)
class XeroFacts:
    """How Xero behaves where its documentation is silent or disagrees. `docs/simulator.md` has a line for each."""

    shuffled_results: bool = False
    """The results of a batch come in another order than its elements."""
    batch_refused_whole: bool = False
    """A taken name or number makes the answer 400 in spite of `summarizeErrors=false`; the good rows are saved."""
    failed_rows_show_an_id: bool = False
    """A row that was not saved shows an id that could be one, instead of zeros."""
    write_answers: Literal["whole", "ids"] = "whole"
    """What the answer to a write shows of a saved record."""
    statuses_sent: bool = True
    """Each row of such an answer has its `StatusAttributeString`."""
    not_modified_answer: Literal["200", "304"] = "200"
    """What a read with If-Modified-Since answers when nothing has changed."""
    since_inclusive: bool = True
    """If-Modified-Since shows what changed in its very second."""
    date_time_sent: bool = True
    """Answers tell Xero's clock as `DateTimeUTC`."""
    odd_json: bool = False
    """Ids are spelled `ContactId`, booleans are texts, and there are keys and statuses that nobody knows."""
    no_events: Literal["[]", "null"] = "[]"
    """How a webhook without events writes that."""
    own_writes_pushed: bool = True
    """Webhooks tell of what the receiving app itself has written."""
    payments_push_invoices: bool = True
    """A payment shows as an update of its invoice."""
    sequence_of: Literal["app", "tenant"] = "app"
    """What the running numbers of the webhooks count."""
    webhook_retries: Literal["growing", "quarter_hours"] = "growing"
    """Pauses between retries: a few seconds, then half a minute; or one at once, then every 15 minutes for a day."""
    restoring_refused: bool = False
    """An archived contact cannot be made active again over the API."""
    null_clears: bool = False
    """A field that is sent as null is emptied, instead of left as it was."""
    empty_clears: bool = True
    """A field that is sent as an empty text is emptied, instead of left as it was."""
    parts_merged: bool = False
    """A phone or address that is sent in part keeps its other fields, instead of replacing the whole entry."""
    empty_parts_shown: bool = True
    """Contacts show phones and addresses that hold nothing."""
    merged_documents_move: bool = True
    """The documents of a contact that was merged away move to the survivor."""
    balances_in: Literal["base", "document"] = "base"
    """The currency of a contact's balances."""
    retry_after_sent: bool = True
    """A refusal for the minute or the day says how long it lasts."""
    app_minute_word: Literal["appminute", "app-minute"] = "appminute"
    """How a refusal names the limit of the app over all organisations."""
    refusal_body: Literal["empty", "html"] = "empty"
    """The body of a refusal for a limit."""
    windows: Literal["fixed", "rolling"] = "fixed"
    """How the minute and the day are counted."""
    consent_ends_older_tokens: bool = False
    """A user's new consent to an app ends the tokens of the one before."""


OTHERS: dict[str, object] = {
    "write_answers": "ids",
    "not_modified_answer": "304",
    "no_events": "null",
    "sequence_of": "tenant",
    "webhook_retries": "quarter_hours",
    "balances_in": "document",
    "app_minute_word": "app-minute",
    "refusal_body": "html",
    "windows": "rolling",
}
"""The other setting of each switch that is not merely on or off."""


def variants() -> Iterator[tuple[str, XeroFacts]]:
    """Each switch alone at its other setting, named after it."""
    likelier = XeroFacts()
    for field in fields(XeroFacts):
        other = OTHERS.get(field.name, not getattr(likelier, field.name))
        yield field.name, replace(likelier, **{field.name: other})  # type: ignore[arg-type]  # by name, of its own type
