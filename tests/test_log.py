"""What is not allowed by name reaches no log, whoever wrote it and however."""

import io
import json
import logging
import logging.config
import sqlite3
import sys
import threading
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest
import structlog
from arq.logs import default_log_config
from asyncpg.exceptions import CannotConnectNowError
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.config import LOGGING_CONFIG

from app.errors import CallRefused, OutOfQuota, StoreUnavailable
from app.log import ALLOWED, configure_logging, only_allowed, speak_for_python, told
from tests.support.logging import untouched_logging


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    with untouched_logging():
        yield io.StringIO()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(text) for text in stream.getvalue().splitlines()]


def test_a_line_tells_when_how_grave_where_and_what(stream: io.StringIO) -> None:
    configure_logging("info", "json", stream)
    structlog.get_logger("app.x").info("drained", lane="acme/Contact", records=3, duration_seconds=0.5, dead=False)
    (line,) = lines(stream)
    assert str(line.pop("at")).endswith("Z")
    assert line == {
        "level": "info",
        "logger": "app.x",
        "event": "drained",
        "lane": "acme/Contact",
        "records": 3,
        "duration_seconds": 0.5,
        "dead": False,
    }


def test_a_fact_that_is_not_allowed_is_named_and_not_shown(stream: io.StringIO) -> None:
    configure_logging("info", "json", stream)
    structlog.get_logger().info("look", phone="canary", body=b"canary", lane={"name": "canary"}, reason=Decimal("1.50"))
    (line,) = lines(stream)
    assert line["dropped"] == "body lane phone"
    assert line["reason"] == "1.50"
    assert "canary" not in stream.getvalue()


@given(st.dictionaries(st.sampled_from([*sorted(ALLOWED), "phone", "password"]), st.text() | st.lists(st.text())))
def test_only_single_values_under_allowed_names_pass(facts: dict[str, str | list[str]]) -> None:
    shown = only_allowed(None, "info", dict(facts))
    assert set(shown) <= ALLOWED
    assert all(isinstance(value, str) for value in shown.values())


def test_an_error_is_told_by_its_kinds_and_places_never_by_its_message(stream: io.StringIO) -> None:
    configure_logging("info", "json", stream)
    try:
        try:
            int("canary")
        except ValueError as error:
            raise RuntimeError("canary") from error
    except RuntimeError:
        structlog.get_logger().exception("failed")
        logging.getLogger("sqlalchemy.pool").exception("lost %s", "canary")
    for line in lines(stream):
        assert line["error"] == "RuntimeError from ValueError"
        assert "tests/test_log.py" in str(line["trace"])
    assert len(lines(stream)) == 2
    assert "canary" not in stream.getvalue()


def test_a_vendor_s_failure_is_told_by_what_it_is_never_by_what_the_vendor_says() -> None:
    until = datetime(2026, 3, 2, tzinfo=UTC)
    assert told(CallRefused("Xero refused the call (400): canary", code="name_taken", request_id="77")) == {
        "error": "CallRefused",
        "code": "name_taken",
        "request_id": "77",
    }
    assert told(OutOfQuota("canary", until=until)) == {"error": "OutOfQuota", "until": "2026-03-02T00:00:00+00:00"}
    lost = StoreUnavailable("canary")
    lost.__cause__ = OSError("canary")
    assert told(lost) == {"error": "StoreUnavailable from OSError"}


def test_a_database_s_failure_is_told_with_its_own_code_never_with_its_message(stream: io.StringIO) -> None:
    configure_logging("info", "json", stream)
    full = sqlite3.connect(":memory:")
    full.execute("PRAGMA max_page_count = 1")
    lost, gone = StoreUnavailable("canary"), StoreUnavailable("canary")
    with pytest.raises(sqlite3.OperationalError) as raised:
        full.execute("CREATE TABLE canary (id INTEGER)")
    full.close()
    lost.__cause__ = raised.value
    gone.__cause__ = CannotConnectNowError("canary")
    assert told(lost) == {"error": "StoreUnavailable from OperationalError", "code": "SQLITE_FULL"}
    assert told(gone) == {"error": "StoreUnavailable from CannotConnectNowError", "code": "57P03"}
    structlog.get_logger().error("failed", exc_info=lost)
    assert lines(stream)[0]["code"] == "SQLITE_FULL"
    assert "canary" not in stream.getvalue()


def test_what_a_job_s_end_quotes_is_not_shown_though_the_queue_s_words_are(stream: io.StringIO) -> None:
    configure_logging("debug", "json", stream)
    error = ValueError("canary")
    logging.getLogger("arq.worker").error(
        "%6.2fs ! %s failed, %s: %s", 0.1, "1:drain", "ValueError", error, exc_info=error
    )
    (line,) = lines(stream)
    assert (line["event"], line["error"]) == ("... failed, ...", "ValueError")
    assert "canary" not in stream.getvalue()


