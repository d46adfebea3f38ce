"""Change events: what a transaction changed, posted the way a relay does."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from app.mapping.values import Fields, Json
from app.simulator.ids import Ids
from app.simulator.journal import Change, ChangeType
from app.simulator.pushing import PushLine
from app.simulator.resending import Resender
from app.simulator.salesforce.answers import zulu
from app.simulator.salesforce.envelopes import Envelope, Sign, wrapped
from app.simulator.salesforce.facts import SalesforceFacts
from app.simulator.salesforce.records import Commit
from app.simulator.wire import write_json

TIMEOUT_SECONDS = 5.0
NEVER_TOLD = frozenset({"Id", "IsDeleted", "SystemModstamp", "MasterRecordId"})
STAMPS = frozenset({"CreatedDate", "LastModifiedDate"})
COMPOUNDS = ("Billing", "Shipping", "Mailing")
FIRST_COMMIT_NUMBER = 1_778_192_987_716_501_506


@dataclass(frozen=True, slots=True)
class Relayed:
    """One event that waits to be posted."""

    id: str
    content: Json


class ChangeEvents:
    """The relay of one org."""

    def __init__(
        self,
        line: PushLine,
        ids: Ids,
        org_id: str,
        *,
        sign: Sign,
        envelope: Envelope,
        types: Collection[ChangeType],
        most: int,
        facts: SalesforceFacts,
    ) -> None:
        self._line = line
        self._ids = ids
        self._org_id = org_id
        self._sign = sign
        self._envelope = envelope
        self._types = types
        self._facts = facts
        self._told = 0
        self._queue = Resender(line, most, self._post)

    def announce(self, commit: Commit) -> None:
        """Queue the events of a transaction; changes that are the same on several records become one event."""
        for number, changes in enumerate(_merged(commit.changes), start=1):
            if changes[0].type in self._types and not self._is_silent(commit, changes[0]):
                self._queue.put(self._relayed(commit, changes, number))

    def _is_silent(self, commit: Commit, change: Change) -> bool:
        """Whether this is a survivor of a merge of which nothing is told."""
        survivors = {each.fields.get("MasterRecordId") for each in commit.changes if each.type is ChangeType.DELETE}
        is_update = change.type is ChangeType.UPDATE
        return is_update and change.id in survivors and not self._facts.merge_tells_survivor

    def _relayed(self, commit: Commit, changes: Sequence[Change], number: int) -> Relayed:
        self._told += 1
        event_id, at = str(self._ids()), changes[0].at
        header = _header(commit, changes, number, FIRST_COMMIT_NUMBER + self._told)
        event: Fields = {"ChangeEventHeader": header, **_body(changes[0])}
        return Relayed(
            event_id,
            wrapped(
                event,
                self._envelope,
                event_id=event_id,
                org_id=self._org_id,
                at=at,
                replay_id=self._told,
                bare=self._facts.relays_bare_events,
            ),
        )

    async def _post(self, parcel: Sequence[Relayed]) -> bool:
        contents = [relayed.content for relayed in parcel]
        body = write_json(contents[0] if len(contents) == 1 else contents)
        headers = self._sign(f"msg_{parcel[0].id}", self._line.clock.now(), body)
        answer = await self._line.post(body, {"Content-Type": "application/json", **headers}, TIMEOUT_SECONDS)
        return answer is not None and answer.is_success


def _merged(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Neighbours of one object with the same type and the same content, together."""
    for _, same in groupby(changes, key=lambda change: (change.object, change.type, write_json(_body(change)))):
        yield list(same)


def _header(commit: Commit, changes: Sequence[Change], number: int, commit_number: int) -> Json:
    first = changes[0]
    client = f";client={commit.writer.client}" if commit.writer.client else ""
    return {
        "entityName": first.object,
        "recordIds": [change.id for change in changes],
        "changeType": first.type.value,
        "changeOrigin": f"com/salesforce/api/rest/66.0{client}",
        "transactionKey": commit.key,
        "sequenceNumber": number,
        "commitTimestamp": int(first.at.timestamp()) * 1000,
        "commitNumber": commit_number,
        "commitUser": commit.writer.user_id,
        "changedFields": [_path(name) for name in _changed(first)] if first.type is ChangeType.UPDATE else [],
    }


def _changed(change: Change) -> list[str]:
    """The fields that an update tells of; its stamp is always among them, even within one second."""
    return [name for name in dict.fromkeys([*change.changed, "LastModifiedDate"]) if name not in NEVER_TOLD]


def _body(change: Change) -> dict[str, Json]:
    if change.type is ChangeType.DELETE:
        return {}
    if change.type is ChangeType.UPDATE:
        return _nested({name: change.fields[name] for name in _changed(change)})
    return _nested({name: value for name, value in change.fields.items() if value is not None})


def _nested(fields: Fields) -> dict[str, Json]:
    """The fields in the names of change events: address parts stand together, stamps end in Z."""
    told: dict[str, Json] = {}
    compounds: dict[str, dict[str, Json]] = {}
    for name, value in fields.items():
        compound, _, part = _path(name).partition(".")
        if part:
            compounds.setdefault(compound, {})[part] = value
        elif name not in NEVER_TOLD:
            told[name] = zulu(str(value)) if name in STAMPS else value
    return {**told, **compounds}


def _path(name: str) -> str:
    """The name of a field in change events, such as `BillingAddress.City`."""
    compound = next((word for word in COMPOUNDS if name.startswith(word)), None)
    return name if compound is None else f"{compound}Address.{name.removeprefix(compound)}"
