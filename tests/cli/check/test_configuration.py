"""What is configured is looked at, and each mistake is told with its remedy."""

import shutil
import sys
from pathlib import Path

import pytest

from app.cli.check import configuration
from app.cli.check.finding import Finding, Grade
from app.errors import ConfigurationError
from app.mapping import strict_yaml
from app.settings import Settings
from tests.support.front_door import SETTINGS

TEMPLATES = Path(strict_yaml.__file__).parent / "templates"


def with_syncs(folder: Path, **changes: object) -> Settings:
    return Settings.model_validate({**SETTINGS, "sync_dir": folder, "secret_keys": ["k" * 32], **changes})


def codes(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(each.grade.value, each.code) for each in findings]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one sync file, over connections that the settings have."""
    text = (TEMPLATES / "accounts.yaml").read_text().replace("xero: main", "xero: nz")
    (tmp_path / "accounts.yaml").write_text(text)
    return tmp_path


def test_each_setting_that_cannot_be_used_is_a_finding_of_its_own() -> None:
    error = ConfigurationError("settings cannot be used\n  PORT: too large\n  LOG_LEVEL: unknown")
    found = list(configuration.of_settings(error))
    assert codes(found) == [("problem", "settings"), ("problem", "settings")]
    assert [each.words for each in found] == ["PORT: too large", "LOG_LEVEL: unknown"]


@pytest.mark.parametrize(("keys", "word"), [([], "is empty"), (["short"], "of 5 characters")])
def test_without_a_key_of_some_length_tokens_cannot_be_kept(tmp_path: Path, keys: list[str], word: str) -> None:
    (found,) = configuration.of_keys(with_syncs(tmp_path, secret_keys=keys))
    assert (found.grade, found.code) == (Grade.PROBLEM, "secret_keys")
    assert word in found.words
    assert "SECRET_KEYS" in found.remedy
    assert codes(list(configuration.of_keys(with_syncs(tmp_path)))) == [("fine", "secret_keys")]


def test_an_address_that_cannot_be_read_is_named_by_its_number_alone(tmp_path: Path) -> None:
    (found,) = configuration.of_notices(with_syncs(tmp_path, notice_urls=["json://127.0.0.1/", "hush"]))
    assert (found.grade, found.code) == (Grade.PROBLEM, "notice_urls")
    assert found.words.startswith("NOTICE_URLS, number 2,")
    assert "hush" not in found.words + found.remedy
    assert codes(list(configuration.of_notices(with_syncs(tmp_path, notice_urls=["json://127.0.0.1/"])))) == [
        ("fine", "notice_urls")
    ]


def test_without_an_address_nobody_is_told_of_anything(tmp_path: Path) -> None:
    (found,) = configuration.of_notices(with_syncs(tmp_path))
    assert (found.grade, found.code) == (Grade.HINT, "nobody_told")
    assert "NOTICE_URLS" in found.remedy


def test_a_collector_without_the_extra_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = with_syncs(tmp_path).model_copy(update={"otel_exporter_otlp_endpoint": "http://127.0.0.1:4318"})
    assert list(configuration.of_tracing(named)) == []
    monkeypatch.setitem(sys.modules, "app.otel", None)
    (found,) = configuration.of_tracing(named)
    assert (found.grade, found.code) == (Grade.PROBLEM, "otel")
    assert "crossbook[otel]" in found.words
    assert list(configuration.of_tracing(with_syncs(tmp_path))) == []


def test_without_a_sync_file_nothing_is_kept_in_step(tmp_path: Path) -> None:
    (found,) = configuration.of_syncs(with_syncs(tmp_path))
    assert (found.grade, found.code) == (Grade.HINT, "no_sync")
    assert str(tmp_path) in found.remedy


def test_a_new_sync_only_observes_and_is_told_how_it_goes_live(folder: Path) -> None:
    found = list(configuration.of_syncs(with_syncs(folder)))
    assert codes(found) == [("fine", "sync_file"), ("hint", "observing")]
    assert "over salesforce main and xero nz" in found[0].words
    assert "mode: live" in found[1].remedy


def test_each_mistake_in_a_sync_file_is_told_where_it_stands_with_what_to_do(folder: Path) -> None:
    file = folder / "accounts.yaml"
    file.write_text(file.read_text().replace("on_conflict:", "on_conflct:", 1))
    (found,) = configuration.of_syncs(with_syncs(folder))
    assert (found.grade, found.code) == (Grade.PROBLEM, "sync_file")
    assert found.words.startswith("accounts.yaml:")
    assert found.remedy == "did you mean on_conflict?"


def test_a_connection_that_the_settings_do_not_have_is_told_by_what_to_set(folder: Path) -> None:
    shutil.copy(TEMPLATES / "accounts.yaml", folder / "accounts.yaml")
    (found,) = configuration.of_syncs(with_syncs(folder))
    assert found.code == "sync_file"
    assert "set XERO__MAIN__CLIENT_ID" in found.remedy
