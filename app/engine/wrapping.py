"""A connector around another one."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

from app.engine.actions import Element, Request, Verb
from app.engine.events import Priority
from app.engine.ports import Connector
from app.engine.records import System


class Wrapping:
    """What a connector that wraps another one passes on as it is: all that is no call.

    Calls are left to each wrapper, so that none is passed on by oversight.
    """

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    @property
    def system(self) -> System:
        return self._connector.system

    @property
    def user(self) -> str | None:
        return self._connector.user

    @property
    def overlap(self) -> timedelta:
        return self._connector.overlap

    @property
    def deletions_kept(self) -> timedelta | None:
        return self._connector.deletions_kept

    @property
    def read_size(self) -> int:
        return self._connector.read_size

    def write_size(self, verb: Verb) -> int:
        return self._connector.write_size(verb)

    def reserve(self, calls: int, priority: Priority) -> AbstractAsyncContextManager[None]:
        return self._connector.reserve(calls, priority)

    def prepare(
        self,
        verb: Verb,
        object: str,
        elements: Sequence[Element],
        idempotency_key: str,
        shown: frozenset[str] = frozenset(),
    ) -> Request:
        return self._connector.prepare(verb, object, elements, idempotency_key, shown)
