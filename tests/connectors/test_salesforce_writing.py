"""Writing accounts by collections: the frozen request, and every item judged by itself."""

from decimal import Decimal

import pytest

from app.connectors import wire
from app.connectors.http import Reply
from app.connectors.salesforce import writing
from app.connectors.salesforce.resources import resource_named
from app.engine.actions import Declined, Done, Element, Request, Verb
from app.errors import Doubtful
from app.mapping.salesforce_ids import to_18
from app.mapping.values import Json

ACCOUNT = resource_named("Account")
ROOT = "/services/data/v66.0"
COLLECTIONS = f"{ROOT}/composite/sobjects"
A, B = to_18("001000000000001"), to_18("001000000000002")
KEY = "Xero_Contact_Id__c"


def request(verb: Verb, *elements: Element) -> Request:
    return writing.request(ACCOUNT, verb, elements, "key-1", ROOT)


def judged(elements: list[Element], items: Json) -> list[object]:
    return list(writing.answers(elements, Reply(200, {}, wire.dumps(items).encode())))


def test_a_create_is_an_upsert_on_its_key() -> None:
    made = request(Verb.CREATE, Element(None, {"Name": "Acme", KEY: "ignored"}, KEY, "guid-1"))
    assert (made.method, made.target) == ("PATCH", f"{COLLECTIONS}/Account/{KEY}")
    record = f'{{"attributes":{{"type":"Account"}},"{KEY}":"guid-1","Name":"Acme"}}'
    assert made.body == f'{{"allOrNone":false,"records":[{record}]}}'


def test_an_update_names_ids_and_only_the_fields_that_change() -> None:
    made = request(Verb.UPDATE, Element(A, {"Phone": None, "AnnualRevenue": Decimal("1.50")}))
    assert (made.method, made.target) == ("PATCH", COLLECTIONS)
    record = f'{{"attributes":{{"type":"Account"}},"Id":"{A}","AnnualRevenue":1.50,"Phone":null}}'
    assert made.body == f'{{"allOrNone":false,"records":[{record}]}}'


def test_the_name_of_a_person_account_is_never_written_only_its_parts() -> None:
    made = request(Verb.UPDATE, Element(A, {"Name": "Ada Byron", "FirstName": "Ada", "LastName": "Byron"}))
    assert f'"Id":"{A}","FirstName":"Ada","LastName":"Byron"' in made.body
    assert '"Name"' not in made.body
    assert '"Name":"Acme"' in request(Verb.UPDATE, Element(A, {"Name": "Acme"})).body


def test_an_archive_is_a_soft_delete() -> None:
    made = request(Verb.ARCHIVE, Element(A), Element(B))
    assert (made.method, made.target, made.body) == ("DELETE", f"{COLLECTIONS}?ids={A},{B}&allOrNone=false", "")
    assert writing.outgoing(made).writes


def test_nothing_is_brought_back_in_salesforce() -> None:
    with pytest.raises(ValueError, match="a person undeletes it"):
        request(Verb.RESTORE, Element(A))


@pytest.mark.parametrize(
    ("verb", "elements"),
    [
        (Verb.RESTORE, [Element(A)]),
        (Verb.UPDATE, []),
        (Verb.UPDATE, [Element(A)] * 201),
        (Verb.UPDATE, [Element(None, {"Name": "A"})]),
        (Verb.CREATE, [Element(None, {"Name": "A"})]),
        (Verb.CREATE, [Element(None, {"Name": "A"}, KEY, "")]),
        (Verb.CREATE, [Element(None, {}, KEY, "1"), Element(None, {}, "Other__c", "2")]),
    ],
)
def test_an_impossible_request_is_not_made(verb: Verb, elements: list[Element]) -> None:
    with pytest.raises(ValueError):
        request(verb, *elements)


def test_every_item_has_its_own_outcome() -> None:
    items: Json = [
        {"id": B, "success": True, "errors": [], "created": True},
        {"success": False, "errors": [{"statusCode": "UNABLE_TO_LOCK_ROW", "message": "busy", "fields": []}]},
        {"success": False, "errors": [{"statusCode": "DUPLICATE_VALUE", "message": f"record with id: {A}"}]},
        {"success": False, "errors": []},
    ]
    assert judged([Element(None, {}, KEY, str(n)) for n in range(4)], items) == [
        Done(B),
        Declined("row_locked", "UNABLE_TO_LOCK_ROW: busy", passes=True),
        Declined("number_taken", f"DUPLICATE_VALUE: record with id: {A}", taken=True, rivals=(A,)),
        Declined("refused", "refused without a reason"),
    ]


def test_ids_come_back_in_eighteen_characters() -> None:
    assert judged([Element(A)], [{"success": True, "id": A[:15]}]) == [Done(A)]
    assert judged([Element(A)], [{"success": True}]) == [Done(A)]


@pytest.mark.parametrize("success", ["true", 1, None])
def test_success_is_nothing_but_true(success: Json) -> None:
    (answer,) = judged([Element(A)], [{"id": A, "success": success}])
    assert isinstance(answer, Declined)


@pytest.mark.parametrize("items", [[], {}, [{"success": True, "id": A}] * 2])
def test_an_answer_that_does_not_cover_every_element_leaves_the_call_in_doubt(items: Json) -> None:
    with pytest.raises(Doubtful):
        judged([Element(A)], items)
