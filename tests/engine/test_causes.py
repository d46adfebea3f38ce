"""The words for every failure, and the page that lists them."""

from pathlib import Path

import pytest

from app.engine import causes
from app.engine.actions import Declined
from app.engine.causes import CAUSES, Fixer, Kind
from app.engine.causes_page import page

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"


@pytest.mark.parametrize("code", CAUSES)
def test_a_cause_is_a_sentence_with_somebody_who_can_mend_it_and_a_next_step(code: str) -> None:
    cause = CAUSES[code]
    assert cause.words[0].isupper()
    assert cause.words.endswith(".")
    assert cause.step
    passes = cause.fixer is Fixer.NOBODY
    assert passes == cause.step.startswith("nothing")
    assert not passes or cause.kind in {Kind.TRY_AGAIN, Kind.WAIT}


def test_a_code_that_nobody_has_described_still_has_words() -> None:
    assert causes.cause_of("next_year").kind is Kind.DEAD_LETTER
    assert causes.cause_of("http_418").fixer is Fixer.OPERATOR


def test_a_field_that_is_not_shown_parks_its_lane_and_needs_no_retry_of_everything() -> None:
    step = causes.cause_of("field_unknown").step
    assert "goes on by itself" in step
    assert "retry --all" not in step


def test_what_passes_this_time_is_tried_again_whatever_it_is_otherwise() -> None:
    assert causes.kind_of(Declined("automation_failed", "CPU", passes=True)) is Kind.TRY_AGAIN
    assert causes.kind_of(Declined("automation_failed", "null")) is Kind.DEAD_LETTER
    assert causes.kind_of(Declined("quota", "day", passes=True)) is Kind.WAIT


def test_the_page_of_errors_is_current() -> None:
    told = "run .venv/bin/python -m app.engine.causes_page > docs/errors.md"
    assert PAGE.read_text(encoding="utf-8") == page(), told
