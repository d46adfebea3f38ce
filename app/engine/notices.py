"""Notices: when people are told of troubles, so that each is told once, its end too, and none floods them.

A trouble is told at once; one that comes again within an hour, once it has stood for a few minutes. More of the same,
and what comes again and goes before that, is gathered for the digest. It has ended when it was not seen for a few
minutes, and its end is told to whoever was told of it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from app.engine.troubles import Kind, Trouble

CALM = timedelta(minutes=5)
"""For how long a trouble must not be seen to have ended."""

REST = timedelta(hours=1)
"""How long nothing more is told at once of a trouble that was told of, its beginning or its end."""

STANDS = timedelta(minutes=5)
"""For how long a trouble that comes again in that time must have stood to be told all the same: it does not merely come
and go, and people were told last that it is over.
"""


class Owes(StrEnum):
    """What must still be told of a trouble."""

    BEGINNING = "beginning"
    END = "end"


@dataclass(frozen=True, slots=True)
class Notice:
    """A trouble that was noticed at `begun_at`, seen last at `seen_at`, and what was told of it.

    `since` is when it began, as far as is known. `told_at` is when anything was told last. `untold` counts what is
    gathered for the digest since `untold_since`: more of the same, or how often it came back.
    """

    kind: Kind
    subject: str
    words: str
    remedy: str
    count: int
    since: datetime
    begun_at: datetime
    seen_at: datetime
    ended_at: datetime | None = None
    told_at: datetime | None = None
    owes: Owes | None = None
    untold: int = 0
    untold_since: datetime | None = None

    @property
    def key(self) -> tuple[Kind, str]:
        """What it is known by."""
        return self.kind, self.subject

    @property
    def is_told(self) -> bool:
        """Whether somebody knows of it, as it began last."""
        return self.told_at is not None and self.told_at >= self.begun_at


def seen(before: Notice | None, trouble: Trouble, now: datetime) -> Notice:
    """The notice of a trouble that there is now."""
    if before is None or before.ended_at:
        return _rung(_begun(before, trouble, now), now)
    more = max(0, trouble.count - before.count) if trouble.kind.is_counted and before.owes is None else 0
    stands = replace(before, words=trouble.words, remedy=trouble.remedy, count=trouble.count, seen_at=now)
    return _rung(_gathered(stands, more, now), now)


def unseen(before: Notice, now: datetime, *, anybody: bool) -> Notice:
    """The notice of a trouble that there is not now; `anybody` says whether there is anybody to be told."""
    if before.ended_at or now - before.seen_at < CALM:
        return before
    ended = replace(before, ended_at=now)
    if before.kind.is_counted:
        ended = replace(ended, untold=0, untold_since=None)
    if before.owes is Owes.BEGINNING:
        return ended if anybody else replace(ended, owes=None)
    return replace(ended, owes=Owes.END if before.is_told else None)


def told(notice: Notice, as_it_was: Notice, now: datetime) -> Notice:
    """The notice after it was told `as_it_was`; since then it may have grown, ended, or come back."""
    if notice.begun_at != as_it_was.begun_at:
        return notice
    ended = notice.ended_at is not None and as_it_was.ended_at is None
    after = replace(notice, owes=Owes.END if ended else None, told_at=now)
    if as_it_was.owes is Owes.END:
        return after
    more = 0 if ended or not notice.kind.is_counted else max(0, notice.count - as_it_was.count)
    return _gathered(replace(after, untold=0, untold_since=None), more, now)


def digested(notice: Notice, as_it_was: Notice) -> Notice:
    """The notice after what was gathered of it was told."""
    left = max(0, notice.untold - as_it_was.untold)
    return replace(notice, untold=left, untold_since=notice.untold_since if left else None)


def _begun(before: Notice | None, trouble: Trouble, now: datetime) -> Notice:
    begun = Notice(
        trouble.kind,
        trouble.subject,
        trouble.words,
        trouble.remedy,
        trouble.count,
        since=trouble.since,
        begun_at=now,
        seen_at=now,
    )
    if before:
        begun = replace(begun, told_at=before.told_at, untold=before.untold, untold_since=before.untold_since)
    if trouble.kind.is_told_at_once and not _rests(begun, now):
        return begun
    return _gathered(begun, trouble.count if trouble.kind.is_counted else 1, now)


def _gathered(notice: Notice, more: int, now: datetime) -> Notice:
    if not more:
        return notice
    return replace(notice, untold=notice.untold + more, untold_since=notice.untold_since or now)


def _rung(notice: Notice, now: datetime) -> Notice:
    """The notice that owes its beginning if that is to be told by now."""
    if not notice.kind.is_told_at_once or notice.is_told or notice.owes or _rests(notice, now):
        return notice
    return replace(notice, owes=Owes.BEGINNING)


def _rests(notice: Notice, now: datetime) -> bool:
    """Whether it may still merely come and go: something was told of it not long ago, and it has only just begun."""
    return notice.told_at is not None and now - notice.told_at < REST and now - notice.begun_at < STANDS
