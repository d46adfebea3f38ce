"""What Salesforce says of its own objects, kept for a while, and what it means that a query was refused."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from app.connectors import wire
from app.connectors.calls import Calls
from app.connectors.http import Outgoing
from app.connectors.salesforce import spelling
from app.engine.events import Priority
from app.engine.ports import Clock
from app.errors import CallRefused
from app.mapping.description import Description, FieldDescription
from app.mapping.values import Json

_KEPT = timedelta(minutes=5)
"""Whoever works by a description keeps it as long as he likes; a field that is granted is seen soon."""
_FEATURES = (
    (("CurrencyIsoCode",), "it is there only where the org has multiple currencies"),
    (("IsPersonAccount", "Person"), "it is there only where the org has person accounts"),
    (("StateCode", "CountryCode"), "it is there only where the org has state and country picklists"),
)
_REMEDY = (
    "give Crossbook's user read access to it (field-level security of its permission set), or correct the sync file"
)

_NUMBERS = frozenset({"currency", "double", "int", "percent"})


class _Kept(NamedTuple):
    description: Description
    until: datetime


class Descriptions:
    """The descriptions of one org, seen with the rights of the user we call as."""

    def __init__(self, calls: Calls, clock: Clock, root: str) -> None:
        self._calls = calls
        self._clock = clock
        self._root = root
        self._kept: dict[str, _Kept] = {}

    async def of(self, object: str, priority: Priority) -> Description:
        """The object as it is described. Raises `CallRefused` when it is not there for us."""
        kept = self._kept.get(object)
        if kept and self._clock.now() < kept.until:
            return kept.description
        return await self._read(object, priority)

    async def explained(
        self, refused: CallRefused, object: str, fields: Iterable[str], priority: Priority
    ) -> CallRefused:
        """`refused`, said with the names of what Salesforce does not show us, if that is why it refused."""
        try:
            shown = {name.lower() for name in (await self._read(object, priority)).fields}
        except CallRefused as unknown:
            return unknown
        hidden = sorted(name for name in fields if "." not in name and name.lower() not in shown)
        if not hidden:
            return refused
        named = "; ".join(f"no field {name} of {object}{_feature(name)}" for name in hidden)
        return CallRefused(f"Salesforce shows us {named}: {_REMEDY}", code="field_unknown")

    async def _read(self, object: str, priority: Priority) -> Description:
        out = Outgoing("GET", f"{self._root}/sobjects/{spelling.name(object)}/describe")
        try:
            reply = await self._calls.call(out, priority)
        except CallRefused as refused:
            if refused.code not in {"not_found", "field_unknown"}:
                raise
            raise CallRefused(f"Salesforce shows us no object {object}: {_REMEDY}", code="field_unknown") from refused
        description = parsed(object, wire.mapping(reply.json))
        self._kept[object] = _Kept(description, self._clock.now() + _KEPT)
        return description


def parsed(object: str, answer: Mapping[str, Json]) -> Description:
    """A describe answer in our terms."""
    fields = [_field(each) for each in wire.items(answer.get("fields"))]
    return Description(
        object,
        {field.name: field for field in fields},
        createable=answer.get("createable") is True,
        updateable=answer.get("updateable") is True,
        deletable=answer.get("deletable") is True,
    )


def _field(told: Mapping[str, Json]) -> FieldDescription:
    length, scale = told.get("length"), told.get("scale")
    return FieldDescription(
        name=wire.text(told.get("name")),
        type=wire.text(told.get("type")),
        length=length if isinstance(length, int) and length > 0 else None,
        createable=told.get("createable") is True,
        updateable=told.get("updateable") is True,
        nillable=told.get("nillable") is not False,
        unique=told.get("unique") is True,
        external_id=told.get("externalId") is True,
        choices=_choices(told) if told.get("restrictedPicklist") is True else None,
        scale=scale if isinstance(scale, int) and told.get("type") in _NUMBERS else None,
    )


def _choices(told: Mapping[str, Json]) -> frozenset[str]:
    active = (each for each in wire.items(told.get("picklistValues")) if each.get("active") is not False)
    return frozenset(wire.text(each.get("value")) for each in active)


def _feature(name: str) -> str:
    found = next((what for words, what in _FEATURES if any(word in name for word in words)), "")
    return f" ({found})" if found else ""
