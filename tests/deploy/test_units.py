"""The systemd units are ones, shut the processes in, and give them the time that they need."""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from app.cli.main import COMMANDS
from app.cli.run import VALKEY_GRACE_SECONDS, WEB_GRACE_SECONDS, WORKER_GRACE_SECONDS
from app.settings import Settings
from tests.deploy.conftest import Needed
from tests.support.deployment import DEPLOY, UNITS, seconds, unit

NAMES = [path.name for path in UNITS]
INSTALLED = "/opt/crossbook"
GRACES = {
    "crossbook.service": (WEB_GRACE_SECONDS, WORKER_GRACE_SECONDS, VALKEY_GRACE_SECONDS),
    "crossbook-web.service": (WEB_GRACE_SECONDS,),
    "crossbook-worker.service": (WORKER_GRACE_SECONDS,),
}
"""How long each of the programs of a unit may take to stop, one after the other."""

WORST_EXPOSURE = 40
"""What systemd-analyze may think of a unit at worst; 100 is no protection at all."""

Analyze = Callable[..., Sequence[str]]


@pytest.fixture
def analyze(needed: Needed) -> Analyze:
    """Asks systemd-analyze; every line that it says about units of ours, and one more when it finds fault."""
    program = needed("systemd-analyze")

    def ask(*arguments: str | Path) -> Sequence[str]:
        told = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60, check=False)
        lines = [line for line in told.stderr.splitlines() if "crossbook" in line]
        return [*lines, *(["found fault"] if told.returncode else [])]

    return ask


@pytest.fixture
def units(tmp_path: Path) -> Sequence[Path]:
    """The units, where Crossbook is installed in a folder of this test."""
    program = tmp_path / "opt" / ".venv" / "bin" / "crossbook"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (tmp_path / "opt" / "deploy").mkdir()
    (tmp_path / "opt" / "deploy" / "README.md").touch()
    for path in UNITS:
        text = path.read_text(encoding="utf-8").replace(INSTALLED, str(tmp_path / "opt"))
        (tmp_path / path.name).write_text(text)
    return [tmp_path / name for name in NAMES]


def test_systemd_understands_every_line(analyze: Analyze, units: Sequence[Path]) -> None:
    assert analyze("verify", *units) == []
    text = units[0].read_text()
    units[0].write_text(text.replace("NoNewPrivileges=", "NoNewPrivilege="))
    assert analyze("verify", *units) != []


def test_systemd_thinks_them_well_protected(analyze: Analyze, units: Sequence[Path]) -> None:
    review = ("security", "--offline=true", f"--threshold={WORST_EXPOSURE}")
    for path in units:
        assert analyze(*review, path) == [], path.name
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(line for line in lines if not line.startswith(("Protect", "Restrict"))))
        assert analyze(*review, path) == ["found fault"]


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_a_command_that_there_is(name: str) -> None:
    program, command = unit(name).one("ExecStart").split()
    assert program == f"{INSTALLED}/.venv/bin/crossbook"
    assert command in COMMANDS


@pytest.mark.parametrize("name", NAMES)
def test_nobody_is_killed_while_he_may_still_take_his_time(name: str) -> None:
    assert seconds(unit(name).one("TimeoutStopSec")) > sum(GRACES[name])


def test_the_one_that_runs_all_stops_its_programs_itself_and_one_after_the_other() -> None:
    assert unit("crossbook.service").one("KillMode") == "mixed"


def test_the_one_that_runs_all_never_runs_beside_the_others() -> None:
    others = [name for name in NAMES if name != "crossbook.service"]
    assert sorted(unit("crossbook.service").one("Conflicts").split()) == others


@pytest.mark.parametrize("name", NAMES)
def test_it_may_write_the_data_folder_and_nothing_else(name: str) -> None:
    of_this = unit(name)
    data = f"/var/lib/{of_this.one('StateDirectory')}"
    assert (of_this.one("ProtectSystem"), of_this.all("ReadWritePaths")) == ("strict", [])
    assert f"\nDATA_DIR={data}\n" in (DEPLOY / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_it_sets_settings_only(name: str) -> None:
    pairs = [value.split("=", 1) for value in unit(name).all("Environment")]
    assert {variable for variable, _ in pairs} <= {field.upper() for field in Settings.model_fields}
    assert all(value == f"/var/lib/{unit(name).one('StateDirectory')}" for _, value in pairs)


def test_all_are_shut_in_alike() -> None:
    def shut(name: str) -> Sequence[tuple[str, str]]:
        directives = unit(name).directives
        return directives[[directive for directive, _ in directives].index("StateDirectory") :]

    assert shut("crossbook.service") == shut("crossbook-web.service") == shut("crossbook-worker.service")


def test_the_guide_names_every_unit() -> None:
    guide = (DEPLOY / "README.md").read_text(encoding="utf-8")
    assert [name for name in NAMES if name.removesuffix(".service") not in guide] == []
    assert "deploy/systemd/*.service" in guide
