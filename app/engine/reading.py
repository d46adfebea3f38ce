"""Reading by id or key, where a vendor may fail for one record: that one is told apart from the others."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from app.engine.bench import Bench
from app.engine.causes import is_lane_wide
from app.engine.events import Priority
from app.engine.records import Observation, RecordRef, System
from app.errors import CallRefused, CrossbookError, NotDone, Unreachable

Read = Callable[[Sequence[str]], Awaitable[Sequence[Observation]]]
"""Reads the records of some ids or keys."""


class Unshown(CrossbookError):
    """A vendor does not show some records, each asked for alone, though it answers for others; `errors` say why."""

    def __init__(self, errors: Mapping[RecordRef, NotDone]) -> None:
        super().__init__(f"{len(errors)} records are not shown")
        self.errors = errors


async def read_apart(
    bench: Bench, system: System, wanted: Sequence[str], read: Read, priority: Priority
) -> tuple[Sequence[Observation], Mapping[str, NotDone]]:
    """What `read` brings of `wanted`, and those of them for which alone it fails.

    Raises `NotDone` where nothing shows that a record is to blame: the vendor may be away, or refuse everybody.
    """
    try:
        return await read(wanted), {}
    except NotDone as error:
        if not _may_be_of_one(error):
            raise
        if isinstance(error, Unreachable) and not await _answers(bench, system, wanted, read, priority):
            raise
    seen, failed = list[Observation](), dict[str, NotDone]()
    await _read_parts(wanted, read, seen, failed)
    return seen, failed


async def _read_parts(wanted: Sequence[str], read: Read, seen: list[Observation], failed: dict[str, NotDone]) -> None:
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
                failed[part[0]] = error


def _may_be_of_one(error: NotDone) -> bool:
    match error:
        case CallRefused():
            return not is_lane_wide(error.code)
        case Unreachable():
            return error.until is None
    return False


async def _answers(bench: Bench, system: System, wanted: Sequence[str], read: Read, priority: Priority) -> bool:
    """Whether the vendor answers at all now: for a linked record that is chosen by chance, or for one of `wanted`."""
    others = [ref for ref in await bench.memory.some_pair(near=bench.new_id()) if ref.system is system]
    reads = [_reads(bench, ref, priority) for ref in others if ref.id not in wanted]
    if not reads and len(wanted) > 1:
        reads = [_reads_one(read, id) for id in (wanted[0], wanted[-1])]
    for each in reads:
        try:
            await each()
        except NotDone:
            continue
        return True
    return False


def _reads(bench: Bench, ref: RecordRef, priority: Priority) -> Callable[[], Awaitable[object]]:
    fields = bench.lane.fields(ref.system, ref.object)
    return lambda: bench.connectors[ref.system].read(ref.object, [ref.id], fields, priority)


def _reads_one(read: Read, id: str) -> Callable[[], Awaitable[object]]:
    return lambda: read([id])
