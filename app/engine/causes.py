"""What every code of ours means to people: in plain words, who can make it good, and what to do then."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.engine.actions import Declined


class Kind(StrEnum):
    """What Crossbook does about a failure."""

    TRY_AGAIN = "try_again"
    """It may pass by itself: the record is tried again, with growing pauses."""
    SIGN_IN = "sign_in"
    """Access is gone: the lane waits until somebody signs in again."""
    WAIT = "wait"
    """It is only too early: the lane or the record waits, and goes on by itself or when a person says so."""
    ASK = "ask"
    """Somebody else has the name or number: that record is looked for first, then a person is asked."""
    DEAD_LETTER = "dead_letter"
    """The record's content is refused: a person must correct it."""
    CONFIGURATION = "configuration"
    """A permission, a setting or the sync file must be changed."""


class Fixer(StrEnum):
    """Who can make it good."""

    BOOKKEEPER = "the bookkeeper, in Xero"
    ADMIN = "the Salesforce administrator"
    EDITOR = "whoever keeps the record"
    OPERATOR = "the operator of Crossbook"
    NOBODY = "nobody: it passes by itself"


@dataclass(frozen=True, slots=True)
class Cause:
    """What a code means: a sentence anybody understands, who can mend it, and the next step."""

    words: str
    fixer: Fixer
    step: str
    kind: Kind


FAILS_ALWAYS = "fails_always"
"""The code of a record that a vendor fails time and again, though it answers for others."""

_RETRY = "then crossbook retry RECORD"
_EDIT = f"correct the record, which tries it again by itself, or {_RETRY}"


def _edit(words: str, step: str = _EDIT) -> Cause:
    return Cause(words, Fixer.EDITOR, step, Kind.DEAD_LETTER)


def _books(words: str, step: str) -> Cause:
    return Cause(words, Fixer.BOOKKEEPER, f"{step}, {_RETRY}", Kind.DEAD_LETTER)


def _admin(words: str, step: str, kind: Kind = Kind.CONFIGURATION, retry: str = "--all") -> Cause:
    return Cause(words, Fixer.ADMIN, f"{step}, then crossbook retry {retry}", kind)


def _ours(words: str, step: str, kind: Kind = Kind.CONFIGURATION) -> Cause:
    return Cause(words, Fixer.OPERATOR, step, kind)


def _passes(words: str, kind: Kind = Kind.TRY_AGAIN, step: str = "nothing; if it keeps failing, " + _RETRY) -> Cause:
    return Cause(words, Fixer.NOBODY, step, kind)


