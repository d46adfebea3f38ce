"""Whoever comes back from a consent that somebody waits for is thanked, and nobody else learns anything."""

import httpx
import pytest
from starlette.applications import Starlette

from app.callbacks import LONGEST, routes
from app.errors import StoreUnavailable

STATE = "s" * 32


class Desk:
    """Waits for one state, once."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.is_away = False

    async def note(self, state: str, led_to: str) -> bool:
        if self.is_away:
            raise StoreUnavailable("away")
        if state != STATE or self.kept:
            return False
        self.kept.append(led_to)
        return True


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def get(desk: Desk, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(Starlette(routes=routes(desk.note)))
    async with httpx.AsyncClient(transport=transport, base_url="https://crossbook.test") as client:
        return await client.get(path)


@pytest.mark.parametrize("system", ["xero", "salesforce"])
async def test_who_is_waited_for_is_thanked_once_and_the_query_is_kept(desk: Desk, system: str) -> None:
    path = f"/connect/{system}?code=c%2Fd&state={STATE}"
    assert (await get(desk, path)).status_code == 200
    assert desk.kept == [f"?code=c%2Fd&state={STATE}"]
    assert (await get(desk, path)).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/connect/xero",
        "/connect/xero?code=c",
        "/connect/xero?code=c&state=other",
        f"/connect/xero?state={STATE}&code={'c' * LONGEST}",
        f"/connect/sap?code=c&state={STATE}",
    ],
)
async def test_whoever_is_not_waited_for_keeps_nothing(desk: Desk, path: str) -> None:
    answer = await get(desk, path)
    assert (answer.status_code, desk.kept) == (400, [])
    assert "Nobody expects this" in answer.text


async def test_while_the_database_is_away_the_browser_may_come_again(desk: Desk) -> None:
    desk.is_away = True
    assert (await get(desk, f"/connect/xero?code=c&state={STATE}")).status_code == 503


async def test_a_page_holds_nothing_of_the_request_sets_no_cookie_and_is_not_kept(desk: Desk) -> None:
    answer = await get(desk, f"/connect/xero?code=<script>alert(1)</script>&state={STATE}")
    assert "script" not in answer.text
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_who_comes_back_without_consent_is_sent_to_the_terminal(desk: Desk) -> None:
    answer = await get(desk, f"/connect/xero?error=access_denied&state={STATE}")
    assert (answer.status_code, desk.kept) == (200, [f"?error=access_denied&state={STATE}"])
    assert "No access was given" in answer.text
