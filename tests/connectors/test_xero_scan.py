"""A scan of contacts loses nothing while people go on working."""

from app.connectors.portions import SIZE
from app.engine.events import Priority
from tests.connectors.benches import XeroBench
from tests.support.clock import VirtualClock


async def test_a_contact_that_changes_during_the_scan_hides_no_other(clock: VirtualClock) -> None:
    bench = XeroBench(clock)
    ids = list[str]()
    for number in range(2500):
        ids.append(bench.put(None, {"Name": f"Name {number}"}))
        clock.advance(0.1)
    seen = set[str]()
    async for page in bench.connector.changed("Contact", None, frozenset({"Name"}), Priority.RECONCILE):
        if not seen:
            for early in ids[:10]:
                bench.put(early, {"Name": f"Changed {early}"})
        assert len(page.observations) <= SIZE
        seen |= {each.ref.id for each in page.observations}
    assert seen == set(ids)
