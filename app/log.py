"""One wide line an event. Only what is allowed by name reaches a log: no secret, no body, no personal data."""

import contextlib
import json
import logging
import re
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache, partial
from pathlib import PurePath
from traceback import extract_tb
from types import TracebackType
from typing import TextIO

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from app.errors import CallRefused, OutOfQuota, Unreachable, VendorError

ALLOWED = frozenset({
    "account", "action", "at", "attempts", "call_id", "calls", "code", "connection", "count", "dead", "dropped", "due",
    "duration_seconds", "epoch", "error", "event", "events", "gone", "kind", "lane", "level", "limit", "link_id",
    "logger", "mapping", "object", "origin", "outcome", "owner", "pending", "port", "previous_key", "priority",
    "reason", "record", "record_id", "records", "request_id", "route", "rule", "run", "run_id", "scans", "settled",
    "slot", "status", "sync", "system", "target", "topic", "trace", "trace_id", "unreadable", "until", "verb",
    "version", "waited_seconds",
})  # fmt: skip
"""The facts that a line may hold: words of ours, ids and numbers. `route` is as declared, never as requested."""

Fact = str | int | float | None
"""What a line may hold: a single value."""

_NUMBERS = frozenset({int, float, bool, type(None)})

_OTHER = "(not a single value)"

_LONGEST_TEXT = 500

_FILLED_IN = re.compile(r"\S*%\S*(?:\s+(?:\S*%\S*|[^\w\s]+(?!\S)))*")
"""Where a library's text has places for values: the words with them, and the signs between such words."""

_PLAIN_SPOKEN = ("uvicorn", "arq", "alembic")
"""Libraries whose messages hold no data of ours, unless they tell of an error; of all others only the text in their
source code is shown."""

_TALKATIVE = ("httpx", "httpcore", "sqlalchemy", "asyncio")
"""Libraries that name addresses, values or statements below a warning."""


def told(error: BaseException) -> Mapping[str, str]:
    """What a line may say of a failure: its kinds and its code, and of a vendor's its id and when it may be over.

    Its message may quote the vendor, and the vendor a value: it is for `crossbook why`, `status` and `errors`.
    """
    facts = {"error": _kinds(error), **_of_database(error)}
    if isinstance(error, CallRefused):
        facts["code"] = error.code
    if isinstance(error, VendorError) and error.request_id:
        facts["request_id"] = error.request_id
    if isinstance(error, OutOfQuota | Unreachable) and error.until:
        facts["until"] = error.until.isoformat()
    return facts


def configure_logging(level: str, form: str, stream: TextIO | None = None) -> None:
    """Send every logger's lines, ours and the libraries', to `stream` (standard error): `form` is json or text.

    May be called again, as it must be where a library has set up logging in between: arq's command does so after it
    has read the worker's settings, uvicorn's before it imports the application.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    handler = logging.StreamHandler(stream or sys.stderr)
    render = _renderer(form)
    handler.setFormatter(_formatter(render))
    logging.basicConfig(handlers=[handler], level=number, force=True)
    _tame_libraries(number)
    logging.raiseExceptions = False  # a line that cannot be written would otherwise be shown with its arguments
    structlog.configure(
        processors=[structlog.stdlib.add_logger_name, *_stamp(), _name_the_error, only_allowed, render],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=cache(partial(_Lines, handler)),
    )


class _Lines:
    """A logger of ours: it writes what is a line already, past the library's records, which cost more than the line."""

    def __init__(self, handler: "logging.StreamHandler[TextIO]", name: str = "crossbook") -> None:
        self.name = name
        self._handler = handler
        self.debug = self.info = self.warning = self.error = self.critical = self._write

    def _write(self, line: str) -> None:
        with self._handler.lock or contextlib.nullcontext(), contextlib.suppress(OSError, ValueError):
            self._handler.stream.write(line + "\n")
            self._handler.flush()


