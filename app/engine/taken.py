"""What people are told where somebody else has a name or number, or a vendor's rule takes two records for one."""

from app.engine.ledger import Question
from app.engine.records import System, parse_ref

_BY_ITSELF = "the write is then made by itself"


def happened(question: Question) -> str | None:
    """What is known of it beyond its topic: a vendor's rule names whom it found, and not what the two share."""
    if question.detail.get("holder") and not question.detail.get("field"):
        return "The vendor takes the record for another one, which is there already."
    return None


def way_out(question: Question) -> str:
    """What a person can do, naming the records as far as they are known."""
    holder, counterpart = question.detail.get("holder"), question.detail.get("holder_counterpart")
    correction = _correction(question)
    if counterpart:
        return (
            f"{holder} belongs to {counterpart}: {correction}; if it is the same customer, take that pair apart first:"
            f" crossbook unlink {parse_ref(str(holder)).id}"
        )
    return f"If one of them is the same customer, tie the two: {_link(question)}; if none is, {correction}."


def _correction(question: Question) -> str:
    replay = f"then crossbook replay {question.ref.id}"
    match question.detail.get("field"):
        case "Name":
            return f"rename one of the two; {_BY_ITSELF}"
        case str():
            return f"change the number of one of the two; {_BY_ITSELF}"
        case _ if question.detail.get("holder"):
            return f"change what they share ({_BY_ITSELF}), or let Crossbook's user pass the rule, {replay}"
        case _:
            return f"change the name or number of one of the two, {replay}"


def _link(question: Question) -> str:
    own, holder = question.ref, question.other
    if holder is None or holder.system is own.system:
        return "crossbook link SALESFORCE_ID XERO_ID"
    salesforce, xero = (own, holder) if own.system is System.SALESFORCE else (holder, own)
    return f"crossbook link {salesforce.id} {xero.id}"
