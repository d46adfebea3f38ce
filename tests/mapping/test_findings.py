"""Findings are read by people: places and suggestions in their words."""

import pytest

from app.mapping.findings import Place, spell, suggest


@pytest.mark.parametrize(
    ("place", "spelled"),
    [((), "the file"), (("mappings", "customers", "fields", 2, "xero"), "mappings.customers.fields[3].xero")],
)
def test_a_place_is_spelled_with_positions_from_one(place: Place, spelled: str) -> None:
    assert spell(place) == spelled


def test_the_likeliest_known_word_is_suggested_whatever_its_case() -> None:
    assert suggest("emailaddres", ["EmailAddress", "Name"]) == "did you mean EmailAddress?"


def test_without_a_likely_word_all_are_told() -> None:
    assert suggest("quite else", ["b", "a"]) == "known are: a, b."
