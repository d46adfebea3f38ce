"""The garbage collector, told what lasts."""

import gc
from collections.abc import Iterator

import pytest

from app.collector import spare_what_lasts


@pytest.fixture
def lasting() -> Iterator[list[int]]:
    """Something that was there when it was told, and is walked again after the test."""
    kept = [1]
    spare_what_lasts()
    yield kept
    gc.unfreeze()


def test_what_is_there_is_walked_by_no_collection_and_what_comes_later_is(lasting: list[int]) -> None:
    later = [2]
    walked = {id(each) for each in gc.get_objects()}
    assert id(lasting) not in walked
    assert id(later) in walked
