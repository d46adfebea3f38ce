"""A base is stored as pairs."""

from app.engine.records import Agreed
from app.store.bases import base_of, document_of


def test_a_base_is_stored_as_the_pair_of_each_rule_salesforce_first() -> None:
    assert document_of({"Phone": Agreed("a", "b")}) == {"Phone": ["a", "b"]}


def test_a_stored_base_comes_back() -> None:
    assert base_of({"Phone": ("a", "b")}) == {"Phone": Agreed("a", "b")}
