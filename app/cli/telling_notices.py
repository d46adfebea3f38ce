"""How a notice is shown to programs and to people."""

from collections.abc import Iterator, Mapping

from app.engine.notices import Notice


def document(notice: Notice) -> Mapping[str, object]:
    """A notice as a program reads it."""
    names = ("kind", "subject", "words", "remedy", "count", "since", "ended_at", "told_at")
    return {name: getattr(notice, name) for name in names}


def lines(notice: Notice) -> Iterator[str]:
    """A notice as a person reads it."""
    known = f"told at {notice.told_at:%Y-%m-%d %H:%M:%S}" if notice.told_at and notice.is_told else "not told"
    if notice.ended_at:
        yield f"over since {notice.ended_at:%Y-%m-%d %H:%M:%S}: {notice.words} ({known})"
        return
    yield f"{notice.kind.in_short}: {notice.words} (since {notice.since:%Y-%m-%d %H:%M:%S}, {known})"
    yield f"  what to do: {notice.remedy}"
