"""An empty folder becomes an installation: asked at the terminal, or told by flags."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from dotenv import dotenv_values

from app import accounts
from app.cli.init.questions import QUESTIONS, drawn
from app.mapping.model import Mode
from app.settings import Settings

CROSSBOOK = Path(sys.executable).with_name("crossbook")
SALESFORCE = {
    "SALESFORCE__MAIN__URL": "https://kea.my.salesforce.com",
    "SALESFORCE__MAIN__ORG_ID": "00D000000000001",
    "SALESFORCE__MAIN__CLIENT_ID": "key",
    "SALESFORCE__MAIN__CLIENT_SECRET": 'it\'s "secret"',
}
XERO = {"XERO__MAIN__CLIENT_ID": "id", "XERO__MAIN__TENANT_ID": "11111111-2222-4333-8444-555555555555"}


def run(folder: Path, *arguments: str, answers: str = "", **settings: str) -> "subprocess.CompletedProcess[str]":
    flags = [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
    return subprocess.run(
        [str(CROSSBOOK), "init", *flags, *arguments],
        cwd=folder,
        env={},
        input=answers,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def settings_in(folder: Path) -> Settings:
    return Settings(_env_file=folder / ".env", sync_dir=folder / "syncs")  # type: ignore[call-arg]


@pytest.mark.parametrize("template", ["accounts", "people"])
def test_told_by_flags_it_writes_an_installation_that_can_be_used(tmp_path: Path, template: str) -> None:
    answer = run(tmp_path, "--no-questions", "--json", "--template", template, **SALESFORCE, **XERO)
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout) == {"written": [".env", f"syncs/{template}.yaml"]}
    settings = settings_in(tmp_path)
    (sync,) = accounts.configured_syncs(settings).values()
    assert sync.mode is Mode.OBSERVE
    assert settings.salesforce["main"].client_secret.get_secret_value() == 'it\'s "secret"'
    assert (tmp_path / "sync-file.schema.json").exists()
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0


def test_asked_at_the_terminal_an_empty_answer_takes_the_default(tmp_path: Path) -> None:
    """The secrets are asked for without an echo, from a terminal; here they are told."""
    asked = [
        "https://crossbook.example.com",
        "https://kea.my.salesforce.com",
        "00D000000000001",
        "",
        "key",
        "id",
        "",
        "t",
    ]
    secrets = {question.setting: "hush" for question in QUESTIONS if question.secret}
    answer = run(tmp_path, answers="".join(f"{each}\n" for each in asked), **secrets)
    assert answer.returncode == 0, answer.stderr
    settings = settings_in(tmp_path)
    assert settings.public_url == "https://crossbook.example.com"
    assert (settings.salesforce["main"].grant, settings.xero["main"].grant) == ("client_credentials", "refresh_token")
    assert settings.xero["main"].tenant_id == "t"
    assert settings.xero["main"].redirect_url == "https://crossbook.example.com/connect/xero"
    assert settings.salesforce["main"].redirect_url == "https://crossbook.example.com/connect/salesforce"
    assert "Salesforce: organisation id" in answer.stderr
    assert "user to sign in as" not in answer.stderr, "only a signed assertion needs it"


def test_a_way_to_sign_in_that_there_is_not_is_asked_for_again(tmp_path: Path) -> None:
    told = {**SALESFORCE, "PUBLIC_URL": "", "XERO__MAIN__CLIENT_ID": ""}
    secrets = {question.setting: "hush" for question in QUESTIONS if question.secret}
    answer = run(tmp_path, answers="client credentials\nauthorization_code\n", **{**secrets, **told})
    assert answer.returncode == 0, answer.stderr
    assert "'^(client_credentials|jwt_bearer|authorization_code)$'" in answer.stderr
    assert settings_in(tmp_path).salesforce["main"].grant == "authorization_code"


def test_without_connections_the_web_process_has_what_it_needs_and_there_is_no_sync_yet(tmp_path: Path) -> None:
    answer = run(tmp_path, "--no-questions", XERO__MAIN__WEBHOOK_KEYS="key")
    assert answer.returncode == 0, answer.stderr
    assert set(dotenv_values(tmp_path / ".env")) == {"SECRET_KEYS", "XERO__MAIN__WEBHOOK_KEYS"}
    assert not (tmp_path / "syncs").exists()


@pytest.mark.parametrize("there", [".env", "syncs/accounts.yaml"])
def test_nothing_is_overwritten(tmp_path: Path, there: str) -> None:
    (tmp_path / "syncs").mkdir()
    (tmp_path / there).write_text("mine")
    answer = run(tmp_path, "--no-questions", **SALESFORCE, **XERO)
    assert (answer.returncode, f"{there} is there already" in answer.stderr) == (1, True)
    assert (tmp_path / there).read_text() == "mine"
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"POTR": "1"}, "POTR: no such setting"),
        ({"PORT": "many"}, "PORT: "),
        ({"SALESFORCE__MAIN__URL": "https://x.my.salesforce.com"}, "SALESFORCE__MAIN__CLIENT_ID: Field required"),
        ({**SALESFORCE, "SALESFORCE__MAIN__GRANT": "jwt_bearer"}, "USERNAME is needed"),
    ],
)
def test_what_could_not_be_used_is_said_and_nothing_is_written(
    tmp_path: Path, settings: Mapping[str, str], problem: str
) -> None:
    answer = run(tmp_path, "--no-questions", **settings)
    assert (answer.returncode, problem in answer.stderr) == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_secrets_that_are_of_nobody_s_making_are_drawn_anew_each_time() -> None:
    one, other = drawn(SALESFORCE), drawn(SALESFORCE)
    assert one.keys() == {"SECRET_KEYS", "SALESFORCE__MAIN__OUTBOUND_SECRETS", "SALESFORCE__MAIN__CHANGE_SECRETS"}
    assert not set(one.values()) & set(other.values())
    assert all(len(value) >= 40 for value in one.values())
