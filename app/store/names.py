"""What the records of questions are called, so that a person knows whom they are asked about."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Connection

from app.engine.ledger import Question
from app.engine.records import RecordRef, State, parse_ref
from app.mapping.values import Value
from app.store import states

_TELLING = ("Name", "FirstName", "LastName", "EmailAddress", "Email", "Email__c")


def names_of(conn: Connection, questions: Iterable[Question]) -> dict[str, str]:
    """By ref, as text: name and e-mail address of the records that are asked about, as they were last seen."""
    by_sync: defaultdict[str, set[RecordRef]] = defaultdict(set)
    for question in questions:
        by_sync[question.lane.partition("/")[0]].update((question.ref, *_refs(question.detail)))
    return {
        str(ref): called
        for sync, refs in by_sync.items()
        for ref, state in states.load(conn, sync, sorted(refs)).items()
        if (called := _called(state))
    }


def _refs(detail: Mapping[str, Value]) -> Iterator[RecordRef]:
    for value in detail.values():
        for each in value if isinstance(value, list) else (value,):
            try:
                yield parse_ref(str(each))
            except ValueError:
                continue


def _called(state: State) -> str:
    held = dict.fromkeys(str(state.seen.fields.get(name) or "") for name in _TELLING)
    parts = [repr(each) for each in held if each]
    return f"({', '.join(parts)})" if parts else ""
