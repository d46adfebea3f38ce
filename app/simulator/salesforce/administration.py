"""What an org's administrator has forbidden: validation rules and duplicate rules, and refusals to order by name."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from app.mapping.values import Fields, Json
from app.simulator.salesforce.answers import Refusal


@dataclass(frozen=True, slots=True)
class ValidationRule:
    """Refuses every write, a person's too, after which a record of `object` would be `broken`."""

    object: str
    message: str
    broken: Callable[[Fields], bool]

    def check(self, object: str, fields: Fields) -> None:
        """Raise Refusal when the record breaks the rule."""
        if object == self.object and self.broken(fields):
            raise Refusal("FIELD_CUSTOM_VALIDATION_EXCEPTION", self.message)


@dataclass(frozen=True, slots=True)
class DuplicateRule:
    """Refuses a record of `object` whose `field` another living one has already. Blanks match nothing."""

    object: str
    field: str


def duplicates_detected(ids: Iterable[str], *, misspelt: bool = True) -> Refusal:
    """The refusal of a duplicate rule that matched the records `ids`."""
    matched: list[Json] = [{"record": {"Id": id, "attributes": {"type": "Account"}}} for id in ids]
    result: Json = {"allowSave": False, "duplicateRule": "Standard", "matchResults": [{"matchRecords": matched}]}
    more = {"duplicateResut" if misspelt else "duplicateResult": result}
    return Refusal("DUPLICATES_DETECTED", "Use one of these records?", more=more)


def row_locked(ids: Sequence[str] = ()) -> Refusal:
    """Somebody else is writing the record, or its parent, at this moment."""
    message = f"unable to obtain exclusive access to this record or {len(ids) or 1} records: {','.join(ids)}"
    return Refusal("UNABLE_TO_LOCK_ROW", message)


def trigger_failed(cause: str) -> Refusal:
    """An Apex trigger failed; its message embeds the cause."""
    message = f"AccountTrigger: execution of AfterUpdate caused by: {cause}"
    return Refusal("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message)


def flow_failed(label: str = "Set the owner") -> Refusal:
    """A record-triggered flow failed."""
    message = f'We can\'t save this record because the "{label}" process failed. Give your administrator these details.'
    return Refusal("CANNOT_EXECUTE_FLOW_TRIGGER", message)
