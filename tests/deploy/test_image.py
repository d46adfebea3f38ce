"""The image holds all of Crossbook and no more, runs it without root, and knows whether it lives."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from packaging.specifiers import SpecifierSet

from app.addresses import LIVENESS
from app.cli.main import COMMANDS
from app.cli.polling import poll
from app.cli.ports import HOST, free_port
from app.settings import Settings
from tests.support.deployment import DOCKERFILE, ROOT, stages
from tests.support.processes import server

HADOLINT = Path(sys.executable).with_name("hadolint")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OF_OTHERS = re.compile(r"PATH|PYTHON[A-Z]+|PIP_[A-Z_]+")
"""Variables of the shell, of Python and of pip."""

BUILD, IMAGE = stages()


def lint(text: str) -> list[str]:
    """What hadolint finds in a Dockerfile."""
    told = subprocess.run([HADOLINT, "-"], input=text, capture_output=True, text=True, timeout=60, check=False)
    return [*told.stdout.splitlines(), *told.stderr.splitlines()]


def test_the_linter_has_nothing_to_say() -> None:
    text = DOCKERFILE.read_text(encoding="utf-8")
    assert lint(text) == []
    assert any("DL3006" in finding for finding in lint(text.replace(":3.11-slim", "")))


def test_both_stages_have_one_python_and_it_is_new_enough() -> None:
    images = {stage.one("FROM").split()[0] for stage in stages()}
    (found,) = (re.fullmatch(r"python:(3\.\d+)-slim", image) for image in images)
    assert found
    assert found[1] in SpecifierSet(PROJECT["requires-python"])


def test_every_dependency_is_installed_by_its_hash_and_crossbook_without_any() -> None:
    installs = [rest for rest in BUILD.all("RUN") if "pip install" in rest]
    assert [rest.split("install ")[1] for rest in installs] == [
        "--require-hashes -r requirements.lock",
        "--no-deps --no-build-isolation .",
    ]


def test_nobody_runs_as_root() -> None:
    user, group = IMAGE.one("USER").split(":")
    assert int(user) > 0
    assert int(group) > 0
    after = IMAGE.instructions[[name for name, _ in IMAGE.instructions].index("USER") + 1 :]
    assert {name for name, _ in after}.isdisjoint({"RUN", "COPY", "ADD"})


def test_the_one_folder_that_may_be_written_is_that_of_the_data_and_the_user_s_own() -> None:
    user, group = IMAGE.one("USER").split(":")
    folder = IMAGE.variables["DATA_DIR"]
    assert IMAGE.one("RUN") == f"install --directory --owner={user} --group={group} --mode=0700 {folder}"


def test_it_sets_settings_only() -> None:
    ours = {name for name in IMAGE.variables if not OF_OTHERS.fullmatch(name)}
    assert ours
    assert ours <= {name.upper() for name in Settings.model_fields}
    assert all(OF_OTHERS.fullmatch(name) for name in BUILD.variables)


def test_it_runs_a_command_that_there_is() -> None:
    assert IMAGE.words("ENTRYPOINT") == list(PROJECT["scripts"])
    (command,) = IMAGE.words("CMD")
    assert command in COMMANDS


def test_it_shows_the_port_that_it_listens_on() -> None:
    assert IMAGE.one("EXPOSE") == IMAGE.variables["PORT"]


def test_nothing_is_sent_to_the_build_but_what_it_copies() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    admitted = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    assert admitted == {source.removeprefix("./") for source in BUILD.copied}
    assert all((ROOT / name).exists() for name in admitted)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Crossbook as the image installs it: made of what is copied, by the build's own last step."""
    folder = tmp_path_factory.mktemp("image")
    context, wheels, made = folder / "context", folder / "wheels", folder / "site"
    context.mkdir()
    for name in BUILD.copied:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, context / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, context / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--no-build-isolation", "--wheel-dir", wheels, context], check=True, timeout=120)
    (wheel,) = wheels.iterdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(made)
    return made


def test_every_file_of_crossbook_is_in_it(site: Path) -> None:
    def files(root: Path) -> set[Path]:
        found = (path for package in ("app", "workers") for path in (root / package).rglob("*"))
        return {path.relative_to(root) for path in found if path.is_file() and "__pycache__" not in path.parts}

    assert files(site) == files(ROOT)


@contextmanager
def started(site: Path, folder: Path, **changes: str) -> Iterator[Mapping[str, str]]:
    """What the image runs, with what it sets but for the folder and port; its environment, once it answers."""
    environment = {**IMAGE.variables, "SECRET_KEYS": "k" * 32, "DATA_DIR": str(folder / "data"), **changes}
    environment |= {"HOST": HOST, "PORT": str(free_port()), "PYTHONPATH": str(site)}
    (folder / "data").mkdir()
    variables = [f"{name}={value}" for name, value in environment.items() if name != "PATH"]
    command = ["env", "-i", *variables, sys.executable, "-m", "app.cli.main", *IMAGE.words("CMD")]
    with server(command, folder / "log"):
        assert poll(lambda: is_alive(environment["PORT"]), seconds=60, every_seconds=0.05), (folder / "log").read_text()
        yield environment


def is_alive(port: str) -> bool:
    try:
        return httpx.get(f"http://{HOST}:{port}{LIVENESS}", trust_env=False).is_success
    except httpx.TransportError:
        return False


def is_healthy(environment: Mapping[str, str]) -> bool:
    """What the image's health check says."""
    program, *arguments = IMAGE.health_check
    assert program == "python"
    told = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, timeout=60, check=False)
    return told.returncode == 0


def test_it_serves_and_writes_nothing_outside_its_data(site: Path, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*")}
    with started(site, tmp_path) as environment:
        assert httpx.get(f"http://{HOST}:{environment['PORT']}/readyz", trust_env=False).is_success
    assert {path: path.stat().st_mtime_ns for path in site.rglob("*")} == before
    assert (tmp_path / "data" / "crossbook.db").exists()


def test_its_health_is_that_of_the_web_process_whatever_proxy_the_machine_has(site: Path, tmp_path: Path) -> None:
    with started(site, tmp_path) as environment:
        assert is_healthy(environment)
        assert is_healthy({**environment, "http_proxy": "http://127.0.0.1:9"})
    assert not is_healthy(environment)
