"""The Standard Webhooks scheme is verified as its reference library signs, and by no hostile header shaken."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.webhooks.push import Delivery
from app.webhooks.standard_webhooks import is_signed
from tests.support.front_door import CHANGE_SECRET, OLD_CHANGE_SECRET, standard_signature

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
BODY = '{"name": "Zoë"}'
KEYS = (b"current change secret", b"previous change secret")


def headers(*, secret: str = CHANGE_SECRET, id: str = "msg_1", age_seconds: int = 0) -> dict[str, bytes]:
    at = int(NOW.timestamp()) - age_seconds
    return {
        "webhook-id": id.encode(),
        "webhook-timestamp": str(at).encode(),
        "webhook-signature": standard_signature(BODY, id=id, at=at, secret=secret).encode(),
    }


def is_good(headers: Mapping[str, bytes], body: str = BODY, keys: tuple[bytes, ...] = KEYS) -> bool:
    return is_signed(Delivery(body.encode(), NOW, headers), keys)


@pytest.mark.parametrize("secret", [CHANGE_SECRET, OLD_CHANGE_SECRET])
def test_each_valid_secret_signs(secret: str) -> None:
    assert is_good(headers(secret=secret))


def test_a_part_of_a_second_makes_no_difference() -> None:
    later = NOW + timedelta(milliseconds=300)
    assert is_signed(Delivery(BODY.encode(), later, headers()), KEYS)


@pytest.mark.parametrize(("age_seconds", "good"), [(300, True), (301, False), (-300, True), (-301, False)])
def test_five_minutes_are_tolerated_either_way(age_seconds: int, good: bool) -> None:
    assert is_good(headers(age_seconds=age_seconds)) is good


def test_one_good_signature_among_others_is_enough() -> None:
    signed = headers()
    others = b"v1,AAAA v1a,%s v2,x" % signed["webhook-signature"].removeprefix(b"v1,")
    assert is_good({**signed, "webhook-signature": others + b" " + signed["webhook-signature"] + b" v1,"})
    assert not is_good({**signed, "webhook-signature": others})


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", [None, b"", b" ", b"\xff\xfe", b"1", b"v1,"])
def test_each_header_must_be_as_signed(name: str, value: bytes | None) -> None:
    changed = headers() | {name: value or b""}
    if value is None:
        del changed[name]
    assert not is_good(changed)


def test_an_empty_id_is_none_though_it_was_signed() -> None:
    assert not is_good(headers(id=""))


def test_another_body_another_key_and_no_key_at_all_are_refused() -> None:
    assert not is_good(headers(), body=BODY + " ")
    assert not is_good(headers(), keys=(b"other",))
    assert not is_good(headers(), keys=())


@pytest.mark.parametrize(
    "timestamp", [b"-1", b"1e9", b"0x1", b"9" * 5000, b"1772442000.0", b"+1772442000", b"\xd9\xa1"]
)
def test_a_timestamp_that_is_not_whole_seconds_is_refused(timestamp: bytes) -> None:
    assert not is_good(headers() | {"webhook-timestamp": timestamp})


@given(st.fixed_dictionaries({name: st.binary() for name in headers()}))
def test_whatever_the_headers_hold_the_answer_is_no(hostile: dict[str, bytes]) -> None:
    assert not is_good(hostile)
