"""Each trouble is told once, its end too, more of the same together, and none floods anybody."""

from dataclasses import replace
from datetime import datetime, timedelta

from app.engine.notices import CALM, REST, STANDS, Notice, Owes, digested, seen, told, unseen
from app.engine.troubles import Kind, Trouble
from tests.support.records import NOON

HELD = Trouble(Kind.HELD, "acme/Contact", "acme/Contact is held", "crossbook release acme/Contact", NOON)
REFUSED = Trouble(Kind.FAILURE, "acme/Contact email", "one record is refused", "crossbook errors", NOON)
ASKED = Trouble(Kind.QUESTION, "acme/Contact", "questions: 2", "crossbook questions", NOON, count=2)
A_MINUTE = timedelta(minutes=1)


def told_now(notice: Notice, now: datetime) -> Notice:
    assert notice.owes
    return told(notice, notice, now)


def over(notice: Notice) -> Notice:
    """The notice once its trouble is no more."""
    return unseen(notice, notice.seen_at + CALM, anybody=True)


def test_a_trouble_is_told_at_once_and_only_once() -> None:
    first = seen(None, HELD, NOON)
    assert first.owes is Owes.BEGINNING
    later = seen(told_now(first, NOON), HELD, NOON + 48 * REST)
    assert (later.owes, later.untold) == (None, 0)


def test_the_end_of_what_was_told_is_told_after_some_calm() -> None:
    known = told_now(seen(None, HELD, NOON), NOON)
    assert unseen(known, NOON + CALM - A_MINUTE, anybody=True) == known
    ended = over(known)
    assert (ended.owes, ended.ended_at) == (Owes.END, NOON + CALM)
    assert told_now(ended, ended.seen_at + CALM).owes is None


def test_what_is_gone_for_a_moment_goes_on() -> None:
    known = told_now(seen(None, HELD, NOON), NOON)
    again = seen(unseen(known, NOON + A_MINUTE, anybody=True), HELD, NOON + 2 * A_MINUTE)
    assert (again.begun_at, again.owes, again.untold) == (NOON, None, 0)


def test_what_comes_and_goes_is_told_once_an_hour_at_most_and_else_gathered() -> None:
    notice, now, tellings = None, NOON, list[datetime]()
    while now < NOON + 3 * REST:
        notice = seen(notice, HELD, now)
        if notice.owes:
            notice = told_now(notice, now)
            tellings.append(now)
        now += CALM
        notice = unseen(notice, now, anybody=True)
        if notice.owes:
            notice = told_now(notice, now)
        now += A_MINUTE
    assert len(tellings) <= 3
    assert notice
    assert notice.untold > 0


def come_back(after: timedelta) -> Notice:
    """The notice of a trouble that is seen again so long after its end was told."""
    at = NOON + CALM
    return seen(told_now(over(told_now(seen(None, HELD, NOON), NOON)), at), HELD, at + after)


def test_what_came_back_within_the_hour_is_told_once_it_has_stood_for_a_few_minutes() -> None:
    back = come_back(A_MINUTE)
    assert (back.owes, back.untold) == (None, 1)
    assert seen(back, HELD, back.begun_at + STANDS - timedelta(seconds=1)).owes is None
    at = back.begun_at + STANDS
    known = told_now(seen(back, HELD, at), at)
    assert (known.owes, known.untold) == (None, 0)
    assert seen(known, HELD, at + A_MINUTE).owes is None
    assert over(known).owes is Owes.END


def test_what_came_back_within_the_hour_and_did_not_stay_is_not_told_nor_its_end() -> None:
    back = come_back(A_MINUTE)
    left = over(seen(back, HELD, back.begun_at + STANDS - A_MINUTE))
    assert (left.owes, left.untold) == (None, 1)


def test_what_came_back_shortly_before_the_hour_is_over_is_told_then() -> None:
    back = come_back(REST - A_MINUTE)
    assert back.owes is None
    assert seen(back, HELD, back.begun_at + A_MINUTE).owes is Owes.BEGINNING


def test_what_was_told_of_nobody_has_no_end_that_is_told() -> None:
    first = seen(None, HELD, NOON)
    assert over(first).owes is Owes.BEGINNING, "it is told as over when the address works again"
    assert unseen(first, NOON + CALM, anybody=False).owes is None


def test_what_ends_while_it_is_told_is_told_as_over_next() -> None:
    first = seen(None, HELD, NOON)
    assert told(over(first), first, NOON + CALM).owes is Owes.END


def test_what_comes_back_while_its_end_is_told_is_not_taken_for_known() -> None:
    ended = over(told_now(seen(None, HELD, NOON), NOON))
    back = seen(ended, HELD, NOON + CALM + A_MINUTE)
    after = told(back, ended, NOON + CALM + A_MINUTE)
    assert not after.is_told
    assert seen(after, HELD, NOON + 2 * REST).owes is Owes.BEGINNING


def test_more_of_the_same_is_gathered() -> None:
    known = told_now(seen(None, REFUSED, NOON), NOON)
    more = seen(known, replace(REFUSED, count=5), NOON + A_MINUTE)
    assert (more.owes, more.untold, more.untold_since) == (None, 4, NOON + A_MINUTE)
    fewer = seen(more, replace(REFUSED, count=2), NOON + 2 * A_MINUTE)
    assert (fewer.untold, fewer.count) == (4, 2)
    assert digested(fewer, more).untold == 0
    assert digested(replace(fewer, untold=6), more).untold == 2


def test_more_that_came_while_it_was_told_is_gathered_too() -> None:
    first = seen(None, REFUSED, NOON)
    more = seen(first, replace(REFUSED, count=5), NOON + A_MINUTE)
    assert told(more, first, NOON + A_MINUTE).untold == 4


def test_of_what_is_over_nothing_is_left_to_gather() -> None:
    more = seen(told_now(seen(None, REFUSED, NOON), NOON), replace(REFUSED, count=5), NOON + A_MINUTE)
    assert (over(more).untold, over(more).owes) == (0, Owes.END)


def test_questions_are_only_gathered() -> None:
    asked = seen(None, ASKED, NOON)
    assert (asked.owes, asked.untold) == (None, 2)
    assert seen(asked, ASKED, NOON + 3 * REST).owes is None
    assert over(asked).owes is None
