"""Laws that hold for any input, tried on a real database."""

from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from sqlalchemy import Connection

from app.mapping.values import Json, Value
from app.store.database import Database

T = TypeVar("T")


async def always(
    database: Database, law: Callable[[Connection, T], None], inputs: SearchStrategy[T], examples: int = 40
) -> None:
    """Try `law` with many `inputs`, each on the database as it was before."""

    def work(conn: Connection) -> None:
        @settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(inputs)
        def on_the_same_database(drawn: T) -> None:
            savepoint = conn.begin_nested()
            try:
                law(conn, drawn)
            finally:
                savepoint.rollback()

        on_the_same_database()

    await database.run(work)


def wire_values() -> SearchStrategy[Json]:
    """Anything that a vendor may send as a field."""
    return st.recursive(_SCALARS | st.integers(), _containers, max_leaves=8)


def values() -> SearchStrategy[Value]:
    """Anything that a lens may read."""
    return st.recursive(_SCALARS | st.dates(), _containers, max_leaves=8)


_TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
_NAMES = _TEXTS.filter(lambda name: not name.startswith("$"))
_SCALARS = st.none() | st.booleans() | _TEXTS | st.decimals(allow_nan=False, allow_infinity=False)


def _containers(inner: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.one_of(st.lists(inner, max_size=3), st.dictionaries(_NAMES, inner, max_size=3))
