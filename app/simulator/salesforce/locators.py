"""Query results that are handed out page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.engine.ports import Clock
from app.mapping.values import Json
from app.simulator.salesforce.answers import Refusal
from app.simulator.salesforce.ids import RecordIds

LIFE = timedelta(days=2)
LARGEST_PAGE = 2000
SMALLEST_PAGE = 200


@dataclass(frozen=True, slots=True)
class _Result:
    rows: Sequence[Json]
    size: int
    since: datetime


class Locators:
    """The results of which a page is still to be fetched."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ids = RecordIds()
        self._results: dict[str, _Result] = {}

    def first_page(self, rows: Sequence[Json], size: int, root: str) -> dict[str, Json]:
        """The answer to a query; `root` is the address that locators hang on."""
        size = min(LARGEST_PAGE, max(SMALLEST_PAGE, size))
        name = self._ids.new("01g")
        if len(rows) > size:
            self._results[name] = _Result(rows, size, self._clock.now())
        return _page(rows, size, 0, f"{root}/{name}")

    def next_page(self, locator: str, root: str) -> dict[str, Json]:
        """The page that a locator such as `01g…-2000` names. Raises Refusal."""
        name, _, start = locator.partition("-")
        result = self._results.get(name)
        if result is None or self._clock.now() - result.since > LIFE or not start.isdecimal():
            raise Refusal("INVALID_QUERY_LOCATOR", "invalid query locator")
        return _page(result.rows, result.size, int(start), f"{root}/{name}")


def _page(rows: Sequence[Json], size: int, start: int, address: str) -> dict[str, Json]:
    end = start + size
    done = end >= len(rows)
    more: dict[str, Json] = {} if done else {"nextRecordsUrl": f"{address}-{end}"}
    return {"totalSize": len(rows), "done": done, **more, "records": rows[start:end]}
