"""The compose file is one by its schema, lets nobody in but through Caddy, and agrees with Crossbook."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from pydantic import SecretStr

from app.cli.main import COMMANDS
from app.cli.run import WEB_GRACE_SECONDS, WORKER_GRACE_SECONDS
from app.settings import SalesforceConnection, Settings, XeroConnection
from tests.support.deployment import COMPOSE, DEPLOY, ROOT, compose, seconds, service_variables, stages

CHECKER = Path(sys.executable).with_name("check-jsonschema")
SERVICES = compose()["services"]
OURS = ("web", "worker")
OF_OTHERS = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"}
"""Variables that the image of PostgreSQL documents."""

_, IMAGE = stages()


def check(path: Path) -> int:
    """What the checker leaves with after holding the file against the schema of compose files."""
    command: list[str | Path] = [CHECKER, "--builtin-schema", "vendor.compose-spec", path]
    return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode


def test_it_is_a_compose_file_by_the_published_schema(tmp_path: Path) -> None:
    assert check(COMPOSE) == 0
    wrong = tmp_path / "compose.yaml"
    wrong.write_text(COMPOSE.read_text(encoding="utf-8").replace("read_only: true", "read_only: [sometimes]"))
    assert check(wrong) == 1


def test_only_caddy_can_be_reached_from_outside() -> None:
    assert [name for name, said in SERVICES.items() if "ports" in said] == ["caddy"]
    assert SERVICES["caddy"]["ports"] == ["80:80", "443:443"]
    assert not any("network_mode" in said for said in SERVICES.values())


def test_database_and_queue_are_within_reach_of_crossbook_alone() -> None:
    assert compose()["networks"]["inside"] == {"internal": True}
    inside = {name for name, said in SERVICES.items() if "inside" in networks(name)}
    assert inside == {"postgres", "valkey", *OURS}
    assert networks("postgres") == networks("valkey") == ["inside"]


def networks(service: str) -> list[str]:
    found = SERVICES[service]["networks"]
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_is_shut_in(service: str) -> None:
    said = SERVICES[service]
    assert (said["read_only"], said["cap_drop"]) == (True, ["ALL"])
    assert said["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in said
    assert said.get("cap_add", []) == (["NET_BIND_SERVICE"] if service == "caddy" else [])


@pytest.mark.parametrize("service", [name for name in SERVICES if name != "worker"])
def test_every_service_that_answers_is_asked_for_its_health(service: str) -> None:
    asked = SERVICES[service].get("healthcheck")
    assert isinstance(asked, dict) or (service == "web" and IMAGE.health_check)


def test_the_worker_is_not_asked_what_only_the_web_process_answers() -> None:
    assert SERVICES["worker"]["healthcheck"] == {"disable": True}


def test_everybody_waits_until_those_he_needs_are_well() -> None:
    needs = {name: said.get("depends_on", {}) for name, said in SERVICES.items()}
    well = {"condition": "service_healthy"}
    assert needs["web"] == needs["worker"] == {"postgres": well, "valkey": well}
    assert needs["caddy"] == {"web": well}


def test_what_is_to_last_lies_in_named_volumes() -> None:
    def places(service: str) -> dict[str, str]:
        found = SERVICES[service]["volumes"]
        assert isinstance(found, list)
        return dict(reversed(volume.split(":")[:2]) for volume in found)

    assert places("web")[IMAGE.variables["DATA_DIR"]] == "data"
    assert places("postgres")["/var/lib/postgresql"] == "postgres"
    assert places("valkey")["/data"] == "valkey"
    assert places("caddy")["/data"] == "caddy"
    named = {name for service in SERVICES if "volumes" in SERVICES[service] for name in places(service).values()}
    assert {name for name in named if not name.startswith(".")} == compose()["volumes"].keys()


def test_the_queue_is_kept_on_disk() -> None:
    command = SERVICES["valkey"]["command"]
    assert isinstance(command, list)
    assert command[command.index("--appendonly") + 1] == "yes"


@pytest.mark.parametrize("service", OURS)
def test_crossbook_runs_a_command_that_there_is(service: str) -> None:
    command = SERVICES[service]["command"]
    assert isinstance(command, list)
    assert command[0] in COMMANDS


def test_it_sets_settings_and_what_others_document() -> None:
    settings = {name.upper() for name in Settings.model_fields}
    caddyfile = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    known = {
        **dict.fromkeys(OURS, settings),
        "postgres": OF_OTHERS,
        "caddy": set(re.findall(r"\{\$([A-Z_]+)", caddyfile)),
    }
    found = {(service, name) for service, name, _ in service_variables()}
    assert {service for service, _ in found} == known.keys()
    assert [(service, name) for service, name in found if name not in known[service]] == []


def test_it_leaves_nothing_of_the_example_standing_that_is_wrong_in_a_container() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    example = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    wrong = {"DATA_DIR", "SYNC_DIR", "HOST", "PORT", "DATABASE_URL", "REDIS_URL", "PUBLIC_URL"}
    assert wrong <= example.keys()
    for service in OURS:
        assert wrong == {name for of, name, _ in service_variables() if of == service}
    said = {name: value for service, name, value in service_variables() if service == "web"}
    assert {name: said[name] for name in ("DATA_DIR", "HOST", "PORT")} == {
        name: IMAGE.variables[name] for name in ("DATA_DIR", "HOST", "PORT")
    }


def test_every_service_finds_the_others() -> None:
    said = {(service, name): value for service, name, value in service_variables()}
    database = said["web", "DATABASE_URL"]
    user, name = said["postgres", "POSTGRES_USER"], said["postgres", "POSTGRES_DB"]
    assert re.fullmatch(rf"postgresql://{user}:\$\{{POSTGRES_PASSWORD:[^}}]+\}}@postgres/{name}", database)
    assert said["web", "REDIS_URL"].startswith("redis://valkey:")
    assert said["caddy", "CROSSBOOK_UPSTREAM"] == f"web:{said['web', 'PORT']}"


def test_no_secret_stands_in_it() -> None:
    secret = {
        name.upper()
        for model in (Settings, SalesforceConnection, XeroConnection)
        for name, field in model.model_fields.items()
        if SecretStr.__name__ in str(field.annotation)
    }
    assert {"SECRET_KEYS", "CLIENT_SECRET", "WEBHOOK_KEYS"} <= secret
    assert [name for _, name, _ in service_variables() if name.split("__")[-1] in secret] == []
    passwords = {value for _, name, value in service_variables() if "PASSWORD" in name}
    assert all(re.fullmatch(r"\$\{POSTGRES_PASSWORD:\?[^}]+\}", value) for value in passwords)
    assert all(SERVICES[service]["env_file"] == ".env" for service in OURS)
    assert all("env_file" not in said for name, said in SERVICES.items() if name not in OURS)


def test_what_must_be_filled_in_is_asked_for_and_told_of() -> None:
    filled = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)([^}]*)\}", COMPOSE.read_text(encoding="utf-8")))
    assert {name for name, _ in filled} == {"CROSSBOOK_HOST", "POSTGRES_PASSWORD"}
    assert all(rest.startswith(":?") for _, rest in filled)
    guide = (DEPLOY / "README.md").read_text(encoding="utf-8")
    assert all(f"{name}=" in guide for name, _ in filled)


def test_nobody_is_killed_while_he_may_still_take_his_time() -> None:
    assert seconds(str(SERVICES["web"]["stop_grace_period"])) > WEB_GRACE_SECONDS
    assert seconds(str(SERVICES["worker"]["stop_grace_period"])) > WORKER_GRACE_SECONDS


def test_every_file_that_is_mounted_or_built_from_is_there() -> None:
    build = SERVICES["web"]["build"]
    assert isinstance(build, dict)
    assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()
    volumes = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]["caddy"]["volumes"]
    mounted = [volume.split(":")[0] for volume in volumes if volume.startswith("./")]
    assert mounted
    assert all((DEPLOY / path).exists() for path in mounted)
