"""When to try again, as a value: exponential with full jitter, a cap, and an end."""

from datetime import datetime, timedelta

MAX_ATTEMPTS = 8
"""After so many failures of its own fault a record becomes a dead letter."""

_FIRST_SECONDS = 2.0
_LONGEST_SECONDS = 600.0

AWAY_SECONDS = 15.0
"""How long a lane is put aside when its vendor cannot be reached."""

SUSPECT_SECONDS = 60.0
"""How long a record is put aside at most that may be the reason why its vendor seems to be away."""

QUOTA_SECONDS = 300.0
"""How soon a permit is asked for again, which costs no call, though a quota is said to be used up for longer: the
vendor may have allowed more calls, or a person a larger share of them.
"""

SIGN_IN_SECONDS = 60.0
"""How long a lane is put aside when a person must sign in or mend the configuration."""

DOUBT_SECONDS = 5.0
"""How soon a write in doubt is looked at."""

LONGEST_DOUBT_SECONDS = 600.0
"""How long a record is left alone at most that waits for another one's write in doubt."""

FOLLOW_SECONDS = 2.0
"""How soon a merge is followed that only the look before a write has shown."""

LOOK_UP_SECONDS = 15.0
"""How soon a record whose name is taken is matched anew: when no scan made before the refusal counts as fresh."""


def next_attempt_at(now: datetime, attempts: int, chance: float) -> datetime:
    """When a record that has failed `attempts` times is tried again; `chance` is drawn from [0, 1)."""
    longest = min(_LONGEST_SECONDS, _FIRST_SECONDS * 2.0**attempts)
    return now + timedelta(seconds=max(0.5, longest * chance))


def patiently(now: datetime, since: datetime, least_seconds: float, most_seconds: float) -> datetime:
    """When something that waits since then is tried again: the longer it has waited, the later."""
    waited_seconds = (now - since).total_seconds()
    return now + timedelta(seconds=min(most_seconds, max(least_seconds, waited_seconds)))
