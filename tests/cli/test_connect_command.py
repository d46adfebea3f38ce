"""The command as an operator types it, in a process of its own, against the simulated systems over HTTP."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from app.cli.polling import poll
from app.cli.ports import free_port
from app.clock import SystemClock
from app.simulator import demo
from app.simulator.salesforce.app import salesforce_app
from app.simulator.salesforce.world import SalesforceWorld
from app.simulator.xero.app import xero_app
from app.simulator.xero.world import XeroWorld
from tests.support.served import served

CROSSBOOK = Path(sys.executable).with_name("crossbook")


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An installation that has never run, beside a simulated Xero."""
    world = XeroWorld(SystemClock(), uuid4, tenant_id=demo.XERO_TENANT_ID, apps=demo.XERO_APPS)
    with served(xero_app(world)) as url:
        yield {
            "XERO__NZ__CLIENT_ID": demo.XERO_CLIENT.id,
            "XERO__NZ__CLIENT_SECRET": demo.XERO_CLIENT.secret,
            "XERO__NZ__API_URL": url,
            "XERO__NZ__IDENTITY_URL": url,
            "XERO__NZ__LOGIN_URL": url,
            "DATABASE_URL": f"sqlite:///{tmp_path}/crossbook.db",
            "SECRET_KEYS": "a-key-of-thirty-two-characters-or-more",
        }


@contextmanager
def running(environment: Mapping[str, str], folder: Path, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    pipe = subprocess.PIPE
    command = [str(CROSSBOOK), *arguments]
    with subprocess.Popen(
        command, env=environment, cwd=folder, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    ) as process:
        yield process


def test_a_person_consents_and_the_answer_stands_alone_on_standard_output(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with running(environment, tmp_path, "connect", "xero", "NZ", "--json") as process:
        assert process.stderr
        address = next(line.strip() for line in process.stderr if "/identity/connect/authorize?" in line)
        ended_at = httpx.get(address, trust_env=False).headers["location"]
        told, _ = process.communicate(f"{ended_at}\n", timeout=60)
    assert process.returncode == 0
    connected = json.loads(told)
    assert (connected["connection"], connected["tenant_id"]) == ("nz", demo.XERO_TENANT_ID)
    assert connected["configured"] is False
    with running(
        {**environment, "XERO__NZ__TENANT_ID": demo.XERO_TENANT_ID}, tmp_path, "disconnect", "xero", "nz"
    ) as process:
        told, _ = process.communicate(timeout=60)
    assert told.splitlines() == [
        "Simulated organisation is disconnected at Xero",
        "the tokens of nz are forgotten here",
    ]


def test_a_person_consents_at_the_simulator_s_salesforce(tmp_path: Path) -> None:
    """With the ids and secrets of `crossbook simulator`, as docs/simulator.md says."""
    world = SalesforceWorld(SystemClock(), uuid4, org_id=demo.SALESFORCE_ORG_ID, clients=demo.SALESFORCE_CLIENTS)
    with served(salesforce_app(world)) as url:
        settings = {
            **demo.environment(salesforce="main", salesforce_url=url, xero="main", xero_url=url),
            "SALESFORCE__MAIN__GRANT": "authorization_code",
            "SALESFORCE__MAIN__REDIRECT_URL": "http://127.0.0.1:8000/connect/salesforce",
            "DATABASE_URL": f"sqlite:///{tmp_path}/crossbook.db",
            "SECRET_KEYS": "a-key-of-thirty-two-characters-or-more",
        }
        with running(settings, tmp_path, "connect", "salesforce", "main", "--json") as process:
            assert process.stderr
            address = next(line.strip() for line in process.stderr if "/services/oauth2/authorize?" in line)
            ended_at = httpx.get(address, trust_env=False).headers["location"]
            told, _ = process.communicate(f"{ended_at}\n", timeout=60)
    assert process.returncode == 0
    assert json.loads(told)["org_id"] == demo.SALESFORCE_ORG_ID


def test_a_connection_that_the_settings_do_not_name_is_a_line_without_a_trace(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with running(environment, tmp_path, "connect", "xero", "moon") as process:
        _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert told == "crossbook: there is no Xero connection moon; set XERO__MOON__CLIENT_ID first\n"


def test_a_browser_that_comes_back_to_the_web_process_needs_nobody_to_paste(
    environment: dict[str, str], tmp_path: Path
) -> None:
    port = free_port()
    redirect = f"http://127.0.0.1:{port}/connect/xero"
    settings = {**environment, "PORT": str(port), "XERO__NZ__REDIRECT_URL": redirect}
    with (
        running(settings, tmp_path, "serve") as web,
        running(settings, tmp_path, "connect", "xero", "nz", "--json") as process,
    ):
        assert process.stderr
        address = next(line.strip() for line in process.stderr if "/identity/connect/authorize?" in line)
        ended_at = httpx.get(address, trust_env=False).headers["location"]
        assert ended_at.startswith(redirect)
        assert poll(lambda: _answers(port), seconds=30)
        seen = [httpx.get(ended_at, trust_env=False) for _ in range(2)]
        told = process.communicate(timeout=60)[0]
        web.terminate()
        log = web.communicate(timeout=60)[1]
    assert [answer.status_code for answer in seen] == [200, 400], "it works once"
    assert "go back to the terminal" in seen[0].text
    assert json.loads(told)["tenant_id"] == demo.XERO_TENANT_ID
    code = httpx.URL(ended_at).params["code"]
    assert "connect.came_back" in log
    assert code not in log


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).is_success
    except httpx.TransportError:
        return False
