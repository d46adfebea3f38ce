"""A vendor in memory that fails whenever it is asked for certain records."""

from collections.abc import Iterable, Sequence

from app.engine.events import Priority
from app.engine.ports import Clock
from app.engine.records import Observation, System
from app.errors import NotDone
from tests.support.interrupted import InterruptedVendor


class Reluctant(InterruptedVendor):
    """Fails every read and every search that names one of `fails`: by id, or by key."""

    def __init__(self, system: System, clock: Clock) -> None:
        super().__init__(system, clock)
        self.fails: dict[str, NotDone] = {}

    async def read(
        self, object: str, ids: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        self._stumble(ids)
        return await super().read(object, ids, fields, priority)

    async def find(
        self, object: str, key_field: str, keys: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        self._stumble(keys)
        return await super().find(object, key_field, keys, fields, priority)

    def _stumble(self, asked: Iterable[str]) -> None:
        for each in asked:
            if each in self.fails:
                raise self.fails[each]
