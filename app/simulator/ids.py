"""Where the simulator's random ids come from."""

from collections.abc import Callable
from random import Random
from uuid import UUID

Ids = Callable[[], UUID]
"""Gives a new random id at every call."""


def seeded_ids(seed: int) -> Ids:
    """Ids that are the same in every run."""
    random = Random(seed)  # noqa: S311 - repeatable on purpose, guards nothing
    return lambda: UUID(int=random.getrandbits(128), version=4)
