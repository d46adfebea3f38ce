"""The stage: Valkey, the two simulated systems, the web process and a worker, each a real process."""

import re
import secrets
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files
from pathlib import Path

import httpx
import redis

from app.cli.polling import Answer, poll
from app.cli.ports import HOST
from app.cli.processes import LoggedChild, start
from app.cli.valkey import start_valkey
from app.errors import CrossbookError
from app.jobs import QUEUE
from app.simulator import demo

START_SECONDS = 30.0
COMMAND_SECONDS = 60.0
CONNECTION = "main"
"""What the template of the sync file calls both connections."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where each process listens."""

    web: int
    salesforce: int
    xero: int

    @property
    def web_url(self) -> str:
        return f"http://{HOST}:{self.web}"

    @property
    def salesforce_url(self) -> str:
        return f"http://{HOST}:{self.salesforce}"

    @property
    def xero_url(self) -> str:
        return f"http://{HOST}:{self.xero}"


@dataclass(slots=True)
class Stage:
    """Everything that runs. `folder` holds the database, the sync file and the logs."""

    folder: Path
    ports: Ports
    redis_url: str = ""
    environment: dict[str, str] = field(default_factory=dict[str, str])
    children: list[LoggedChild] = field(default_factory=list[LoggedChild])

    def require_all_alive(self) -> None:
        """Raise `CrossbookError` when a process has ended by itself."""
        for child in self.children:
            if child.exit_code is not None:
                raise CrossbookError(
                    f"{child.name} ended with exit code {child.exit_code}; {child.log} ends with\n{child.last_words()}"
                )

    def wait_for(self, ask: Callable[[], Answer | None], *, seconds: float) -> Answer | None:
        """The first answer of `ask`, or None when the time is up. Raises as soon as a process has ended."""

        def look() -> Answer | None:
            self.require_all_alive()
            return ask()

        return poll(look, seconds=seconds)

    def command(self, *arguments: str) -> str:
        """Run one `crossbook` command to its end; what it printed."""
        name, output = arguments[0], self.folder / f"{arguments[0]}.out"
        with start(
            name, crossbook(*arguments), environment=self.environment, folder=self.folder, output=output
        ) as child:
            code = child.wait(COMMAND_SECONDS)
            if code != 0:
                raise CrossbookError(f"`crossbook {' '.join(arguments)}` ended with {code}:\n{child.last_words()}")
        return output.read_text(encoding="utf-8")


@contextmanager
def stage(ports: Ports) -> Iterator[Stage]:
    """Everything up and answering; all of it gone at the end. The folder stays when an error ends it."""
    built = Stage(Path(tempfile.mkdtemp(prefix="crossbook-demo-")), ports)
    with ExitStack() as running:
        running.push(partial(_clear_away, built.folder))
        _build(built, running)
        yield built


def crossbook(*arguments: str) -> list[str]:
    """The command line of a `crossbook` command in this installation."""
    return [sys.executable, "-m", "app.cli.main", *arguments]


def _clear_away(folder: Path, _kind: object, error: BaseException | None, _trace: object) -> None:
    if not isinstance(error, Exception):
        shutil.rmtree(folder)


def _build(built: Stage, running: ExitStack) -> None:
    valkey = start_valkey(built.folder)
    built.children.append(running.enter_context(valkey.child))
    built.redis_url = valkey.url
    built.environment = _environment(built)
    _write_settings(built)
    _write_sync_file(built.folder / "syncs")
    ports = built.ports
    simulator = ("--salesforce-port", str(ports.salesforce), "--xero-port", str(ports.xero))
    for name, arguments in (
        ("simulator", (*simulator, "--crossbook-url", ports.web_url)),
        ("serve", ()),
        ("worker", ()),
    ):
        child = start(name, crossbook(name, *arguments), environment=built.environment, folder=built.folder)
        built.children.append(running.enter_context(child))
    _wait_until_ready(built)


def _environment(built: Stage) -> dict[str, str]:
    """The settings of every process, and nothing of the person's own environment."""
    ports = built.ports
    connections = demo.environment(
        salesforce=CONNECTION, salesforce_url=ports.salesforce_url, xero=CONNECTION, xero_url=ports.xero_url
    )
    return {
        **connections,
        "DATABASE_URL": f"sqlite:///{built.folder / 'crossbook.db'}",
        "REDIS_URL": built.redis_url,
        "SYNC_DIR": str(built.folder / "syncs"),
        "SECRET_KEYS": secrets.token_urlsafe(32),
        "HOST": HOST,
        "PORT": str(ports.web),
        "WORKER_NAME": "demo",
        "LOG_FORMAT": "text",
        "PYTHONUTF8": "1",
    }


def _write_settings(built: Stage) -> None:
    """The same settings as a file, so that `crossbook status` and its like answer in the demo's folder."""
    settings = built.folder / ".env"
    settings.touch(mode=0o600)
    settings.write_text("".join(f"{name}='{value}'\n" for name, value in built.environment.items()), encoding="utf-8")


def _write_sync_file(folder: Path) -> None:
    """The template that operators start from, with the one word changed that lets it write."""
    template = files("app.mapping").joinpath("templates", "accounts.yaml").read_text(encoding="utf-8")
    folder.mkdir()
    (folder / "accounts.yaml").write_text(re.sub(r"(?m)^mode: .*$", "mode: live", template), encoding="utf-8")


def _wait_until_ready(built: Stage) -> None:
    ports = built.ports
    for name, ready in (
        ("the simulated Salesforce", lambda: _answers(f"{ports.salesforce_url}/simulator/log")),
        ("the simulated Xero", lambda: _answers(f"{ports.xero_url}/simulator/log")),
        ("the web process", lambda: _answers(ports.web_url)),
        ("the worker", lambda: _polls(built.redis_url)),
    ):
        if not built.wait_for(ready, seconds=START_SECONDS):
            raise CrossbookError(
                f"{name} did not start within {START_SECONDS:g} seconds; see the logs in {built.folder}"
            )


def _answers(url: str) -> bool:
    """Whether somebody answers there, whatever the answer is: a server listens only once it has started."""
    try:
        httpx.get(url, timeout=1, trust_env=False)
    except httpx.TransportError:
        return False
    return True


def _polls(redis_url: str) -> bool:
    """Whether a worker has said that it waits for jobs."""
    with redis.Redis.from_url(redis_url, socket_timeout=1) as client:
        return bool(client.exists(f"{QUEUE}:health-check"))
