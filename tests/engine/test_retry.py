"""When to try again."""

from hypothesis import given
from hypothesis import strategies as st

from app.engine.retry import next_attempt_at
from tests.support.records import NOON


@given(st.integers(0, 50), st.floats(0, 1, exclude_max=True))
def test_a_retry_is_never_at_once_and_never_more_than_ten_minutes_off(attempts: int, chance: float) -> None:
    pause = (next_attempt_at(NOON, attempts, chance) - NOON).total_seconds()
    assert 0.5 <= pause <= 600


def test_the_pause_grows_with_every_failure() -> None:
    pauses = [(next_attempt_at(NOON, attempts, 0.5) - NOON).total_seconds() for attempts in range(6)]
    assert pauses == sorted(set(pauses))
