"""One wide line an event. Only what is allowed by name reaches a log: no secret, no body, no personal data."""

import logging
import sys
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import PurePath
from traceback import extract_tb
from types import TracebackType
from typing import TextIO

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

ALLOWED = frozenset({
    "account", "action", "at", "attempts", "call_id", "calls", "code", "connection", "count", "dead", "dropped", "due",
    "duration_seconds", "epoch", "error", "event", "events", "gone", "kind", "lane", "level", "limit", "link_id",
    "logger", "mapping", "object", "origin", "outcome", "owner", "pending", "port", "previous_key", "priority",
    "reason", "record", "record_id", "records", "request_id", "route", "rule", "run", "run_id", "scans", "settled",
    "slot", "status", "sync", "system", "target", "topic", "trace", "unreadable", "until", "verb", "version",
})  # fmt: skip
"""The facts that a line may hold: words of ours, ids and numbers. `route` is as declared, never as requested."""

_LONGEST_TEXT = 500

_PLAIN_SPOKEN = ("uvicorn", "arq", "alembic")
"""Libraries whose messages hold no data of ours; of all others only the text in their source code is shown."""

_TALKATIVE = ("httpx", "httpcore", "sqlalchemy", "asyncio")
"""Libraries that name addresses, values or statements below a warning."""


def configure_logging(level: str, form: str, stream: TextIO | None = None) -> None:
    """Send every logger's lines, ours and the libraries', to `stream` (standard error): `form` is json or text.

    May be called again, as it must be where a library has set up logging in between: arq's command does so after it
    has read the worker's settings, uvicorn's before it imports the application.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_formatter(form))
    logging.basicConfig(handlers=[handler], level=number, force=True)
    _tame_libraries(number)
    logging.raiseExceptions = False  # a line that cannot be written would otherwise be shown with its arguments
    structlog.configure(
        processors=[structlog.stdlib.add_logger_name, *_stamp(), ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def _tame_libraries(level: int) -> None:
    """Let libraries speak through our handler alone. Addresses hold a secret, so nobody may log a request."""
    for name in ("uvicorn", "uvicorn.error", "arq", "arq.worker", "arq.jobs"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.NOTSET)
    for name in ("uvicorn.access", "uvicorn.asgi", "apprise"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = False
        logger.disabled = True
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _formatter(form: str) -> ProcessorFormatter:
    render: Processor = structlog.processors.JSONRenderer()
    if form == "text":
        render = structlog.processors.LogfmtRenderer(key_order=["at", "level", "event"], drop_missing=True)
    return ProcessorFormatter(
        foreign_pre_chain=[_only_the_message, structlog.stdlib.add_logger_name, *_stamp()],
        processors=[_name_the_error, ProcessorFormatter.remove_processors_meta, only_allowed, render],
    )


def _stamp() -> list[Processor]:
    return [structlog.stdlib.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True, key="at")]


def _only_the_message(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """A library's line: what follows the first line of its text may quote anything."""
    record: logging.LogRecord = line["_record"]
    plain = record.name.partition(".")[0] in _PLAIN_SPOKEN
    text = str(line["event"] if plain else record.msg)
    line["event"] = (text.splitlines() or [""])[0]
    return line


def _name_the_error(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """An exception by its kind and its place; its message may quote anything."""
    failure = _failure(line.pop("exc_info", None))
    if failure is not None:
        line["error"] = " from ".join(type(error).__qualname__ for error in _causes(failure))
        line["trace"] = " > ".join(_places(failure.__traceback__))
    return line


def _failure(exc_info: object) -> BaseException | None:
    match exc_info:
        case BaseException():
            return exc_info
        case (_, BaseException() as failure, _):
            return failure
        case None | False | (None, None, None):
            return None
    return sys.exception()


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _places(trace: TracebackType | None) -> Iterator[str]:
    for frame in extract_tb(trace):
        path = "/".join(PurePath(frame.filename).parts[-3:])
        yield f"{path}:{frame.lineno} {frame.name}"


def only_allowed(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """`line` without any fact that is not allowed by name or is not a single value; `dropped` names those."""
    kept = {key: _plain(value) for key, value in line.items() if key in ALLOWED and _is_single(value)}
    dropped = sorted(line.keys() - kept.keys())
    return {**kept, "dropped": " ".join(dropped)} if dropped else kept


def _is_single(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | Decimal | datetime)


def _plain(value: object) -> str | int | float | None:
    if value is None or isinstance(value, int | float):
        return value
    return "".join(letter if letter.isprintable() else " " for letter in str(value)[:_LONGEST_TEXT])
