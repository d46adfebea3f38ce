"""What is asked for is asked in lists of bearable length."""

import pytest

from app.engine.records import System
from app.store.statements import CHUNK, by_object, chunks
from tests.support.records import account, contact


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (CHUNK, [CHUNK]), (CHUNK + 1, [CHUNK, 1])])
def test_no_list_is_longer_than_a_chunk(count: int, sizes: list[int]) -> None:
    assert [len(chunk) for chunk in chunks(range(count))] == sizes


def test_a_value_is_asked_for_once() -> None:
    assert list(chunks(["b", "a", "b"])) == [["b", "a"]]


def test_records_are_grouped_by_what_they_are() -> None:
    assert list(by_object([account(1), contact(1), account(2), account(1)])) == [
        (System.SALESFORCE, "Account", [account(1).id, account(2).id]),
        (System.XERO, "Contact", [contact(1).id]),
    ]
