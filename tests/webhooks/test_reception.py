"""Every request leaves one line, which tells what came of it and gives nothing away."""

import io
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing

import pytest

from app.engine.events import Arrival, Event, SequenceRange
from app.errors import StoreUnavailable
from app.log import configure_logging
from tests.support.front_door import API_KEY, OLD_XERO_KEY, SECRET, XERO_KEY, Door, Inbox, xero_signature
from tests.support.logging import untouched_logging
from tests.webhooks.test_outbound import message, notification
from tests.webhooks.test_xero import V1, V5, element, payload


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    with untouched_logging():
        stream = io.StringIO()
        configure_logging("info", "json", stream)
        yield stream


def only(lines: io.StringIO) -> dict[str, object]:
    (text,) = lines.getvalue().splitlines()
    line: dict[str, object] = json.loads(text)
    assert line.pop("at")
    assert isinstance(line.pop("duration_seconds"), float)
    return line


async def test_an_accepted_push_is_one_line_with_its_counts(lines: io.StringIO) -> None:
    await Door().xero(V5)
    assert only(lines) == {
        "level": "info",
        "logger": "app.webhooks.reception",
        "event": "webhook",
        "route": "/webhooks/xero",
        "status": 200,
        "outcome": "accepted",
        "connection": "nz",
        "events": 1,
        "scans": 0,
        "unreadable": 0,
        "previous_key": 0,
        "gone": 0,
    }


async def test_what_could_not_be_read_is_counted_and_warned_of(lines: io.StringIO) -> None:
    await Door().xero(payload(element(), {}, element(resourceId="x")))
    line = only(lines)
    assert (line["level"], line["events"], line["scans"], line["unreadable"]) == ("warning", 2, 1, 1)


async def test_records_that_are_gone_are_counted(lines: io.StringIO) -> None:
    await Door().outbound(message([notification(None), notification()]))
    line = only(lines)
    assert (line["level"], line["events"], line["gone"]) == ("info", 1, 1)


async def test_a_refusal_is_one_line_with_its_reason(lines: io.StringIO) -> None:
    await Door().xero(V1, "wrong")
    assert only(lines) == {
        "level": "warning",
        "logger": "app.webhooks.reception",
        "event": "webhook",
        "route": "/webhooks/xero",
        "status": 401,
        "outcome": "refused",
        "reason": "signature does not fit",
    }


async def test_a_full_disk_is_one_line_of_an_error(lines: io.StringIO) -> None:
    class Full(Inbox):
        async def accept(self, events: Sequence[Event], *, sequence: SequenceRange | None, arrival: Arrival) -> None:
            with closing(sqlite3.connect(":memory:")) as disk:
                disk.execute("PRAGMA max_page_count = 1")
                try:
                    disk.execute("CREATE TABLE events (id INTEGER)")
                except sqlite3.OperationalError as error:
                    raise StoreUnavailable("disk full") from error

    await Door(inbox=Full()).xero(V5)
    line = only(lines)
    assert (line["level"], line["status"], line["outcome"]) == ("error", 503, "unavailable")
    assert (line["error"], line["code"]) == ("StoreUnavailable from OperationalError", "SQLITE_FULL")


async def test_a_failure_of_ours_is_one_line_too_and_is_not_answered_with_success(lines: io.StringIO) -> None:
    class Broken(Inbox):
        async def accept(self, events: Sequence[Event], *, sequence: SequenceRange | None, arrival: Arrival) -> None:
            raise RuntimeError(events, arrival)

    with pytest.raises(RuntimeError):
        await Door(inbox=Broken()).xero(V5)
    line = only(lines)
    assert (line["level"], line["status"], line["outcome"]) == ("error", 500, "failed")


async def test_no_line_holds_a_secret_a_body_or_personal_data(lines: io.StringIO) -> None:
    door = Door()
    body = message([notification("<sf:Id>x</sf:Id><sf:Name>body-canary</sf:Name>")], session="session-canary")
    await door.outbound(body)
    await door.outbound(body, SECRET + "x")
    await door.outbound(b"<body-canary")
    await door.xero(b"body-canary")
    await door.changes({"body-canary": 1})
    await door.changes({"orgId": "body-canary", "payload": {"ChangeEventHeader": {}}})
    text = lines.getvalue()
    assert len(text.splitlines()) == 6
    assert not any(canary in text for canary in ("canary", SECRET, API_KEY, XERO_KEY))


async def test_a_push_under_a_key_that_is_about_to_go_is_warned_of(lines: io.StringIO) -> None:
    await Door().xero(V5, xero_signature(V5, OLD_XERO_KEY))
    line = only(lines)
    assert (line["level"], line["outcome"], line["previous_key"]) == ("warning", "accepted", 1)
    assert OLD_XERO_KEY not in lines.getvalue()


async def test_a_payment_in_a_shape_that_nobody_has_seen_is_an_event_like_any_other(lines: io.StringIO) -> None:
    door = Door()
    data = {"Status": "AUTHORISED", "NewIn2027": [{"Deep": None}]}
    await door.xero(payload(element(eventCategory="PAYMENT", eventType="RECONCILED", data=data)))
    assert (door.inbox.only.object, only(lines)["unreadable"]) == ("Payment", 0)


@pytest.mark.parametrize("document", [b'{"events":null}', b"{}", b'{"events":null,"firstEventSequence":0}'])
async def test_a_push_without_events_is_accepted(document: bytes, lines: io.StringIO) -> None:
    door = Door()
    assert (await door.xero(document)).status_code == 200
    assert (door.inbox.events, only(lines)["events"]) == ([], 0)
