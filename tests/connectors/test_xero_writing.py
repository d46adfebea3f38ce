"""Writing contacts: the frozen request, and every element judged by Xero's own flags."""

from collections.abc import Sequence
from decimal import Decimal

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connectors import wire
from app.connectors.http import Reply
from app.connectors.xero import writing
from app.connectors.xero.resources import resource_named
from app.engine.actions import Answer, Declined, Done, Element, Verb
from app.errors import Doubtful
from app.mapping.values import Json

CONTACT = resource_named("Contact")
ZERO = "00000000-0000-0000-0000-000000000000"
IDS = [f"aaaaaaaa-0000-4000-8000-{number:012x}" for number in range(50)]


def created(number: str, name: str = "") -> Element:
    return Element(None, {"Name": name or f"Name {number}"}, "ContactNumber", number)


def saved(number: str, id: str, **more: Json) -> dict[str, Json]:
    return {
        "ContactID": id,
        "ContactNumber": number,
        "Name": f"Name {number}",
        "HasValidationErrors": False,
        "StatusAttributeString": "OK",
        **more,
    }


def failed(number: str, message: str, **more: Json) -> dict[str, Json]:
    return {
        "ContactID": ZERO,
        "ContactNumber": number,
        "HasValidationErrors": True,
        "StatusAttributeString": "ERROR",
        "ValidationErrors": [{"Message": message}],
        **more,
    }


def judged(elements: Sequence[Element], rows: Sequence[Json], status: int = 200) -> list[Answer]:
    body: Json = {"Contacts": rows} if status == 200 else {"Type": "ValidationException", "Elements": rows}
    reply = Reply(status, httpx.Headers({"xero-correlation-id": "corr-1"}), wire.dumps(body).encode())
    return writing.answers(CONTACT, elements, reply)


def test_a_create_is_a_put_that_carries_its_key() -> None:
    request = writing.request(CONTACT, Verb.CREATE, [created("001", "Acme")], "key-1")
    assert (request.method, request.target) == ("PUT", "/api.xro/2.0/Contacts?summarizeErrors=false")
    assert request.body == '{"Contacts":[{"ContactNumber":"001","Name":"Acme"}]}'
    assert writing.outgoing(request).headers["Idempotency-Key"] == "key-1"


def test_an_update_is_a_post_with_the_id_and_only_the_fields_that_change() -> None:
    element = Element(IDS[0], {"Phones": [{"PhoneType": "DEFAULT"}], "Discount": Decimal("2.50")})
    request = writing.request(CONTACT, Verb.UPDATE, [element], "key-1")
    assert request.method == "POST"
    fields = '"Discount":2.50,"Phones":[{"PhoneType":"DEFAULT"}]'
    assert request.body == f'{{"Contacts":[{{"ContactID":"{IDS[0]}",{fields}}}]}}'


def test_an_archive_sends_the_status_alone() -> None:
    request = writing.request(CONTACT, Verb.ARCHIVE, [Element(IDS[0], {"Name": "not sent"})], "key-1")
    assert request.body == f'{{"Contacts":[{{"ContactID":"{IDS[0]}","ContactStatus":"ARCHIVED"}}]}}'


def test_a_restoring_sends_the_status_alone() -> None:
    request = writing.request(CONTACT, Verb.RESTORE, [Element(IDS[0], {"Name": "not sent"})], "key-1")
    assert request.method == "POST"
    assert request.body == f'{{"Contacts":[{{"ContactID":"{IDS[0]}","ContactStatus":"ACTIVE"}}]}}'


def test_the_body_does_not_depend_on_the_order_in_which_fields_were_named() -> None:
    one = Element(IDS[0], {"Name": "A", "EmailAddress": "b"})
    other = Element(IDS[0], {"EmailAddress": "b", "Name": "A"})
    first, second = (writing.request(CONTACT, Verb.UPDATE, [each], "k") for each in (one, other))
    assert first == second


@pytest.mark.parametrize(
    ("verb", "elements", "key"),
    [
        (Verb.CREATE, [], "k"),
        (Verb.CREATE, [created("1")] * 51, "k"),
        (Verb.CREATE, [created("1")], ""),
        (Verb.CREATE, [created("1")], "k" * 129),
        (Verb.UPDATE, [Element(None, {"Name": "A"})], "k"),
        (Verb.ARCHIVE, [Element(None)], "k"),
    ],
)
def test_an_impossible_request_is_not_made(verb: Verb, elements: list[Element], key: str) -> None:
    with pytest.raises(ValueError):
        writing.request(CONTACT, verb, elements, key)


def test_a_saved_element_is_done_as_acknowledged() -> None:
    (answer,) = judged([created("1")], [saved("1", IDS[0].upper(), UpdatedDateUTC="/Date(1573755038314)/")])
    assert isinstance(answer, Done)
    assert answer.id == IDS[0]
    assert answer.seen
    assert answer.seen.version
    assert answer.seen.fields["Name"] == "Name 1"


def test_a_warning_is_saved_and_passed_on() -> None:
    row = saved("1", IDS[0], StatusAttributeString="WARNING", Warnings=[{"Message": "country was shortened"}])
    (answer,) = judged([created("1")], [row])
    assert isinstance(answer, Done)
    assert answer.warnings == ("country was shortened",)


@pytest.mark.parametrize(
    "row",
    [
        failed("1", "The contact name must be specified."),
        failed("1", "no", ContactID=IDS[9]),
        failed("1", "no", StatusAttributeString="OK"),
        saved("1", IDS[0], HasValidationErrors=True),
        saved("1", IDS[0], HasValidationErrors="true"),
        saved("1", IDS[0], HasErrors=True),
        saved("1", IDS[0], ValidationErrors=[{"Message": "no"}]),
        saved("1", IDS[0], StatusAttributeString="ERROR"),
    ],
)
def test_success_is_never_judged_by_the_presence_of_an_id(row: Json) -> None:
    (answer,) = judged([created("1")], [row])
    assert isinstance(answer, Declined)