CAUSES: Mapping[str, Cause] = {
    # somebody has it already
    "name_taken": Cause(
        "Another Xero contact has this name already, and Xero allows a name only once.",
        Fixer.BOOKKEEPER,
        "rename or archive one of the two, which makes the write by itself, or tie them with crossbook link",
        Kind.ASK,
    ),
    "number_taken": Cause(
        "Another record has this number or key already, and it may exist only once.",
        Fixer.EDITOR,
        "change the number of one of the two, which makes the write by itself, or tie them with crossbook link",
        Kind.ASK,
    ),
    "duplicate_rule": Cause(
        "A duplicate rule in Salesforce takes the record for one that exists.",
        Fixer.ADMIN,
        "tie the two with crossbook link, or let the integration user pass the rule, then crossbook replay RECORD",
        Kind.ASK,
    ),
    "key_ambiguous": _admin(
        "Several Salesforce records carry the same Xero id, so it cannot be told which one is meant.",
        "leave the id on one of them and mark the field unique",
        Kind.DEAD_LETTER,
        "RECORD",
    ),
    # the content of the record
    "validation": _edit("The other system does not accept a value of the record."),
    "refused": _edit("The other system refused the record without a reason that Crossbook knows."),
    "email": _edit("The e-mail address is not one that the other system accepts."),
    "too_long": _edit("A text is longer than the field of the other system can hold."),
    "out_of_range": _edit("A number is larger or smaller than the field of the other system can hold."),
    "currency": _books("The currency is not set up in the other system.", "add the currency there, or change it here"),
    "picklist": _admin(
        "A value is not one that the picklist in Salesforce offers.",
        "add the value to the picklist, or correct the record",
        Kind.DEAD_LETTER,
        "RECORD",
    ),
    "state_or_country": _admin(
        "A state or country is not one that Salesforce lists.",
        "add it in Salesforce's State and Country picklists, or correct the address",
        Kind.DEAD_LETTER,
        "RECORD",
    ),
    "field_missing": _admin(
        "Salesforce demands a field that nothing fills.",
        "give the field a default, map it in the sync file, or fill it with create_in_salesforce: {set: ...}",
    ),
    "validation_rule": _admin(
        "A validation rule of the Salesforce org refuses the record; its own message says why.",
        "correct the record, or let the integration user pass the rule",
        Kind.DEAD_LETTER,
        "RECORD",
    ),
    "automation_failed": _admin(
        "A flow or a trigger in Salesforce failed while the record was saved.",
        "mend the flow or the trigger that the message names",
        Kind.DEAD_LETTER,
        "RECORD",
    ),
    "record_type": _admin(
        "The record type may not be used by the integration user.", "allow the record type to its profile"
    ),
    "converted": _edit(
        "The lead was converted meanwhile and cannot be changed any more.",
        "crossbook dismiss RECORD, or link its account",
    ),
    "condition": _ours(
        "A condition of the sync file has no answer for this record.",
        "correct the condition, or the field that it reads; then crossbook retry --code condition",
    ),
    "unfit": _edit("The record holds a value that the other system has no place for."),
    # the record is not there, or closed
    "not_found": _edit(
        "The other system says that the record does not exist, or does not show it to Crossbook.",
        "see whether it was deleted or is hidden by sharing; crossbook why RECORD, " + _RETRY,
    ),
    "deleted": _edit(
        "The record was deleted in the other system at the same moment.",
        "undelete it there, or crossbook dismiss RECORD",
    ),
    "archived": _books("The contact is archived in Xero and takes no changes.", "restore the contact"),
    "period_locked": _books(
        "The date lies in a period that is locked in Xero.", "move the lock date, or change the document's date"
    ),
    "wrong_status": _books("The document's status in Xero allows no change.", "bring it back to a status that does"),
    "tax_type": _books("The tax rate cannot be used with the account code.", "allow it for the account, or change one"),
    "overpaid": _books("The payment is larger than what is still owed.", "correct the payment or the invoice"),
    "plan_limit": _books("The Xero plan allows no more of these records.", "change the plan, or archive some"),
    # permissions, settings, the sync file
    "no_permission": _admin(
        "The integration user may not change this record or one that it refers to.", "give its permission set access"
    ),
    "field_unknown": Cause(
        "Salesforce does not show a mapped field or object: most often its field-level security is missing.",
        Fixer.ADMIN,
        "let the integration user see the field, or correct its name in the sync file and restart; the lane goes on by "
        "itself within minutes. Only a write that was refused for it needs crossbook retry --code field_unknown",
        Kind.CONFIGURATION,
    ),
    "field_read_only": _admin(
        "A mapped field cannot be written.",
        "give write access to it, or set direction: to_xero in the sync file",
    ),
    "api_disabled": _admin("The API is switched off for the org or the user.", "switch API Enabled on"),
    "api_version": _ours("Salesforce no longer offers the version of its API that is used.", "update Crossbook"),
    "storage_full": _admin("The Salesforce org has no space left, or one of its limits is reached.", "make space"),
    "address": _ours("A call would have gone to a host that is not allowed.", "correct the connection's URL setting"),
    "subscription": _admin(
        "Salesforce's event bus does not serve the subscription to its change events.",
        "check the channel, its objects, and what the org's licences and number of subscribers allow",
    ),
    "no_stamp": _ours(
        "The Salesforce object has no time of change, so its changes cannot be followed.", "map another object"
    ),
    "idempotency_clash": _ours(
        "Xero knows the key of this request from another one.",
        "crossbook retry RECORD; if it returns, report it",
        Kind.DEAD_LETTER,
    ),
    "internal": _ours(
        "Crossbook itself failed on this record.",
        "report it with the log line batch.failed; crossbook retry RECORD",
        Kind.DEAD_LETTER,
    ),
    # access
    "sign_in": _ours(
        "The vendor no longer accepts the sign-in.", "sign in again; the lane goes on by itself", Kind.SIGN_IN
    ),
    # what passes
    "row_locked": _passes("Somebody else is saving the record, or its parent, in Salesforce at this moment."),
    "busy": _passes("The vendor has too much to do at the moment."),
    "too_slow": _passes("The vendor did not get the work done in time."),
    "collateral": _passes("Another record of the same call failed and took this one with it."),
    "cursor_gone": _passes("The vendor forgot how far a long read had come; it begins anew."),
    "window": _passes("The vendor does not look so far back, or at so much at once; a full read makes it good."),
    "unknown": _passes("The vendor failed without saying why."),
    FAILS_ALWAYS: Cause(
        "The vendor fails each time it comes to this record, and does not say why.",
        Fixer.EDITOR,
        f"save the record anew in both systems, {_RETRY}; if it fails again, ask the vendor's support",
        Kind.DEAD_LETTER,
    ),
    "approval_lock": Cause(
        "The record is locked by an approval process in Salesforce.",
        Fixer.ADMIN,
        "finish or recall the approval, " + _RETRY,
        Kind.TRY_AGAIN,
    ),
    "quota": _passes("The vendor's limit of calls is reached.", Kind.WAIT, "nothing; it goes on when calls are free"),
    # what a person stopped
    "paused": Cause(
        "A person has paused it.", Fixer.OPERATOR, "crossbook resume, with what crossbook status names", Kind.WAIT
    ),
    "held": Cause("Its lane is held until a person has looked.", Fixer.OPERATOR, "crossbook release LANE", Kind.WAIT),
}
"""By code; an HTTP status that has no word of its own is `http_` and its number."""

_HTTP = {
    "http_403": _ours("The vendor forbids the call.", "check what the connection may do, then crossbook retry --all"),
    "http_404": _ours("The vendor does not know the address or the record.", "crossbook why RECORD"),
}
_OTHER_HTTP = _ours(
    "The vendor does not understand a call of Crossbook's.",
    "report it; crossbook why RECORD",
)
_NEW = _edit("The other system refused the record for a reason that has no word here yet; its own message says why.")


def cause_of(code: str) -> Cause:
    """What `code` means; of a code that nobody has described yet, that the vendor's message says it."""
    if code.startswith("http_"):
        return _HTTP.get(code, _OTHER_HTTP)
    return CAUSES.get(code, _NEW)


def is_lane_wide(code: str) -> bool:
    """Whether `code` would be the answer to any record of a lane, so that nothing is gained by trying another."""
    return cause_of(code).kind in {Kind.CONFIGURATION, Kind.SIGN_IN, Kind.WAIT}


def kind_of(declined: Declined) -> Kind:
    """What is done about a refused element. Most that is refused passes for one cause and does not for another."""
    kind = cause_of(declined.code).kind
    if declined.passes and kind is not Kind.WAIT:
        return Kind.TRY_AGAIN
    return kind
