"""Cases: the pairs that a batch of due records comes down to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.engine.hidden_parts import without_gone
from app.engine.lane import Lane
from app.engine.ledger import Decision, Decisions, DueRecord, Question
from app.engine.match import Matched
from app.engine.memory import Recollection
from app.engine.participation import archives
from app.engine.plans import Merge, Situation
from app.engine.records import Link, Presence, RecordRef, State, System
from app.mapping import model


@dataclass(frozen=True, slots=True)
class Case:
    """One pair under one mapping, or a record that has no counterpart yet, with the due records that led to it."""

    mapping: model.Mapping
    due: tuple[DueRecord, ...]
    salesforce: RecordRef | None
    xero: RecordRef | None
    link: Link | None = None
    matched: Matched = field(default_factory=Matched)
    in_doubt_until: datetime | None = None
    decisions: Decisions = field(default_factory=dict[str, Decision])
    waiting: tuple[Question, ...] = ()
    """Open questions that a change of one of its records would settle."""
    merge: Merge | None = None
    renamed_from: str | None = None
    """The mapping whose link this was, of which the sync file knows no more."""

    def ref(self, system: System) -> RecordRef | None:
        """The record in `system`, where known."""
        return self.salesforce if system is System.SALESFORCE else self.xero

    @property
    def refs(self) -> tuple[RecordRef, ...]:
        """The known records of the pair."""
        if self.salesforce and self.xero:
            return self.salesforce, self.xero
        alone = self.salesforce or self.xero
        return (alone,) if alone else ()

    @property
    def single(self) -> RecordRef | None:
        """The one record of a case without a counterpart."""
        return self.refs[0] if len(self.refs) == 1 else None

    def salesforce_state(self, states: Mapping[RecordRef, State]) -> State | None:
        """The state of the Salesforce record, with what a person has said of its parts."""
        state = states.get(self.salesforce) if self.salesforce else None
        return without_gone(self.mapping, state, self.decisions) if state else None

    def situation(self, states: Mapping[RecordRef, State]) -> Situation:
        """What the planner needs to know of this case."""
        salesforce = self.salesforce_state(states)
        xero = states.get(self.xero) if self.xero else None
        return Situation(
            mapping=self.mapping,
            salesforce=salesforce,
            xero=xero,
            link=self.link,
            matched=self.matched,
            in_doubt_until=self.in_doubt_until,
            decisions=self.decisions,
            merge=self.merge,
        )

    def matched_with(self, matched: Matched) -> "Case":
        """The case after matching: with its counterpart, or with the candidates a person must choose from."""
        if matched.ref is None:
            return replace(self, matched=matched)
        if matched.ref.system is System.XERO:
            return replace(self, matched=matched, xero=matched.ref)
        return replace(self, matched=matched, salesforce=matched.ref)


def pair_up(lane: Lane, batch: Iterable[DueRecord], known: Recollection) -> tuple[list[Case], list[DueRecord]]:
    """The cases of a batch, and the due records that no mapping of the lane concerns.

    Two due records of one link are one case. A record that one mapping has linked is no other mapping's business.
    """
    cases: dict[tuple[str, int | RecordRef], Case] = {}
    strays: list[DueRecord] = []
    for due in batch:
        found = list(_cases_of(lane, due, known.links.get(due.ref) or _left_behind(lane, due, known)))
        for key, case in found:
            before = cases.get(key)
            cases[key] = replace(before, due=(*before.due, due)) if before else case
        if not found:
            strays.append(due)
    return [_told(case, known) for case in cases.values()], strays


def loser_of(mapping: model.Mapping, salesforce: State | None, xero: State | None) -> State | None:
    """Whose link is to go over to a survivor.

    Of a contact whose account is gone, or opted out so that its contact is archived, the survivor is nobody's business.
    """
    if salesforce and salesforce.seen.merged_into:
        return salesforce
    if xero and xero.seen.merged_into and salesforce and salesforce.seen.presence is Presence.LIVE:
        return None if archives(mapping, salesforce) else xero
    return None


def _left_behind(lane: Lane, due: DueRecord, known: Recollection) -> tuple[Link, ...]:
    """The links that are to go over to a record, as others were merged into it of which nobody may have told."""
    return tuple(
        link
        for link in known.left_behind.get(due.ref, ())
        if (mapping := _heir(lane, link))
        and (one := loser_of(mapping, known.states.get(link.salesforce), known.states.get(link.xero)))
        and one.ref.system is due.ref.system
    )


def _told(case: Case, known: Recollection) -> Case:
    """The case with what people have answered about it, and with what waits for it."""
    decisions = {topic: one for ref in case.refs for topic, one in known.decisions.get(ref, {}).items()}
    waiting = tuple(question for ref in case.refs for question in known.waiting.get(ref, ()))
    return replace(case, decisions=decisions, waiting=waiting) if decisions or waiting else case


def _cases_of(lane: Lane, due: DueRecord, links: Sequence[Link]) -> Iterator[tuple[tuple[str, int | RecordRef], Case]]:
    """The links of a record under this lane; without one, the record alone under each mapping that could take it."""
    mappings = lane.of_object(due.ref.system, due.ref.object)
    own = [link for link in links if link.xero.object in {mapping.xero for mapping in mappings}]
    for link in own:
        if mapping := _heir(lane, link):
            yield (mapping.name, link.id), _linked(mapping, due, link)
    for mapping in mappings if not own else ():
        salesforce = due.ref if due.ref.system is System.SALESFORCE else None
        xero = due.ref if due.ref.system is System.XERO else None
        yield (mapping.name, due.ref), Case(mapping, (due,), salesforce, xero)


def _heir(lane: Lane, link: Link) -> model.Mapping | None:
    return lane.heir(link.mapping, link.salesforce.object, link.xero.object, link.base)


def _linked(mapping: model.Mapping, due: DueRecord, link: Link) -> Case:
    renamed = link.mapping if link.mapping != mapping.name else None
    tie = replace(link, mapping=mapping.name)
    return Case(mapping, (due,), link.salesforce, link.xero, tie, renamed_from=renamed)
