"""The lines of history that a case leaves: what was decided, why, and what came of it."""

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import replace

from app.engine.actions import Declined, Done, Verb
from app.engine.cases import Case
from app.engine.ledger import Entry
from app.engine.plans import Action, Plan, Write
from app.engine.records import System
from app.engine.written import Moment, Written
from app.mapping.values import Value


def entries(case: Case, plan: Plan, written: Sequence[Written], at: Moment) -> Iterator[Entry]:
    """A line for each write; without one, a line where something was learned, tied or asked."""
    if case.renamed_from:
        why = f"the mapping {case.renamed_from} is called {case.mapping.name} now: it keeps what was agreed"
        yield entry(case, at, "link", None, why, {}, "done")
    for each in written:
        yield _entry_of_write(case, plan, each, at)
    learned: dict[str, Value] = {
        name: {"salesforce": agreed.salesforce, "xero": agreed.xero}
        for name, agreed in plan.agreed.items()
        if agreed != (None, None)
    }
    if not written and (learned or plan.link or plan.action is Action.QUESTION):
        yield entry(case, at, plan.action, None, plan.reason, learned, "done")


def _entry_of_write(case: Case, plan: Plan, each: Written, at: Moment) -> Entry:
    write, sent = each.write, each.sent
    line = entry(case, at, write.verb, write.target, _reason(plan, write), write.changes, "done")
    match sent:
        case Done():
            warned = "; ".join(sent.warnings) or None
            done = replace(line, call_id=each.call_id, error=warned)
            return (
                replace(done, xero_id=sent.id) if write.target is System.XERO else replace(done, salesforce_id=sent.id)
            )
        case Declined():
            return replace(line, outcome="refused", error=f"{sent.code}: {sent.message}", call_id=each.call_id)
    return replace(line, outcome="deferred", error=sent.why)


def _reason(plan: Plan, write: Write) -> str:
    """Why this write: of an update, by the rules of the fields that it carries."""
    if write.verb is not Verb.UPDATE:
        return plan.reason
    rules = [(name, change.get("rule")) for name, change in write.changes.items() if isinstance(change, MappingOf)]
    return "; ".join(f"{name}: {rule}" for name, rule in rules)


def entry(
    case: Case,
    at: Moment,
    action: str,
    target: System | None,
    reason: str,
    changes: MappingOf[str, Value],
    outcome: str,
) -> Entry:
    """One line about the pair of a case."""
    return Entry(
        at=at.now,
        lane=at.lane.name,
        epoch=0,
        mapping=case.mapping.name,
        salesforce_object=case.mapping.salesforce,
        salesforce_id=case.salesforce.id if case.salesforce else None,
        xero_object=case.mapping.xero,
        xero_id=case.xero.id if case.xero else None,
        action=action,
        target=target,
        reason=reason,
        changes=changes,
        outcome=outcome,
    )
