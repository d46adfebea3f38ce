"""How pushes come is looked at: the public address, what is registered, what was heard."""

from collections.abc import Mapping
from datetime import datetime

import httpx
import pytest

from app.addresses import CHANGES, OUTBOUND, XERO
from app.cli.check import reach
from app.cli.check.finding import Finding, Grade
from app.engine.events import Arrival
from app.settings import Settings
from tests.support.front_door import SETTINGS
from tests.support.records import NOON

ALIVE = httpx.Response(200, json={"alive": True})


def refused(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("certificate verify failed", request=request)


async def of_address(address: str, answer: httpx.Response = ALIVE) -> Finding:
    return await asking(address, httpx.MockTransport(lambda _: answer))


async def asking(address: str, transport: httpx.MockTransport) -> Finding:
    client = httpx.AsyncClient(transport=transport)
    (found,) = [each async for each in reach.of_address(Settings(public_url=address), client)]
    return found


@pytest.mark.parametrize(
    "address", ["https://crossbook.example.com", "https://crossbook.example.com/", "http://[::1]:8"]
)
async def test_an_address_that_leads_here_over_https_is_fine(address: str) -> None:
    found = await of_address(address)
    assert (found.grade, found.code) == (Grade.FINE, "address")


async def test_without_an_address_only_reconcile_notices_changes() -> None:
    found = await of_address("")
    assert (found.grade, found.code) == (Grade.HINT, "no_address")
    assert "PUBLIC_URL" in found.remedy


async def test_an_address_without_https_is_a_problem() -> None:
    found = await of_address("http://crossbook.example.com")
    assert (found.grade, found.code) == (Grade.PROBLEM, "plain_address")


async def test_an_address_that_cannot_be_reached_says_why() -> None:
    found = await asking("https://crossbook.example.com", httpx.MockTransport(refused))
    assert (found.grade, found.code) == (Grade.PROBLEM, "unreachable")
    assert "certificate verify failed" in found.words
    assert "passes on to 127.0.0.1:8000" in found.remedy


@pytest.mark.parametrize("answer", [httpx.Response(502), httpx.Response(200, text="<html>It works</html>")])
async def test_an_address_at_which_somebody_else_answers_is_a_problem(answer: httpx.Response) -> None:
    found = await of_address("https://crossbook.example.com", answer)
    assert (found.grade, found.code) == (Grade.PROBLEM, "other_address")


def of_webhooks(heard: Mapping[Arrival, datetime], **changes: object) -> list[tuple[str, Grade, str]]:
    settings = Settings.model_validate({**SETTINGS, **changes})
    return [(each.area, each.grade, each.code) for each in reach.of_webhooks(settings, heard)]


def test_a_push_that_has_come_is_told_with_its_time_and_one_that_has_not_with_what_to_do() -> None:
    heard = {Arrival(XERO, "nz"): NOON, Arrival(CHANGES, "main"): NOON}
    assert of_webhooks(heard) == [
        ("xero nz", Grade.FINE, "push"),
        ("xero au", Grade.HINT, "no_push"),
        ("salesforce main", Grade.HINT, "no_push"),
        ("salesforce main", Grade.FINE, "push"),
        ("salesforce other", Grade.HINT, "no_push"),
    ]


def test_without_a_secret_nobody_can_push() -> None:
    assert of_webhooks({}, xero={"nz": {}}, salesforce={}) == [("xero nz", Grade.HINT, "no_secret")]
    main = SETTINGS["salesforce"]["main"] | {"outbound_secrets": []}  # type: ignore[index]
    found = reach.of_webhooks(Settings.model_validate({**SETTINGS, "xero": {}, "salesforce": {"main": main}}), {})
    assert [each.code for each in found] == ["no_secret"]
    assert f"nobody can push to {OUTBOUND}: SALESFORCE__MAIN__OUTBOUND_SECRETS is empty" in found[0].words
