"""What is configured from outside is read as documented, and its secrets stay unseen."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from dotenv import dotenv_values
from pydantic import BaseModel, SecretStr

from app.errors import ConfigurationError
from app.settings import SalesforceConnection, Settings, XeroConnection, load_settings

EXAMPLE = Path(__file__).parents[1] / ".env.example"
CONNECTIONS: dict[str, type[BaseModel]] = {
    "SALESFORCE__MAIN__": SalesforceConnection,
    "XERO__MAIN__": XeroConnection,
}
SALESFORCE = {
    "URL": "https://example.my.salesforce.com",
    "CLIENT_ID": "consumer",
    "CLIENT_SECRET": "hush-salesforce",
    "ORG_ID": "00D000000000001",
}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of this machine reaches a test."""
    monkeypatch.chdir(tmp_path)
    for name, _ in documented():
        monkeypatch.delenv(name, raising=False)


def documented() -> Iterator[tuple[str, str]]:
    """Every setting by its variable, with its description."""
    for name, field in Settings.model_fields.items():
        if name not in {"salesforce", "xero"}:
            yield name.upper(), str(field.description)
    for prefix, model in CONNECTIONS.items():
        for name, field in model.model_fields.items():
            yield prefix + name.upper(), str(field.description)


def written(text: str) -> dict[str, str]:
    """Each variable of the example file with the comment above it."""
    return {name: comment for comment, name in re.findall(r"^# (.+)\n([A-Z_]+)=", text, re.MULTILINE)}


def test_the_example_lists_every_setting_with_its_meaning_and_nothing_else() -> None:
    assert written(EXAMPLE.read_text()) == dict(documented())


def test_the_example_shows_the_defaults_and_holds_no_secret() -> None:
    filled = {f"SALESFORCE__MAIN__{name}": value for name, value in SALESFORCE.items()}
    example = {**{name: value or "" for name, value in dotenv_values(EXAMPLE).items()}, **filled}

    assert not [name for name, value in dotenv_values(EXAMPLE).items() if value and re.search("SECRET|KEY|TOKEN", name)]
    settings = from_file(example)
    assert settings.model_copy(update={"salesforce": {}, "xero": {}}) == Settings.model_construct()
    assert settings.xero["main"] == XeroConnection()


def test_the_example_as_it_is_names_what_must_be_filled_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(EXAMPLE.read_text())

    with pytest.raises(ConfigurationError, match="SALESFORCE__MAIN__URL: Field required"):
        load_settings()


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("", ()),
        ("one", ("one",)),
        (" one, two ,", ("one", "two")),
        ('["one", "t,wo"]', ("one", "t,wo")),
        ("[]", ()),
    ],
)
def test_a_list_may_be_commas_or_json_or_empty(text: str, keys: tuple[str, ...]) -> None:
    settings = from_file({"SECRET_KEYS": text, "XERO__NZ__WEBHOOK_KEYS": text, "XERO__NZ__CLIENT_ID": "id"})

    assert settings.secret_keys == tuple(map(SecretStr, keys))
    assert settings.xero["nz"].webhook_keys == tuple(map(SecretStr, keys))


def test_a_variable_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=1\nBATCH_SIZE=2\n")
    monkeypatch.setenv("PORT", "8123")

    assert (load_settings().port, load_settings().batch_size) == (8123, 2)


def test_no_secret_is_seen_in_what_settings_print() -> None:
    filled = {f"SALESFORCE__MAIN__{name}": value for name, value in SALESFORCE.items()}
    addresses = {
        "DATABASE_URL": "postgresql://user:hush-sql@db/x",
        "REDIS_URL": "redis://:hush-redis@cache/0",
        "NOTICE_URLS": "mailto://user:hush-mail@example.com",
    }
    settings = from_file({**filled, **addresses, "SECRET_KEYS": "hush-key", "XERO__NZ__REFRESH_TOKEN": "hush-token"})

    assert "consumer" in repr(settings)
    assert "hush" not in repr(settings) + str(settings)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("PORT", "hush", "PORT: .*integer"),
        ("LOG_FORMAT", "hush", "LOG_FORMAT: "),
        ("SECRET_KEYS", '["hush', "SECRET_KEYS: "),
        ("XERO__NZ__NO_SUCH_THING", "hush", "XERO__NZ__NO_SUCH_THING: Extra inputs"),
        ("SALESFORCE__MAIN__CLIENT_SECRET", "hush", "SALESFORCE__MAIN__URL: Field required"),
        ("SALESFORCE", "hush", "salesforce"),
        ("REDIS_URL", "redis://:hu/sh@cache/0", "REDIS_URL: .*no address"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ConfigurationError, match=problem) as caught:
        load_settings()
    assert not re.search("hu/?sh", str(caught.value))


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"CLIENT_SECRET": ""}, "CLIENT_SECRET is needed"),
        ({"GRANT": "jwt_bearer", "PRIVATE_KEY": "hush"}, "USERNAME is needed"),
        ({"GRANT": "jwt_bearer", "USERNAME": "sync@example.com"}, "PRIVATE_KEY or PRIVATE_KEY_FILE is needed"),
        ({"GRANT": "password"}, "SALESFORCE__MAIN__GRANT"),
    ],
)
def test_a_grant_of_salesforce_says_what_it_needs(given: dict[str, str], problem: str) -> None:
    filled = {f"SALESFORCE__MAIN__{name}": value for name, value in {**SALESFORCE, **given}.items()}
    with pytest.raises(ConfigurationError, match=problem) as caught:
        from_file(filled)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        {"GRANT": "jwt_bearer", "USERNAME": "sync@example.com", "PRIVATE_KEY": "key", "CLIENT_SECRET": ""},
        {"GRANT": "jwt_bearer", "USERNAME": "sync@example.com", "PRIVATE_KEY_FILE": "/key", "CLIENT_SECRET": ""},
        {"GRANT": "authorization_code", "CLIENT_SECRET": ""},
    ],
)
def test_a_grant_of_salesforce_needs_no_more(given: dict[str, str]) -> None:
    filled = {f"SALESFORCE__MAIN__{name}": value for name, value in {**SALESFORCE, **given}.items()}
    assert from_file(filled).salesforce["main"].grant == given["GRANT"]


def from_file(values: dict[str, str]) -> Settings:
    """Settings as a file with `values` gives them."""
    Path(".env").write_text("".join(f"{name}='{value}'\n" for name, value in values.items()))
    return load_settings()
