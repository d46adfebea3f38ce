"""Fits a lane to what Salesforce says of its objects, once an hour, and says what stands in its way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.engine.apply import Deferred, set_aside
from app.engine.events import Priority
from app.engine.lane import Lane
from app.engine.ports import Clock, Connector
from app.errors import NotDone
from app.mapping.description import Description
from app.mapping.findings import Finding, spell
from app.mapping.fitting import fit

FIT_FOR = timedelta(hours=1)
"""How long what Salesforce said of an object is believed."""

ASK_AGAIN_AFTER = timedelta(minutes=5)
"""How soon a lane that its org cannot carry is fitted anew: an administrator may have put it right."""

UNFIT = "configuration"
"""The code of a lane that waits for a change in the org or in its sync file."""

_TOLD = 5
"""So many findings are told of a lane; the others come to light when these are mended."""


@dataclass(frozen=True, slots=True)
class _Fit:
    lane: Lane
    until: datetime


class Fits:
    """The lanes of this process as they were fitted last."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, _Fit] = {}

    async def fitted(self, lane: Lane, salesforce: Connector) -> Lane | Deferred:
        """`lane` as its org can carry it, or why and until when it has to wait. Asks `salesforce` where it must."""
        now = self._clock.now()
        kept = self._kept.get(lane.name)
        if kept and now < kept.until:
            return kept.lane
        try:
            described = await _described(lane, salesforce)
        except NotDone as error:
            return set_aside(error, now, Priority.PUSH)
        made, findings = _fit(lane, described)
        if findings:
            return Deferred(now + ASK_AGAIN_AFTER, _said(findings), parks=True, code=UNFIT)
        self._kept[lane.name] = _Fit(made, now + FIT_FOR)
        return made


async def _described(lane: Lane, salesforce: Connector) -> Mapping[str, Description]:
    """The lane's objects as the org describes them; those that it does not are left out."""
    objects = dict.fromkeys(mapping.salesforce for mapping in lane.mappings)
    told = {object: await salesforce.describe(object, Priority.PUSH) for object in objects}
    return {object: description for object, description in told.items() if description}


def _fit(lane: Lane, described: Mapping[str, Description]) -> tuple[Lane, Sequence[Finding]]:
    """The lane with every mapping of its sync fitted that shares an object with it: they are read together."""
    fits = {
        name: fit(mapping, described[mapping.salesforce])
        for name, mapping in lane.sync.mappings.items()
        if mapping.salesforce in described
    }
    mappings = {name: fits[name].mapping if name in fits else each for name, each in lane.sync.mappings.items()}
    own = tuple(mappings.get(mapping.name, mapping) for mapping in lane.mappings)
    findings = [finding for each in fits.values() for finding in each.findings]
    return Lane(lane.name, replace(lane.sync, mappings=mappings), own), findings


def _said(findings: Sequence[Finding]) -> str:
    told = [f"{spell(each.place)}: {each.problem}; {each.remedy}" for each in findings[:_TOLD]]
    more = len(findings) - len(told)
    return "\n".join([*told, *([f"and {more} more"] if more else [])])
