"""What we owe a vendor's limits, as a pure state: who may call now, and if not, when.

Instants are whole milliseconds. A call's place in the minute frees 60 seconds after its *answer*: counted from the
sending, jitter on the way could put 61 arrivals into one minute of the vendor's.
"""

import json
from dataclasses import asdict, dataclass, field, replace

from pydantic import TypeAdapter

from app.engine.events import Priority

MINUTE = 60_000
DAY = 86_400_000
_PERIOD = 300_000
_SOON = 250
"""The least that a refusal asks to wait: places free one by one, and a lane that waits for one is soon rung."""
_ASK_AGAIN = 1000
"""How soon one asks again for a count that was lost: the others may have told by then."""
_SHORTEST_EXPERIENCE = 4 * 3_600_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What one organisation's limits are. `flight_seconds` is the longest that a call can be on its way."""

    minute: int = 60
    day: int = 1000
    at_once: int = 5
    flight_seconds: float = 20.0

    def share(self, processes: int) -> "Limits":
        """The part that each of `processes` may use when they cannot count together."""
        return replace(
            self,
            minute=max(1, self.minute // processes),
            day=max(1, self.day // processes),
            at_once=max(1, self.at_once // processes),
        )


@dataclass(frozen=True, slots=True)
class Denial:
    """No permit before `until`. `busy` means that only a call on its way has to land first."""

    until: int
    reason: str
    busy: bool = False


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything counted so far.

    `places` are the permits in the minute and when each frees; `flying` those on their way and when they are given
    up for lost; `periods` the calls of the day by five minutes, `live` those of them that are not backfill's. `bulk`
    are an app's places by when they free. `foreign_…` are calls that only the vendor's
    remaining-headers told of. Before the first answer is heard (`heard`) only one call flies, so that lost counters
    cannot cause a refusal. `born` tells one beginning of the count from another. `members` are the processes that have
    counted here lately, and until when calls of theirs may be unknown to others; `told_by` those that have added what
    they know since the count was lost, for which it is waited until `lost_until`.
    """

    born: int = 0

    places: dict[str, int] = field(default_factory=dict[str, int])
    flying: dict[str, int] = field(default_factory=dict[str, int])
    periods: dict[str, int] = field(default_factory=dict[str, int])
    live: dict[str, int] = field(default_factory=dict[str, int])
    bulk: dict[str, int] = field(default_factory=dict[str, int])
    foreign_minute: int = 0
    foreign_minute_until: int = 0
    foreign_day: int = 0
    foreign_day_until: int = 0
    narrowed: int = 0
    narrowed_at: int = 0
    parked_until: int = 0
    parked_because: str = ""
    heard: bool = False
    members: dict[str, int] = field(default_factory=dict[str, int])
    lost_until: int = 0
    told_by: list[str] = field(default_factory=list[str])

    def at(self, now: int) -> "Ledger":
        """The same with everything let go that is over by `now`."""
        return replace(
            self,
            places={permit: frees for permit, frees in self.places.items() if frees > now},
            flying={permit: lost for permit, lost in self.flying.items() if lost > now},
            periods={period: calls for period, calls in self.periods.items() if int(period) + _PERIOD + DAY > now},
            live={period: calls for period, calls in self.live.items() if int(period) + _PERIOD + DAY > now},
            bulk={frees: calls for frees, calls in self.bulk.items() if int(frees) > now},
            foreign_minute=self.foreign_minute if self.foreign_minute_until > now else 0,
            foreign_day=self.foreign_day if self.foreign_day_until > now else 0,
            members={process: until for process, until in self.members.items() if until > now},
            narrowed=max(0, self.narrowed - (now - self.narrowed_at) // MINUTE),
            narrowed_at=self.narrowed_at + (now - self.narrowed_at) // MINUTE * MINUTE,
        )

    @property
    def spent_today(self) -> int:
        """The calls of the last 24 hours that we know of."""
        return sum(self.periods.values()) + self.foreign_day

    def text(self) -> str:
        """The ledger as text, for a store."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def parse(cls, text: str) -> "Ledger":
        """The ledger that `text` was made of, without what another version may have added. Raises `ValueError`."""
        return _LEDGER.validate_json(text)


_LEDGER = TypeAdapter(Ledger)


KEPT_BACK: dict[Priority, tuple[int, int]] = {
    Priority.PERSON: (0, 0),
    Priority.PUSH: (0, 0),
    Priority.RECONCILE: (10, 20),
    Priority.BACKFILL: (5, 10),
}
"""By priority, the part of the minute and of the day (one in …) that is left to more urgent calls."""


def reserve(ledger: Ledger, limits: Limits, permits: tuple[str, ...], priority: Priority, now: int) -> Ledger | Denial:
    """Places in the minute and the day for all of `permits`, or none. They lapse unused after a minute."""
    if parked := denied_while_parked(ledger, now):
        return parked
    return (
        _denied_today(ledger, limits, len(permits), priority, now)
        or _denied_this_minute(ledger, limits, len(permits), priority, now)
        or _reserved(ledger, permits, priority, now)
    )


def denied_while_parked(ledger: Ledger, now: int) -> Denial | None:
    """No call before the end of a park, nor while others have not told what they know of a lost count."""
    if ledger.parked_until > now:
        return Denial(ledger.parked_until, ledger.parked_because)
    if ledger.lost_until > now:
        return Denial(min(ledger.lost_until, now + _ASK_AGAIN), "the shared count was lost")
    return None


def depart(ledger: Ledger, limits: Limits, permit: str, now: int) -> Ledger | Denial:
    """Let a reserved call go on its way, if not too many are."""
    if parked := denied_while_parked(ledger, now):
        return parked
    seats = max(1, limits.at_once - ledger.narrowed) if ledger.heard else 1
    if len(ledger.flying) >= seats:
        return Denial(now + 1000, "too many calls at once", busy=True)
    lost = now + int(limits.flight_seconds * 1000)
    return replace(ledger, flying={**ledger.flying, permit: lost}, places={**ledger.places, permit: lost + MINUTE})


def land(ledger: Ledger, permit: str, now: int, *, heard: bool) -> Ledger:
    """The call is over, answered (`heard`) or not: its place frees in a minute, its seat at once."""
    flying = {other: lost for other, lost in ledger.flying.items() if other != permit}
    places = {**ledger.places, permit: now + MINUTE}
    return replace(ledger, flying=flying, places=places, heard=ledger.heard or heard)


def cancel(ledger: Ledger, permit: str, now: int) -> Ledger:
    """A call that was let go and then not sent: as if it had never been."""
    flying = {other: lost for other, lost in ledger.flying.items() if other != permit}
    return give_back(replace(ledger, flying=flying), (permit,), now)


def give_back(ledger: Ledger, permits: tuple[str, ...], now: int) -> Ledger:
    """Reserved permits that were not used."""
    unused = [permit for permit in permits if permit in ledger.places]
    places = {permit: frees for permit, frees in ledger.places.items() if permit not in unused}
    period = _period(now)
    left = max(0, ledger.periods.get(period, 0) - len(unused))
    return replace(ledger, places=places, periods={**ledger.periods, period: left})


def believe(ledger: Ledger, limits: Limits, minute_left: int | None, day_left: int | None, now: int) -> Ledger:
    """Correct the counts by what the vendor said is left, heard with an answer just landed."""
    if minute_left is not None:
        counted = len(ledger.places)
        known = foreign(limits.minute - minute_left, counted, len(ledger.flying))
        ledger = replace(ledger, foreign_minute=known, foreign_minute_until=now + MINUTE)
    if day_left is not None:
        known = foreign(limits.day - day_left, sum(ledger.periods.values()), len(ledger.flying))
        ledger = replace(ledger, foreign_day=known, foreign_day_until=now + DAY)
    return ledger


def park(ledger: Ledger, until: int, reason: str) -> Ledger:
    """No call before `until`."""
    return replace(ledger, parked_until=max(until, ledger.parked_until), parked_because=reason)


def narrow(ledger: Ledger, limits: Limits, now: int) -> Ledger:
    """Halve the calls at once; they grow back by one a minute."""
    seats = max(1, limits.at_once - ledger.narrowed)
    return replace(ledger, narrowed=limits.at_once - max(1, seats // 2), narrowed_at=now)


def _reserved(ledger: Ledger, permits: tuple[str, ...], priority: Priority, now: int) -> Ledger:
    period, calls = _period(now), len(permits)
    places = {**ledger.places, **dict.fromkeys(permits, now + MINUTE)}
    live = ledger.live if priority is Priority.BACKFILL else _more(ledger.live, period, calls)
    return replace(ledger, places=places, periods=_more(ledger.periods, period, calls), live=live)


def _more(counts: dict[str, int], period: str, calls: int) -> dict[str, int]:
    return {**counts, period: counts.get(period, 0) + calls}


def _denied_this_minute(ledger: Ledger, limits: Limits, calls: int, priority: Priority, now: int) -> Denial | None:
    allowed = limits.minute - ledger.foreign_minute - kept_back(limits.minute, KEPT_BACK[priority][0])
    too_many = len(ledger.places) + calls - allowed
    if too_many <= 0:
        return None
    frees = sorted(ledger.places.values())
    until = frees[too_many - 1] if too_many <= len(frees) else ledger.foreign_minute_until
    return Denial(max(until, now + _SOON), "the minute is used up")


def _denied_today(ledger: Ledger, limits: Limits, calls: int, priority: Priority, now: int) -> Denial | None:
    allowed = limits.day - kept_back(limits.day, KEPT_BACK[priority][1])
    if priority is Priority.BACKFILL:
        allowed -= _still_expected(ledger, now)
    too_many = ledger.spent_today + calls - allowed
    if too_many <= 0:
        return None
    for period in sorted(ledger.periods, key=int):
        too_many -= ledger.periods[period]
        if too_many <= 0:
            return Denial(int(period) + _PERIOD + DAY, "the day is used up")
    return Denial(max(ledger.foreign_day_until, now + MINUTE), "the day is used up")


def _still_expected(ledger: Ledger, now: int) -> int:
    """The calls that live work is expected to need before its own calls of today are a day old, at today's pace.

    What it has needed is counted already and comes back as it ages; so this is nothing once a whole day is known.
    """
    if not ledger.live:
        return 0
    known = max(now - int(min(ledger.periods, key=int)), _SHORTEST_EXPERIENCE)
    return max(0, sum(ledger.live.values()) * DAY // known - sum(ledger.live.values()))


def kept_back(limit: int, one_in: int) -> int:
    """The part of a limit, one in so many, that is left to more urgent calls."""
    return -(-limit // one_in) if one_in else 0


def foreign(vendor_counts: int, we_count: int, flying: int) -> int:
    """How many calls the vendor counts that we do not.

    Calls on their way are in our count and perhaps in the vendor's. Nothing is foreign that they could explain; once
    more is proven, the caller must assume that none of them had arrived.
    """
    beyond = vendor_counts - we_count
    return beyond + flying if beyond > 0 else 0


def _period(now: int) -> str:
    return str(now // _PERIOD * _PERIOD)