@pytest.mark.parametrize(
    ("status", "flag"), [("SOMETHING", False), ("SOMETHING", None), (None, None), ("", None), (None, "perhaps")]
)
def test_a_status_that_nobody_knows_leaves_the_call_in_doubt(status: Json, flag: Json) -> None:
    with pytest.raises(Doubtful) as doubt:
        judged([created("1")], [saved("1", IDS[0], StatusAttributeString=status, HasValidationErrors=flag)])
    assert doubt.value.request_id == "corr-1"


@pytest.mark.parametrize("status", [None, ""])
def test_without_a_status_the_flag_that_denies_errors_counts(status: Json) -> None:
    row = saved("1", IDS[0], StatusAttributeString=status, HasValidationErrors=False)
    (answer,) = judged([created("1")], [row])
    assert isinstance(answer, Done)


def test_an_answer_that_shows_only_the_id_acknowledges_nothing_more() -> None:
    row: Json = {"ContactID": IDS[0], "StatusAttributeString": "OK", "HasValidationErrors": False}
    assert judged([created("1")], [row]) == [Done(IDS[0])]


def test_rows_that_might_be_one_another_s_leave_the_call_in_doubt() -> None:
    rows: list[Json] = [{"ContactID": IDS[number], "StatusAttributeString": "OK"} for number in range(2)]
    with pytest.raises(Doubtful):
        judged([created("1"), created("2")], rows)


def test_a_refused_update_is_known_by_what_it_repeats() -> None:
    elements = [Element(IDS[0], {"EmailAddress": "x"}), Element(IDS[1], {"TaxNumber": "y"})]
    rows: list[Json] = [failed("", "second", TaxNumber="y"), failed("", "first", EmailAddress="x")]
    assert [answer.message for answer in judged(elements, rows) if isinstance(answer, Declined)] == ["first", "second"]


def test_a_refused_element_harms_no_other() -> None:
    answers = judged([created("1"), created("2")], [failed("1", "Email address must be valid."), saved("2", IDS[2])])
    assert [type(answer) for answer in answers] == [Declined, Done]


def test_a_taken_name_says_so() -> None:
    message = "The contact name Name 1 is already assigned to another contact."
    (answer,) = judged([created("1")], [failed("1", message)])
    assert answer == Declined("name_taken", message, taken=True)


def test_messages_of_nested_parts_are_told() -> None:
    row = saved("1", ZERO, StatusAttributeString="ERROR", Phones=[{"ValidationErrors": [{"Message": "too long"}]}])
    (answer,) = judged([created("1")], [row])
    assert isinstance(answer, Declined)
    assert answer.message == "too long"


def test_a_message_may_be_called_a_description() -> None:
    row = failed("1", "", ValidationErrors=[{"Description": "no"}])
    (answer,) = judged([created("1")], [row])
    assert isinstance(answer, Declined)
    assert answer.message == "no"


@given(st.permutations(range(8)), st.sets(st.integers(0, 7)))
def test_results_in_another_order_find_their_elements(order: list[int], bad: set[int]) -> None:
    elements = [created(str(number)) for number in range(8)]
    rows: list[Json] = [
        failed(str(number), "no") if number in bad else saved(str(number), IDS[number]) for number in order
    ]
    for number, answer in enumerate(judged(elements, rows)):
        assert (
            isinstance(answer, Declined)
            if number in bad
            else answer == judged([elements[number]], [rows[order.index(number)]])[0]
        )


@given(st.permutations(range(8)))
def test_updates_are_told_apart_by_their_ids(order: list[int]) -> None:
    elements = [Element(IDS[number], {"EmailAddress": "same@example.com"}) for number in range(8)]
    rows: list[Json] = [saved("", IDS[number]) for number in order]
    assert [answer.id for answer in judged(elements, rows) if isinstance(answer, Done)] == IDS[:8]


def test_what_has_no_identity_is_matched_by_position() -> None:
    rows: list[Json] = [failed("", "no", ContactNumber=None), saved("2", IDS[2])]
    answers = judged([created("1"), created("2")], rows)
    assert [type(answer) for answer in answers] == [Declined, Done]


@pytest.mark.parametrize("rows", [[], [saved("1", IDS[1])], [saved("1", IDS[1])] * 3])
def test_an_answer_that_does_not_cover_every_element_leaves_the_call_in_doubt(rows: list[Json]) -> None:
    with pytest.raises(Doubtful):
        judged([created("1"), created("2")], rows)


def test_a_summary_of_nothing_but_refusals_refuses_each() -> None:
    rows: list[Json] = [
        failed("2", "no", StatusAttributeString=None),
        failed("1", "name already assigned: contact name"),
    ]
    answers = judged([created("1"), created("2")], rows, status=400)
    assert [answer.code for answer in answers if isinstance(answer, Declined)] == ["name_taken", "validation"]


def test_a_summary_says_nothing_of_the_elements_that_it_does_not_list() -> None:
    with pytest.raises(Doubtful):
        judged([created("1"), created("2")], [failed("2", "no")], status=400)


def test_entries_of_types_that_nobody_knows_are_not_sent_back() -> None:
    phones = [{"PhoneType": "SATELLITE", "PhoneNumber": "1"}, {"PhoneType": "DEFAULT", "PhoneNumber": "2"}]
    sent = writing.request(CONTACT, Verb.UPDATE, [Element(IDS[0], {"Phones": phones})], "key")
    assert wire.loads(sent.body) == {"Contacts": [{"ContactID": IDS[0], "Phones": [phones[1]]}]}
