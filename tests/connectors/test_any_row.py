"""Whatever a vendor puts into the fields of a row, the row is taken in and harms none that is read with it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from app.connectors import wire
from app.connectors.salesforce import reading as salesforce
from app.connectors.salesforce.resources import resource_named as salesforce_resource
from app.connectors.xero import reading as xero
from app.connectors.xero.resources import resource_named as xero_resource
from app.connectors.xero.tolerance import plainly
from app.engine import match
from app.engine.lane import Lane
from app.engine.observe import observed
from app.engine.records import Observation, State, System
from app.engine.wholes import wholes
from app.mapping.loader import load_sync
from app.mapping.values import Fields, Json
from tests.support.laws import wire_values

NOW = datetime(2026, 9, 8, tzinfo=UTC)
TEMPLATES = Path(__file__).parents[2] / "app" / "mapping" / "templates"
OUR_OWN = {
    System.SALESFORCE: ("Id", "IsDeleted", "SystemModstamp", "LastModifiedById", "MasterRecordId"),
    System.XERO: ("ContactID", "ContactStatus", "UpdatedDateUTC", "MergedToContactID"),
}
"""What the connectors read of every row, whatever the mappings ask for."""
ODD: SearchStrategy[Json] = st.sampled_from(
    ["0001-01-01T00:00:00.000+0100", "9999-12-31T23:59:59.000-0100", "/Date(253402300799999)/", "", "0015f00002J9YYE"]
)
VALUES = wire_values() | ODD
ENTRIES = st.sampled_from(["PhoneType", "PhoneNumber", "AddressType", "AddressLine1", "Name", "Option", "Id", "Day"])
SHAPED: SearchStrategy[Json] = st.lists(st.dictionaries(ENTRIES, VALUES, max_size=4), max_size=3).map(list)

Read = Callable[[Json, str, frozenset[str]], Observation]


def of_salesforce(row: Json, name: str, fields: frozenset[str]) -> Observation:
    return salesforce.observation(salesforce_resource(name), wire.mapping(row), fields)


def of_xero(row: Json, name: str, fields: frozenset[str]) -> Observation:
    return xero.observation(xero_resource(name), wire.mapping(plainly(row)), fields)


def taken_in(lane: Lane, before: State | None, seen: Observation) -> State:
    """What the engine makes of an observation before it plans anything."""
    system, name = seen.ref.system, seen.ref.object
    state = observed(before, seen, lane.lenses(system, name), NOW)
    for mapping in lane.of_object(system, name):
        match.keys(mapping, state.seen)
    list(wholes(lane.sync, [seen]))
    return state


@pytest.mark.parametrize("template", ["accounts", "people"])
@pytest.mark.parametrize(("system", "read"), [(System.SALESFORCE, of_salesforce), (System.XERO, of_xero)])
def test_a_row_of_any_content_is_taken_in(template: str, system: System, read: Read) -> None:
    sync = load_sync(TEMPLATES / f"{template}.yaml")
    (mapping,) = sync.mappings.values()
    lane, name = Lane("lane", sync, (mapping,)), mapping.object(system)
    fields = lane.fields(system, name)
    names = st.sampled_from(sorted({*(field.partition(".")[0] for field in fields), *OUR_OWN[system]}))

    @settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.dictionaries(names, VALUES | SHAPED), min_size=1, max_size=2))
    def law(rows: list[Fields]) -> None:
        state: State | None = None
        for row in rows:
            seen = read(wire.loads(wire.dumps(row)), name, fields)
            state = taken_in(lane, state, seen)
            assert set(seen.fields) <= fields

    law()
