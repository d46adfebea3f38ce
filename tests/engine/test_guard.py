"""How much the guard lets through in an hour."""

from decimal import Decimal

import pytest

from app.engine import guard
from app.engine.actions import Verb
from app.mapping.model import Guard


@pytest.mark.parametrize("links", [0, 100, 100_000])
def test_creates_are_counted_whatever_is_linked(links: int) -> None:
    assert guard.most(Guard(create=7), Verb.CREATE, links) == 7


@pytest.mark.parametrize(
    ("links", "most"),
    [(0, 5), (49, 5), (99, 9), (100, 10), (499, 49), (500, 50), (100_000, 50)],
)
def test_archives_are_a_share_of_the_links_where_that_is_fewer_and_a_few_are_always_allowed(
    links: int, most: int
) -> None:
    assert guard.most(Guard(archive=50, archive_share=Decimal("0.1")), Verb.ARCHIVE, links) == most


def test_no_share_and_no_few_allow_more_archives_than_the_number_says() -> None:
    assert guard.most(Guard(archive=2, archive_share=Decimal(1)), Verb.ARCHIVE, 1000) == 2


def test_what_was_stopped_is_said_with_its_numbers_and_the_way_on() -> None:
    told = guard.tripped("acme/Contact", Verb.ARCHIVE, 9, 7)
    assert "7 records were archived within an hour" in told
    assert "9 are allowed" in told
    assert told.endswith("crossbook release acme/Contact")
