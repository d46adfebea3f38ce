"""Reading records that are named, where a vendor may fail for one of them: that one is told apart from the others."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from app.engine.bench import Bench
from app.engine.causes import is_lane_wide
from app.engine.events import Priority
from app.engine.records import Observation, RecordRef, System
from app.errors import CallRefused, CrossbookError, NotDone, Unreachable


class Unanswered(NamedTuple):
    """Why a vendor does not show a record. `proven`: it does show others, so it is the record's fault."""

    error: NotDone
    proven: bool


Apart = tuple[Sequence[Observation], Mapping[str, Unanswered]]
"""What a vendor shows, and why it does not show those that it fails for."""

_OF_THEIR_OWN = 0.5
"""How often some of those that are asked for, and not others, are to show that a vendor answers."""

_Read = Callable[[Sequence[str]], Awaitable[Sequence[Observation]]]
_Others = Callable[[], Awaitable[Sequence[str]]]


class Unshown(CrossbookError):
    """A vendor does not show some records; `errors` say why."""

    def __init__(self, errors: Mapping[RecordRef, Unanswered]) -> None:
        super().__init__(f"{len(errors)} records are not shown")
        self.errors = errors


async def read_by_id(bench: Bench, system: System, name: str, ids: Sequence[str], priority: Priority) -> Apart:
    """The records of these ids, one observation each but for those that the vendor fails for.

    Raises `NotDone` where it cannot be because of a record: no call is left, or the vendor refuses everybody.
    """
    fields = bench.lane.fields(system, name)
    read = partial(bench.connectors[system].read, name, fields=fields, priority=priority)
    return await _in_pages(bench, system, ids, read, partial(_known, bench, system, name, ids))


async def find_by_key(
    bench: Bench, system: System, name: str, key_field: str, keys: Sequence[str], priority: Priority
) -> Apart:
    """The records that carry these keys, but for those keys that the vendor fails for. Raises as `read_by_id`."""

    async def of_nobody() -> Sequence[str]:
        return [bench.new_id()]

    fields = bench.lane.fields(system, name)
    find = partial(bench.connectors[system].find, name, key_field, fields=fields, priority=priority)
    return await _in_pages(bench, system, keys, find, of_nobody)


async def read_merged_into(bench: Bench, system: System, name: str, ids: Sequence[str], priority: Priority) -> Apart:
    """The records that were merged into these, but for those ids that the vendor fails for. Raises as `read_by_id`."""
    fields = bench.lane.fields(system, name)
    read = partial(bench.connectors[system].merged_into, name, fields=fields, priority=priority)
    return await _apart(bench, ids, ids, read, partial(_known, bench, system, name, ids))


async def _in_pages(bench: Bench, system: System, wanted: Sequence[str], read: _Read, others: _Others) -> Apart:
    """Page by page; once one fails as if the vendor were away, the pages after it are not asked for."""
    seen, failed, size = list[Observation](), dict[str, Unanswered](), bench.connectors[system].read_size
    for start in range(0, len(wanted), size):
        shown, errors = await _apart(bench, wanted[start : start + size], wanted, read, others)
        seen, failed = [*seen, *shown], {**failed, **errors}
        away = next((why for why in errors.values() if not why.proven), None)
        if away:
            return seen, {**failed, **dict.fromkeys(wanted[start:], away)}
    return seen, failed


async def _apart(bench: Bench, wanted: Sequence[str], whole: Sequence[str], read: _Read, others: _Others) -> Apart:
    """What is shown of those `wanted`, a page of the `whole`."""
    try:
        return await read(wanted), {}
    except NotDone as error:
        if not _may_be_of_one(error):
            raise
        if not await _is_of_one(bench, error, whole, read, others):
            return (), dict.fromkeys(wanted, Unanswered(error, proven=False))
    seen, failed = list[Observation](), dict[str, Unanswered]()
    await _read_parts(wanted, read, seen, failed)
    return seen, failed


async def _read_parts(
    wanted: Sequence[str], read: _Read, seen: list[Observation], failed: dict[str, Unanswered]
) -> None:
    """Read by halves, down to the records that fail alone."""
    middle = len(wanted) // 2
    for part in (wanted[:middle], wanted[middle:]) if middle else (wanted,):
        try:
            seen += await read(part)
        except NotDone as error:
            if not _may_be_of_one(error):
                raise
            if len(part) > 1:
                await _read_parts(part, read, seen, failed)
            else:
                failed[part[0]] = Unanswered(error, proven=True)


def _may_be_of_one(error: NotDone) -> bool:
    match error:
        case CallRefused():
            return not is_lane_wide(error.code)
        case Unreachable():
            return error.until is None
    return False


async def _is_of_one(bench: Bench, error: NotDone, wanted: Sequence[str], read: _Read, others: _Others) -> bool:
    """Whether the same call passes for others. A refusal needs no such proof where nobody else is known.

    They are chosen by chance, as any of them may be out of sight itself.
    """
    known = await others()
    if not known and isinstance(error, CallRefused):
        return True
    start = int(bench.chance() * len(wanted))
    own = (wanted[start], wanted[start - 1]) if len(wanted) > 1 else ()
    asked = own[: len(known) or 2] if own and (not known or bench.chance() < _OF_THEIR_OWN) else known
    for other in asked:
        try:
            await read([other])
        except NotDone:
            continue
        return True
    return False


async def _known(bench: Bench, system: System, name: str, besides: Sequence[str]) -> Sequence[str]:
    """The id of a known record of an object that is chosen by chance, if there is one besides those."""
    id = await bench.memory.some_known(RecordRef(system, name, ""), besides, near=bench.new_id())
    return [id] if id else []
