"""Xero's refusals in our words: one table, the first fitting line counts."""

from collections.abc import Sequence
from typing import NamedTuple

from app.engine.actions import Declined


class Meaning(NamedTuple):
    """A refusal in our words. `taken`: look somebody up; `passes`: it may be accepted later."""

    code: str
    taken: bool = False
    passes: bool = False


MEANINGS: Sequence[tuple[tuple[str, ...], Meaning]] = (
    (("idempotency key",), Meaning("idempotency_clash")),
    (("contact name", "already assigned"), Meaning("name_taken", taken=True)),
    (("must be unique across all active contacts",), Meaning("name_taken", taken=True)),
    (("contact number", "another contact"), Meaning("number_taken", taken=True)),
    (("contact number", "already"), Meaning("number_taken", taken=True)),
    (("contactnumber", "already"), Meaning("number_taken", taken=True)),
    (("account number", "already"), Meaning("number_taken", taken=True)),
    (("accountnumber", "already"), Meaning("number_taken", taken=True)),
    (("invoice # must be unique",), Meaning("number_taken", taken=True)),
    (("price list item with code", "already exists"), Meaning("number_taken", taken=True)),
    (("archived",), Meaning("archived")),
    (("lock date",), Meaning("period_locked")),
    (("not of valid status",), Meaning("wrong_status")),
    (("cannot be used with account",), Meaning("tax_type")),
    (("not subscribed to currency",), Meaning("currency")),
    (("exceeds the amount outstanding",), Meaning("overpaid")),
    (("reached the limit",), Meaning("plan_limit")),
    (("could not be found",), Meaning("not_found")),
    (("was not found",), Meaning("not_found")),
    (("does not exist",), Meaning("not_found")),
    (("email address",), Meaning("email")),
)
"""Lower-case pieces that a message holds, all of them, and what it then means."""

VALIDATION = Meaning("validation")


def meaning(message: str) -> Meaning:
    """What a validation message means; `validation` when we have no better word."""
    lower = message.lower()
    return next((what for pieces, what in MEANINGS if all(piece in lower for piece in pieces)), VALIDATION)


def declined(messages: Sequence[str]) -> Declined:
    """The answer to an element that was refused with `messages`; one that says "taken" decides."""
    meanings = [meaning(message) for message in messages] or [VALIDATION]
    chosen = next((each for each in meanings if each.taken), meanings[0])
    text = "; ".join(messages) or "refused without a reason"
    return Declined(chosen.code, text, passes=chosen.passes, taken=chosen.taken)
