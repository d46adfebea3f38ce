"""The guard: how many records a lane may create or archive in an hour before a person looks."""

from collections.abc import Mapping

from app.engine.actions import Verb
from app.mapping.model import ARCHIVES_ALWAYS, Guard

GUARDED: Mapping[Verb, str] = {Verb.CREATE: "created", Verb.ARCHIVE: "archived"}
"""The kinds of writes that are counted, and how people call them."""

WINDOW_SECONDS = 3600
"""The hour whose writes are counted."""


def most(guard: Guard, verb: Verb, links: int) -> int:
    """How many writes of a guarded kind an hour may hold, in a lane with so many links."""
    if verb is Verb.CREATE:
        return guard.create
    return min(guard.archive, max(ARCHIVES_ALWAYS, int(guard.archive_share * links)))


def tripped(lane: str, verb: Verb, limit: int, counted: int) -> str:
    """Why the guard holds a lane, in words for the person who must release it."""
    return (
        f"the guard stopped it: {counted} records were {GUARDED[verb]} within an hour and more were to come, where "
        f"{limit} are allowed; if that is meant, crossbook release {lane}"
    )