def test_what_python_would_print_of_its_own_accord_is_a_line_without_values(
    stream: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("info", "json", stream)
    speak_for_python()
    warnings.showwarning("canary", RuntimeWarning, "/srv/app/some/file.py", 7)
    error = ValueError("canary")
    sys.excepthook(ValueError, error, None)
    threading.excepthook(threading.ExceptHookArgs((ValueError, error, None, None)))
    sys.unraisablehook(SimpleNamespace(exc_type=ValueError, exc_value=error, exc_traceback=None, err_msg=None))
    told_of = [(line["event"], line["level"], line["error"]) for line in lines(stream)]
    assert told_of == [
        ("warned", "warning", "RuntimeWarning"),
        ("ended", "critical", "ValueError"),
        ("thread.ended", "error", "ValueError"),
        ("unraisable", "error", "ValueError"),
    ]
    assert lines(stream)[0]["trace"] == "app/some/file.py:7"
    assert "canary" not in stream.getvalue() + "".join(capsys.readouterr())


def test_a_line_that_nobody_takes_harms_nobody() -> None:
    with untouched_logging():
        gone = io.StringIO()
        configure_logging("info", "json", gone)
        gone.close()
        structlog.get_logger().info("said")


def test_a_line_cannot_be_broken_in_two_in_either_form(stream: io.StringIO) -> None:
    for form in ("json", "text"):
        configure_logging("info", form, stream)
        structlog.get_logger().info("x", reason='a\nlevel=error event="forged"\r\u2028\x85\ud800')
    assert len(stream.getvalue().splitlines()) == 2


def test_the_text_form_holds_the_same_facts(stream: io.StringIO) -> None:
    configure_logging("info", "text", stream)
    structlog.get_logger().warning("held", lane="acme/Contact", phone="canary")
    assert "level=warning event=held" in stream.getvalue()
    assert "lane=acme/Contact" in stream.getvalue()
    assert "canary" not in stream.getvalue()


def test_a_library_s_values_are_not_shown_but_those_of_our_own_servers_are(stream: io.StringIO) -> None:
    configure_logging("info", "json", stream)
    logging.getLogger("some.library").warning("cannot reach %s", "canary", extra={"phone": "canary"})
    logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: ValueError('canary')")
    logging.getLogger("uvicorn.error").info("Uvicorn running on %s", "http://127.0.0.1:8000")
    assert [line["event"] for line in lines(stream)] == [
        "cannot reach ...",
        "Task exception was never retrieved",
        "Uvicorn running on http://127.0.0.1:8000",
    ]
    assert "canary" not in stream.getvalue()


@pytest.mark.parametrize(
    ("text", "values", "shown"),
    [
        ("job %s, function %r not found", ("canary", "canary"), "job ... function ... not found"),
        ("%(name)s", ({"name": "canary"},), "..."),
        ("took %.3f seconds - %5d%% - of all", (1.5, 3), "took ... seconds - ... of all"),
        ("%s\nand more", ("canary",), "..."),
        ("100% said", (), "100% said"),
    ],
)
def test_where_a_library_s_text_leaves_places_for_values_nothing_of_these_is_shown(
    stream: io.StringIO, text: str, values: tuple[object, ...], shown: str
) -> None:
    configure_logging("info", "json", stream)
    logging.getLogger("some.library").warning(text, *values)
    assert [line["event"] for line in lines(stream)] == [shown]


def test_a_line_that_cannot_be_written_shows_no_argument(
    stream: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("info", "json", stream)
    logging.getLogger("uvicorn.error").warning("%d", "canary")
    assert "canary" not in stream.getvalue() + capsys.readouterr().err


def test_requests_are_logged_by_nobody_neither_ours_nor_those_we_make(
    stream: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("debug", "json", stream)
    for level in (logging.INFO, logging.ERROR):
        logging.getLogger("uvicorn.access").log(level, "POST /webhooks/salesforce/outbound/canary")
    logging.getLogger("httpx").info("HTTP Request: GET https://canary")
    logging.getLogger("sqlalchemy.engine").info("('canary',)")
    assert stream.getvalue() == ""
    assert capsys.readouterr() == ("", "")


def test_below_the_level_nothing_is_said(stream: io.StringIO) -> None:
    configure_logging("WARNING", "json", stream)
    structlog.get_logger().info("quiet")
    logging.getLogger("arq.worker").info("quiet")
    assert stream.getvalue() == ""


@pytest.mark.parametrize("theirs", [LOGGING_CONFIG, default_log_config(verbose=False)])
def test_set_up_again_it_takes_back_what_a_library_has_set_up(
    stream: io.StringIO, theirs: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("info", "json", stream)
    logging.config.dictConfig(theirs)
    configure_logging("info", "json", stream)
    for name in ("arq.worker", "uvicorn.error", "uvicorn.access", "apprise"):
        logging.getLogger(name).info("said")
    assert [line["logger"] for line in lines(stream)] == ["arq.worker", "uvicorn.error"]
    assert capsys.readouterr() == ("", "")
