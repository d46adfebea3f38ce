"""What can be asked of a person: what happened, and what each answer does."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.engine import taken
from app.engine.ledger import Question, Take
from app.engine.records import System, parse_ref
from app.mapping.values import Value

_LEAVE = "leave both as they are, and ask again only when something changes"
_BY_HAND = "Correct it in Salesforce or Xero: the question is withdrawn by itself when nothing is open any more."


@dataclass(frozen=True, slots=True)
class Topic:
    """One kind of question: what happened, what each possible answer does, and what else may be done."""

    happened: str
    answers: Mapping[Take, str] = field(default_factory=lambda: {Take.LEAVE: _LEAVE})
    besides: str = _BY_HAND


_OF_A_FIELD = frozenset({"conflict", "kept"})
_TIE = "If one of them is the same customer, tie the two: crossbook link SALESFORCE_ID XERO_ID"

TOPICS: Mapping[str, Topic] = {
    "conflict": Topic(
        "Both sides changed the same field since they last agreed, or held different values when they first met.",
        {
            Take.SALESFORCE: "write the value of Salesforce into Xero",
            Take.XERO: "write the value of Xero into Salesforce",
            Take.LEAVE: "leave the two values apart, and ask again only when one of them changes",
        },
    ),
    "kept": Topic(
        "A field was emptied in Salesforce, and Xero kept what it held.",
        {Take.SALESFORCE: "write the blank into Xero once more", Take.LEAVE: _LEAVE},
        "Empty it in Xero, or enter what Xero holds in Salesforce: the question is withdrawn by itself.",
    ),
    "ambiguous": Topic(
        "Records on the other side could be the same customer, and nothing says which of them is.",
        {Take.CREATE: "none of them is it: create a new record, where the mapping does so", Take.LEAVE: _LEAVE},
        _TIE,
    ),
    "gone": Topic(
        "One of the two was deleted, archived or opted out, and the other one is still there.",
        {
            Take.SALESFORCE: "do in Xero as in Salesforce: archive the contact whose account is gone, or bring back the"
            " archived one whose account is there",
            Take.XERO: "what stands in Xero stands: the contact stays as it is",
            Take.LEAVE: _LEAVE,
        },
    ),
    "ended": Topic(
        "By the id that one of the two carries the record belongs to one that is deleted or archived. Crossbook does"
        " not know them as a pair, as after an old backup was restored.",
        {
            Take.GONE: "they are a pair: tie them, and do what the sync file says where one of a pair is gone",
            Take.CREATE: "make a new record in its place, where the mapping does so; Xero refuses that as long as an"
            " archived contact carries the account's id",
            Take.LEAVE: _LEAVE,
        },
        "Bring back the one that is gone, in Salesforce or Xero: the two are then tied by themselves. Or end the other"
        " one, too.",
    ),
    "taken": Topic(
        "Another record has the name or number already, and the vendor allows it only once.",
        besides=_TIE + ", or change the name or number of one of the two.",
    ),
    "invisible": Topic(
        "A system does not return the record, which is no proof that it was deleted.",
        besides="Let Crossbook's user see it again, or delete it for good; then crossbook replay RECORD",
    ),
    "invisible_part": Topic(
        "Salesforce does not return somebody who belongs to the account, which is no proof of deletion.",
        {Take.GONE: "they are gone for good: take them out of the Xero contact", Take.LEAVE: _LEAVE},
        "If they are only hidden, let Crossbook's user see them again; then crossbook replay RECORD",
    ),
    "merged": Topic(
        "A record was merged into another one, and the link cannot follow by itself.",
        besides="Take the pair apart with crossbook unlink, and tie what belongs together with crossbook link.",
    ),
    "restore": Topic("Xero did not bring an archived contact back.", besides="Restore the contact in Xero."),
    "already_linked": Topic(
        "The two belong together, and one of them is linked to somebody else already.",
        besides="Take the wrong pair apart with crossbook unlink, then tie the right one with crossbook link.",
    ),
    "key_held": Topic(
        "An account carries the id of this contact already, though the two are not tied: what is written for the one"
        " would be written over the other.",
        besides="Tie the two with crossbook link, or clear or correct the id in the account.",
    ),
    "overflow": Topic(
        "Xero has no room for all of it.", besides="Take some out in Salesforce; what has room stays in step meanwhile."
    ),
}


def happened(question: Question) -> str:
    """What happened, in a sentence."""
    told = taken.happened(question) if question.topic == "taken" else None
    return told or topic_of(question).happened


def facts(question: Question) -> Mapping[str, Value]:
    """What is shown of its details: of who has something, what is known. Elsewhere nothing is a value like others."""
    if question.topic != "taken":
        return question.detail
    return {name: value for name, value in question.detail.items() if value is not None}


def besides(question: Question) -> str:
    """What else may be done about it, naming the records as far as they are known."""
    if question.topic == "taken":
        return taken.way_out(question)
    told = topic_of(question).besides.replace("RECORD", question.ref.id)
    detail, own = question.detail, question.ref
    if question.topic == "key_held":
        holder = parse_ref(str(detail["holder"])).id
        return (
            f"If the two are the same customer, tie them: crossbook link {holder} {own.id}. If not, clear or correct"
            f" that id in the account {holder} (crossbook resume {holder}, if it is paused); the write is then made by"
            " itself."
        )
    candidates = detail.get("candidates")
    others = [parse_ref(str(each)).id for each in candidates] if isinstance(candidates, list) else []
    if question.topic == "ambiguous" and others:
        pairs = [(own.id, other) if own.system is System.SALESFORCE else (other, own.id) for other in others]
        return "If one of them is the same customer, tie the two: " + ", or ".join(
            f"crossbook link {salesforce} {xero}" for salesforce, xero in pairs
        )
    return told


def topic_of(question: Question) -> Topic:
    """What is asked; `_LEAVE` is an answer to everything."""
    return TOPICS.get(question.topic.partition(":")[0], Topic("Something must be decided."))


def field_of(question: Question) -> str | None:
    """The field of a question about one field, by its Salesforce name; None of any other."""
    kind, _, rule = question.topic.partition(":")
    return rule.partition(":")[0] if kind in _OF_A_FIELD else None


def is_about(question: Question, name: str) -> bool:
    """Whether a question is about the field `name`, as either system or the sync file calls it."""
    kind, _, rule = question.topic.partition(":")
    return kind in _OF_A_FIELD and name in {rule, *rule.split(":")}
