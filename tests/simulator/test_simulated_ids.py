"""The ids that the simulated Salesforce gives."""

import pytest

from app.simulator.salesforce.ids import RecordIds, checked


@pytest.mark.parametrize(
    "whole", ["0015f00002J9YYEAA3", "00D5Y000001MPM7UAO", "0065Y00001Suvw6QAB", "000000000000000AAA"]
)
def test_fifteen_characters_get_the_known_check(whole: str) -> None:
    assert checked(whole[:15]) == whole
    assert checked(whole) == whole


@pytest.mark.parametrize("text", ["", "001", "0015f00002J9YY!", "0015f00002J9YYEAA", "0015f00002J9YYEAA34"])
def test_what_is_no_id_has_no_check(text: str) -> None:
    assert checked(text) is None


def test_new_ids_are_different_checked_and_carry_their_prefix() -> None:
    ids = RecordIds()
    given = [ids.new("001") for _ in range(200)] + [ids.new("003")]
    assert len(set(given)) == 201
    assert all(len(each) == 18 and checked(each) == each for each in given)
    assert given[0][:3] == "001"
    assert sorted(given[:200]) == given[:200]
