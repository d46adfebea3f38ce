"""The append-only log of a simulated system: what changed, who called, what was pushed."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum

from app.mapping.values import Fields, Json


class ChangeType(StrEnum):
    """What happened to a record, in the words of both vendors' pushes."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    UNDELETE = "UNDELETE"


@dataclass(frozen=True, slots=True)
class Change:
    """One committed write of one record: by whom, and how the record stood afterwards.

    `changed` names the fields whose value differs from before.
    """

    at: datetime
    writer: str
    type: ChangeType
    object: str
    id: str
    fields: Fields
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """One answered API call; `caller` is empty when nobody was authenticated."""

    at: datetime
    caller: str
    method: str
    path: str
    status: int


@dataclass(frozen=True, slots=True)
class Push:
    """One attempt to push; `status` is None when no answer came or the push was dropped on purpose."""

    at: datetime
    line: str
    status: int | None
    dropped: bool = False


@dataclass(slots=True)
class Journal:
    """Everything that happened, in order. Oracles read it; nothing is ever taken out."""

    changes: list[Change] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    pushes: list[Push] = field(default_factory=list)

    def of(self, record_id: str) -> list[Change]:
        """Every change of one record, oldest first."""
        return [change for change in self.changes if change.id == record_id]

    def creations(self, object: str) -> list[Change]:
        """Every record of `object` that was ever created, oldest first."""
        return [change for change in self.changes if change.object == object and change.type is ChangeType.CREATE]

    def as_json(self, last: int) -> Json:
        """The `last` entries of each kind."""
        return {
            "changes": [_plain(asdict(change)) for change in self.changes[-last:]],
            "calls": [_plain(asdict(call)) for call in self.calls[-last:]],
            "pushes": [_plain(asdict(push)) for push in self.pushes[-last:]],
        }


def _plain(entry: "dict[str, Json | datetime]") -> dict[str, Json]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in entry.items()}
