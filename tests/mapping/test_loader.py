"""A folder of sync files is loaded whole, or refused with everything that is wrong with it."""

from pathlib import Path

import pytest

from app.errors import ConfigurationError
from app.mapping.loader import load_sync, load_syncs
from app.mapping.model import Mode

SMALL = """
sync: {name}
salesforce: main
xero: {xero}
mappings:
  customers: {{salesforce: Account, xero: Contact, fields: [{{salesforce: Name, xero: Name}}]}}
"""


def put(folder: Path, file: str, *, name: str, xero: str = "nz") -> None:
    (folder / file).write_text(SMALL.format(name=name, xero=xero), encoding="utf-8")


def complaints(folder: Path) -> list[str]:
    with pytest.raises(ConfigurationError) as refused:
        load_syncs(folder)
    return str(refused.value).splitlines()


def test_every_sync_of_the_folder_is_found_by_its_name(tmp_path: Path) -> None:
    put(tmp_path, "one.yaml", name="acme")
    put(tmp_path, "two.yml", name="globex", xero="au")
    (tmp_path / "notes.txt").write_text("not a sync")
    assert sorted(load_syncs(tmp_path)) == ["acme", "globex"]


def test_a_sync_that_says_nothing_of_its_mode_only_observes(tmp_path: Path) -> None:
    put(tmp_path, "one.yaml", name="acme")
    assert load_syncs(tmp_path)["acme"].mode is Mode.OBSERVE


def test_an_empty_folder_holds_no_syncs(tmp_path: Path) -> None:
    assert load_syncs(tmp_path) == {}


def test_a_missing_folder_is_refused_with_its_remedy(tmp_path: Path) -> None:
    assert complaints(tmp_path / "none") == [
        f"{tmp_path / 'none'}: there is no such folder; create it, or set SYNC_DIR"
    ]


def test_two_syncs_of_one_name_are_refused(tmp_path: Path) -> None:
    put(tmp_path, "one.yaml", name="acme")
    put(tmp_path, "two.yaml", name="acme", xero="au")
    assert complaints(tmp_path) == [
        "two.yaml:2: sync: one.yaml has the name acme too; give each sync its own name",
    ]


def test_two_syncs_that_write_one_resource_of_one_organisation_are_refused(tmp_path: Path) -> None:
    put(tmp_path, "one.yaml", name="acme")
    put(tmp_path, "two.yaml", name="globex")
    assert complaints(tmp_path) == [
        (
            "two.yaml:6: mappings.customers.xero: one.yaml writes Contact of the Xero connection nz too; "
            "put the mappings into one sync, so that they share a lane"
        ),
    ]


def test_the_findings_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    put(tmp_path, "one.yaml", name="Not a name")
    (tmp_path / "three.yaml").write_bytes(b"\xff")
    (tmp_path / "two.yaml").write_text("sync: a\nsync: b\n")
    first, second, third = complaints(tmp_path)
    assert first == "one.yaml:2: sync: this name cannot be used; use 1 to 40 lower-case letters, digits and hyphens"
    assert second.startswith("three.yaml:1: the file: the file cannot be read")
    assert third == "two.yaml:2: the file: the key sync stands here twice; correct the YAML"


def test_one_file_can_be_loaded_by_itself(tmp_path: Path) -> None:
    put(tmp_path, "one.yaml", name="acme")
    assert load_sync(tmp_path / "one.yaml").name == "acme"


def test_a_file_that_is_not_there_is_a_finding(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"one.yaml:1: the file: the file cannot be read"):
        load_sync(tmp_path / "one.yaml")
