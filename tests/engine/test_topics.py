"""Every question that is asked is one that people are told about, with its answers."""

import ast
from pathlib import Path

import pytest

import app
from app.engine.ledger import Question, Take
from app.engine.topics import TOPICS, field_of, is_about, topic_of
from tests.support.records import LANE, account

CODE = Path(app.__file__).parent
PLACES = {"ask": 1, "_question": 1, "Ask": 0, "Question": 3}
"""Where a question's topic stands among the arguments of what asks it."""


def asked() -> set[str]:
    """The topics that the engine and the store ask about, as far as they are written out."""
    topics: set[str] = set()
    for path in [*(CODE / "engine").glob("*.py"), *(CODE / "store").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in PLACES:
                place = PLACES[node.func.id]
                given = node.args[place] if len(node.args) > place else None
                topics |= {str(given.value)} if isinstance(given, ast.Constant) else set()
    return topics


def test_every_topic_that_is_asked_about_has_words() -> None:
    assert {"ambiguous", "gone", "invisible", "merged"} <= asked()
    assert asked() - TOPICS.keys() == set()


@pytest.mark.parametrize("name", TOPICS)
def test_everything_may_be_left_as_it_is_and_there_is_always_a_way_on(name: str) -> None:
    assert Take.LEAVE in TOPICS[name].answers
    assert TOPICS[name].happened.endswith(".")
    assert TOPICS[name].besides


def test_a_conflict_is_about_its_field_by_whichever_name() -> None:
    conflict = Question(LANE, "customers", account(), "conflict:Phone:Phones.DEFAULT")
    assert field_of(conflict) == "Phone"
    assert all(is_about(conflict, name) for name in ("Phone", "Phones.DEFAULT", "Phone:Phones.DEFAULT"))
    assert not is_about(conflict, "Fax")
    assert topic_of(conflict) is TOPICS["conflict"]


def test_a_question_about_the_whole_record_is_about_no_field() -> None:
    gone = Question(LANE, "customers", account(), "gone")
    assert field_of(gone) is None
    assert not is_about(gone, "gone")
