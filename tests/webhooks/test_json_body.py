"""Hostile JSON is refused, by an authentic sender too, and nothing of it is stored."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.events import Kind
from app.errors import Malformed
from app.webhooks.json_body import read_json
from tests.support.front_door import ACCOUNT, Door

HEADER = f'"entityName": "Account", "recordIds": ["{ACCOUNT}"], "changeType": "UPDATE"'


def change(header: str = HEADER, fields: str = "") -> str:
    return f'{{"ChangeEventHeader": {{{header}}}{fields}}}'


HOSTILE = {
    "duplicate names": change(f'{HEADER}, "entityName": "Contact"'),
    "duplicate names elsewhere": change(fields=', "a": 1, "a": 2'),
    "not a number": change(fields=', "a": NaN'),
    "infinity": change(fields=', "a": -Infinity'),
    "a number of 5000 digits": change(fields=f', "a": {"9" * 5000}'),
    "deep lists": "[" * 100_000 + "]" * 100_000,
    "deep objects": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "deep lists beside a change": change(fields=f', "a": {"[" * 50_000}{"]" * 50_000}'),
    "zero byte": change(fields=', "a": "\x00"'),
    "two documents": change() + change(),
    "cut short": change()[:-1],
    "single quotes": change().replace('"', "'"),
    "comment": change() + "// x",
    "empty": "",
    "blank": " \n",
    "xml": "<a/>",
}
RECODED = {
    "utf-16": change().encode("utf-16"),
    "utf-16 without a mark": change().encode("utf-16-le"),
    "utf-32": change().encode("utf-32"),
    "latin-1": change(fields=', "a": "é"').encode("latin-1"),
    "encoded surrogate": change(fields=', "a": "\ud800"').encode("utf-8", "surrogatepass"),
}
HARMLESS = {
    "byte order mark": "\ufeff" + change(),
    "a huge fraction": change(fields=', "a": 1e999999999999, "b": 0.' + "1" * 5000),
    "lone surrogate": change(fields=', "a": "\\ud800", "\\udfff": 1'),
    "zero as an escape": change(fields=', "a": "\\u0000"'),
    "a number beyond a column": change(f'{HEADER}, "transactionKey": "x", "sequenceNumber": {"9" * 4000}'),
    "dates of no time": change(
        f'{HEADER}, "commitTimestamp": -62167219200000', ', "CreatedDate": "9999-12-31T23:59:59Z"'
    ),
    "names of the language": change(fields=', "__class__": {"__init__": 1}'),
}

ALL = [pytest.param(text.encode(), id=name) for name, text in HOSTILE.items()] + [
    pytest.param(body, id=name) for name, body in RECODED.items()
]


@pytest.mark.parametrize("body", ALL)
async def test_hostile_json_of_a_relay_is_refused(body: bytes) -> None:
    door = Door()
    answer = await door.changes(body)
    assert (answer.status_code, answer.content) == (400, b"")
    assert door.inbox.commits == 0


@pytest.mark.parametrize("body", ALL)
async def test_hostile_json_with_xero_s_own_signature_leads_to_a_scan_and_no_more(body: bytes) -> None:
    door = Door()
    answer = await door.xero(body)
    assert (answer.status_code, answer.content) == (200, b"")
    assert {event.kind for event in door.inbox.events} == {Kind.SCAN}


@pytest.mark.parametrize("body", ALL)
async def test_hostile_json_of_a_stranger_is_not_even_read(body: bytes) -> None:
    door = Door()
    assert (await door.xero(body, "wrong")).status_code == 401
    assert (await door.changes(body, x_api_key="wrong")).status_code == 401
    assert door.inbox.commits == 0


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in HARMLESS.items()])
async def test_odd_json_around_an_honest_change_does_no_harm(text: str) -> None:
    door = Door()
    assert (await door.changes(text.encode())).status_code == 200
    assert door.inbox.only.record_id == ACCOUNT
    assert len(door.inbox.only.key) <= 255
    assert door.inbox.only.key.isascii()


@given(st.binary())
def test_whatever_the_bytes_they_are_read_or_refused(body: bytes) -> None:
    with suppress(Malformed):
        read_json(body)
