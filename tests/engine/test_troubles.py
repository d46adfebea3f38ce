"""What is wrong is told from facts alone, each with what to do about it."""

from dataclasses import replace
from datetime import timedelta

from app.addresses import OUTBOUND, XERO
from app.engine.actions import Verb
from app.engine.events import Arrival
from app.engine.silence import PATIENCE, Found
from app.engine.troubles import UNUSED, Facts, Held, Installation, Kind, Reading, Several, Trouble, troubles
from app.engine.usage import Tally
from app.mapping.values import System
from tests.support.records import NOON

SALESFORCE, BOOKS = (System.SALESFORCE, "main"), (System.XERO, "nz")
LANE = "acme/Contact"
HERE = Installation(
    lanes={LANE},
    daily_limits={SALESFORCE: 15_000, BOOKS: 1000},
    renewed={BOOKS},
    arrivals={SALESFORCE: {Arrival(OUTBOUND, "main")}, BOOKS: {Arrival(XERO, "nz")}},
    patience=timedelta(minutes=10),
)
ALL_WELL = Facts(
    at=NOON,
    waiting={LANE: Several(40, NOON - timedelta(minutes=10))},
    held={},
    dead={},
    questions={},
    lapsed_at={},
    tokens_saved_at={BOOKS: NOON - UNUSED},
    used=[Tally(*BOOKS, "2026-03-02", calls=900, calls_left=100)],
    found={BOOKS: Found(NOON - timedelta(hours=1), NOON - PATIENCE[System.XERO])},
    pushed_at={},
    reading_whole={},
)
ELSEWHERE = "no longer/there"


def only(facts: Facts) -> Trouble:
    (found,) = troubles(facts, HERE)
    return found


def test_where_all_is_well_there_is_nothing_to_tell_up_to_each_limit() -> None:
    assert troubles(ALL_WELL, HERE) == []


def test_work_that_waits_for_longer_than_the_settings_allow_is_told_with_the_lane() -> None:
    since = NOON - timedelta(minutes=10, seconds=1)
    found = only(replace(ALL_WELL, waiting={LANE: Several(3, since)}))
    assert (found.kind, found.subject, found.since) == (Kind.LAG, LANE, since)
    assert "3 records" in found.words
    assert "crossbook status" in found.remedy


def test_a_lane_that_is_held_says_by_whom_and_how_it_goes_on() -> None:
    by_guard = only(replace(ALL_WELL, held={LANE: Held(NOON, Verb.CREATE)}))
    by_person = only(replace(ALL_WELL, held={LANE: Held(NOON, None)}))
    assert "the guard: too many writes of the kind create" in by_guard.words
    assert "held by a person" in by_person.words
    assert by_guard.remedy.endswith(f"crossbook release {LANE}")


def test_a_refused_record_is_told_by_its_code_in_words_that_anybody_understands() -> None:
    found = only(replace(ALL_WELL, dead={(LANE, "email"): Several(1, NOON)}))
    assert (found.kind, found.subject, found.count) == (Kind.FAILURE, f"{LANE} email", 1)
    assert found.words.startswith(f"one record of {LANE} cannot be carried over (email): The e-mail address is not one")
    assert "crossbook errors" in found.remedy


def test_a_refused_sign_in_is_told_with_the_command_that_mends_it() -> None:
    found = only(replace(ALL_WELL, lapsed_at={BOOKS: NOON}, tokens_saved_at={BOOKS: NOON - timedelta(days=61)}))
    assert (found.kind, found.subject) == (Kind.SIGN_IN, "xero nz")
    assert found.remedy.startswith("crossbook connect xero nz;")


def test_tokens_that_nobody_renews_are_told_long_before_they_end() -> None:
    found = only(replace(ALL_WELL, tokens_saved_at={BOOKS: NOON - timedelta(days=31), SALESFORCE: NOON - UNUSED * 2}))
    assert found.kind is Kind.SIGN_IN
    assert "not renewed for 31 days and ends at 2026-03-31" in found.words


def test_a_change_that_no_push_told_of_is_a_silence_after_the_last_try_of_the_vendor() -> None:
    found_at = NOON - PATIENCE[System.XERO] - timedelta(seconds=1)
    silent = replace(ALL_WELL, found={BOOKS: Found(NOON - timedelta(hours=1), found_at)})
    never = only(silent)
    once = only(replace(silent, pushed_at={Arrival(XERO, "nz"): NOON - timedelta(hours=3)}))
    assert (never.kind, never.subject, never.since) == (Kind.SILENCE, "xero nz", found_at)
    assert "none ever came" in never.words
    assert "none came since 2026-03-02 09:00 UTC" in once.words
    assert all("crossbook webhooks" in each.remedy for each in (never, once))
    assert troubles(replace(silent, pushed_at={Arrival(XERO, "nz"): NOON}), HERE) == [], "it was heard since"


def test_less_than_a_tenth_of_the_day_s_calls_is_told_by_whoever_counts_the_fewest() -> None:
    by_vendor = only(replace(ALL_WELL, used=[Tally(*BOOKS, "2026-03-02", calls=3, calls_left=99, told_at=NOON)]))
    by_us = only(replace(ALL_WELL, used=[Tally(*BOOKS, "2026-03-02", calls=901)]))
    assert (by_vendor.kind, by_vendor.subject) == (Kind.QUOTA, "xero nz")
    assert "99 of the day's 1,000 calls" in by_vendor.words
    assert "99 of the day's 1,000 calls" in by_us.words


def test_an_object_that_is_read_whole_because_it_was_not_read_for_too_long_is_told() -> None:
    found = only(replace(ALL_WELL, reading_whole={Reading("acme", System.SALESFORCE, "Account"): NOON}))
    assert (found.kind, found.subject) == (Kind.GAP, "acme salesforce Account")


def test_questions_are_counted() -> None:
    found = only(replace(ALL_WELL, questions={LANE: Several(7, NOON)}))
    assert (found.kind, found.count) == (Kind.QUESTION, 7)
    assert not found.kind.is_told_at_once


def test_of_what_the_sync_files_and_settings_name_no_more_nothing_is_told() -> None:
    gone = (System.XERO, "sold")
    facts = replace(
        ALL_WELL,
        waiting={ELSEWHERE: Several(3, NOON - timedelta(days=1))},
        held={ELSEWHERE: Held(NOON, None)},
        dead={(ELSEWHERE, "email"): Several(1, NOON)},
        questions={ELSEWHERE: Several(1, NOON)},
        lapsed_at={gone: NOON},
        tokens_saved_at={gone: NOON - timedelta(days=99)},
        used=[Tally(*gone, "2026-03-02", calls_left=0)],
        found={gone: Found(NOON - timedelta(days=1), NOON - timedelta(days=1))},
    )
    assert troubles(facts, HERE) == []
