"""The web process, started as an operator starts it on the first day."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.cli.polling import poll
from app.cli.ports import free_port
from tests.support.front_door import XERO_KEY, xero_signature

CROSSBOOK = Path(sys.executable).with_name("crossbook")
CHECK = b'{"events":[],"firstEventSequence":0,"lastEventSequence":0,"entropy":"S0m3r4nd0m"}'


@pytest.fixture
def web(tmp_path: Path) -> Iterator[httpx.Client]:
    """`crossbook serve` in an empty folder, with nothing set but the two secrets and a free port."""
    port = free_port()
    environment = {"SECRET_KEYS": "k" * 32, "XERO__MAIN__WEBHOOK_KEYS": XERO_KEY, "PORT": str(port)}
    with (
        (tmp_path / "web.log").open("wb") as log,
        subprocess.Popen([CROSSBOOK, "serve"], cwd=tmp_path, env=environment, stdout=log, stderr=log) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        poll(lambda: _answers(client), seconds=30)
        yield client
        process.terminate()


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def test_nothing_but_a_secret_key_and_a_webhook_key_is_needed_for_xero_s_check(web: httpx.Client) -> None:
    answers = {}
    for signature in (xero_signature(CHECK), xero_signature(CHECK + b" ")):
        headers = {"content-type": "application/json", "x-xero-signature": signature}
        answer = web.post("/webhooks/xero", content=CHECK, headers=headers)
        answers[answer.status_code] = answer.content
    assert answers == {200: b"", 401: b""}
