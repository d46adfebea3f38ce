"""A message says all that is to be told, and what to do."""

from dataclasses import replace

import pytest

from app.engine.messages import Mood, digest, message, trial
from app.engine.notices import CALM, seen, told, unseen
from app.engine.troubles import Kind, Trouble
from tests.support.records import NOON

HELD = Trouble(Kind.HELD, "acme/Contact", "acme/Contact is held", "crossbook release acme/Contact", NOON)
REFUSED = Trouble(Kind.FAILURE, "acme/Contact email", "one record is refused", "crossbook errors", NOON)
STANDS, REFUSAL = seen(None, HELD, NOON), seen(None, REFUSED, NOON)
KNOWN, KNOWN_HOLD = told(REFUSAL, REFUSAL, NOON), told(STANDS, STANDS, NOON)
OVER = unseen(KNOWN, NOON + CALM, anybody=True)


def test_a_message_names_what_to_do_and_where_and_tells_all_at_once() -> None:
    begun, ended = STANDS, OVER
    both = message([begun, ended], "https://crossbook.example")
    assert both.title == "Crossbook: troubles: 1, over: 1"
    assert both.body.splitlines() == [
        "acme/Contact is held",
        "  what to do: crossbook release acme/Contact",
        "over: one record is refused",
        "Crossbook at https://crossbook.example",
    ]
    assert both.mood is Mood.TROUBLE
    assert message([ended], "").mood is Mood.RECOVERY


@pytest.mark.parametrize(
    ("begun", "ended", "title"),
    [
        (1, 0, "Crossbook: a lane is held (acme/Contact)"),
        (0, 1, "Crossbook: over: a record was refused (acme/Contact email)"),
        (3, 0, "Crossbook: 3 troubles"),
        (0, 3, "Crossbook: 3 troubles are over"),
    ],
)
def test_the_title_says_it_all_where_it_can(begun: int, ended: int, title: str) -> None:
    new, past = STANDS, OVER
    assert message([*[new] * begun, *[past] * ended], "").title == title


def test_what_is_over_before_it_could_be_told_is_told_as_both() -> None:
    over_by_now = unseen(STANDS, NOON + CALM, anybody=True)
    assert message([over_by_now], "").body == "acme/Contact is held; it is over by now"


def test_a_digest_tells_what_was_gathered_and_what_still_stands() -> None:
    more = seen(KNOWN, replace(REFUSED, count=5), NOON)
    text = digest([more], [more, STANDS], "")
    assert text.body.splitlines() == [
        "one record is refused [4 more]",
        "  what to do: crossbook errors",
        "still: acme/Contact is held",
    ]
    assert text.mood is Mood.DIGEST


def test_a_trial_says_that_it_is_one() -> None:
    assert trial("https://crossbook.example").mood is Mood.TEST


def test_what_came_back_is_told_as_often_as_it_did() -> None:
    back = [replace(KNOWN_HOLD, untold=times, untold_since=NOON) for times in (1, 2)]
    assert [line.partition("[")[2] for line in digest(back, [], "").body.splitlines() if "[" in line] == [
        "came back once]",
        "came back 2 times]",
    ]