def speak_for_python() -> None:
    """Let a process say as a line of ours what Python would print, values and all: warnings, and what ends it."""
    log = structlog.get_logger("python")

    def warn(
        message: Warning | str,  # noqa: ARG001 - it may quote anything
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,  # noqa: ARG001 - what is said goes where all lines go
        line: str | None = None,  # noqa: ARG001 - a line of the source may hold a secret
    ) -> None:
        log.warning("warned", error=category.__qualname__, trace=f"{_short(filename)}:{lineno}")

    def end(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        if not isinstance(error, KeyboardInterrupt):
            log.critical("ended", exc_info=error)

    warnings.showwarning = warn
    sys.excepthook = end
    sys.unraisablehook = lambda gone: log.error("unraisable", exc_info=gone.exc_value)
    threading.excepthook = lambda gone: log.error("thread.ended", exc_info=gone.exc_value)


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


def _renderer(form: str) -> Processor:
    if form == "text":
        return structlog.processors.LogfmtRenderer(key_order=["at", "level", "event"], drop_missing=True)
    encode: Callable[[EventDict], str] = json.JSONEncoder().encode
    return lambda _logger, _method, line: encode(line)


def _formatter(render: Processor) -> ProcessorFormatter:
    return ProcessorFormatter(
        foreign_pre_chain=[_only_the_message, structlog.stdlib.add_logger_name, *_stamp()],
        processors=[_name_the_error, ProcessorFormatter.remove_processors_meta, only_allowed, render],
    )


def _stamp() -> list[Processor]:
    return [structlog.stdlib.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True, key="at")]


def _only_the_message(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """A library's line: what follows the first line of its text may quote anything."""
    record: logging.LogRecord = line["_record"]
    said, source = str(line["event"]), str(record.msg)
    if record.name.partition(".")[0] in _PLAIN_SPOKEN and not record.exc_info:
        line["event"] = _first_line(said)
    else:
        line["event"] = _first_line(source) if said == source else _FILLED_IN.sub("...", _first_line(source))
    return line


def _first_line(text: str) -> str:
    return (text.splitlines() or [""])[0][:_LONGEST_TEXT]


def _name_the_error(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """An exception by its kind and its place; its message may quote anything."""
    failure = _failure(line.pop("exc_info", None))
    if failure is not None:
        line["error"] = _kinds(failure)
        line.update(_of_database(failure))
        line["trace"] = " > ".join(_places(failure.__traceback__))[-_LONGEST_TEXT:]
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


def _kinds(error: BaseException) -> str:
    return " from ".join(type(each).__qualname__ for each in _causes(error))


def _of_database(error: BaseException) -> dict[str, str]:
    """The database's own code, such as SQLITE_FULL or PostgreSQL's 53100, where it is what has failed."""
    codes = (getattr(each, name, None) for each in _causes(error) for name in ("sqlite_errorname", "sqlstate"))
    return next(({"code": code} for code in codes if isinstance(code, str)), {})


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _places(trace: TracebackType | None) -> Iterator[str]:
    for frame in extract_tb(trace):
        yield f"{_short(frame.filename)}:{frame.lineno} {frame.name}"


def _short(path: str) -> str:
    return "/".join(PurePath(path).parts[-3:])


def only_allowed(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """`line` without any fact that is not allowed by name or is not a single value; `dropped` names those."""
    kept = {key: value if _is_plain(value) else _plain(value) for key, value in line.items() if key in ALLOWED}
    if len(kept) == len(line) and _OTHER not in kept.values():
        return kept
    kept = {key: value for key, value in kept.items() if value is not _OTHER}
    return {**kept, "dropped": " ".join(sorted(line.keys() - kept.keys()))}


def _is_plain(value: object) -> bool:
    """Whether a value, as nearly all are, can be written as it is."""
    if type(value) is str:
        return len(value) <= _LONGEST_TEXT and value.isprintable()
    return type(value) in _NUMBERS


def _plain(value: object) -> Fact:
    """A single value in one line, `_OTHER` for any other."""
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str | Decimal | datetime):
        return _OTHER
    return "".join(letter if letter.isprintable() else " " for letter in str(value)[:_LONGEST_TEXT])
