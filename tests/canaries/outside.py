"""A drive of the real processes through what goes wrong around them, with canaries in every secret they are given."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path

import httpx
import psutil

from app.cli.polling import poll
from app.cli.ports import free_port
from tests.canaries.planted import CONTACT, MARK, SAID, canary

SECONDS = 60.0

SECRETS = {
    "SECRET_KEYS": canary("secret-key"),
    "SALESFORCE__MAIN__URL": "http://127.0.0.1:1",
    "SALESFORCE__MAIN__CLIENT_ID": "id",
    "SALESFORCE__MAIN__CLIENT_SECRET": canary("client-secret"),
    "SALESFORCE__MAIN__ORG_ID": "00D5Y000001MPM7UAO",
    "SALESFORCE__MAIN__OUTBOUND_SECRETS": canary("outbound"),
    "SALESFORCE__MAIN__CHANGE_API_KEYS": canary("api-key"),
    "XERO__MAIN__CLIENT_ID": "id",
    "XERO__MAIN__CLIENT_SECRET": canary("client-secret"),
    "XERO__MAIN__TENANT_ID": "11111111-2222-4333-8444-555555555555",
    "XERO__MAIN__REFRESH_TOKEN": canary("refresh"),
    "XERO__MAIN__WEBHOOK_KEYS": canary("webhook-key"),
    "XERO__MAIN__API_URL": "http://127.0.0.1:1",
    "XERO__MAIN__IDENTITY_URL": "http://127.0.0.1:1",
    "LOG_LEVEL": "debug",
    "PYTHONUTF8": "1",
    "PYTHONDEVMODE": "1",
}
"""Python's development mode lets it warn of everything."""

NO_DATABASE = {"DATABASE_URL": f"postgresql://user:{canary('database')}@127.0.0.1:1/crossbook"}
NO_QUEUE = {"REDIS_URL": f"redis://user:{canary('queue')}@127.0.0.1:1/0"}
RETURNED = f"http://localhost:8000/connect/xero?code={canary('code')}&state={canary('state')}\n"

ENDING: Mapping[str, tuple[tuple[str, ...], Mapping[str, str]]] = {
    "a worker with a short key": (("arq", "workers.settings.WorkerSettings"), {"SECRET_KEYS": MARK}),
    "a worker without a database": (("arq", "workers.settings.WorkerSettings"), NO_DATABASE),
    "a worker with a broken queue": (
        ("arq", "workers.settings.WorkerSettings"),
        {"REDIS_URL": f"redis://:{MARK}/@x/0"},
    ),
    "a web process with a short key": (("uvicorn", "app.main:app", "--port", "0"), {"SECRET_KEYS": MARK}),
    "a web process without a database": (("app.cli.main", "serve", "--port", "0"), NO_DATABASE),
    "a broken database": (("app.cli.main", "status"), {"DATABASE_URL": f"postgresql://u:x@h:{MARK}/x"}),
    "status": (("app.cli.main", "status"), NO_DATABASE),
    "check": (("app.cli.main", "check"), {**NO_DATABASE, **NO_QUEUE}),
    "check of a short key": (("app.cli.main", "check"), {"SECRET_KEYS": MARK}),
    "connect xero": (("app.cli.main", "connect", "xero", "main"), {}),
    "connect salesforce": (
        ("app.cli.main", "connect", "salesforce", "main"),
        {"SALESFORCE__MAIN__GRANT": "authorization_code"},
    ),
}
"""Processes that cannot do what they are asked for, with what each is given besides."""


def drive(folder: Path, queue: str) -> dict[str, str]:
    """What each process has printed; `queue` is one that works."""
    (folder / "syncs").mkdir()
    template = files("app.mapping").joinpath("templates", "accounts.yaml").read_text(encoding="utf-8")
    (folder / "syncs" / "accounts.yaml").write_text(template.replace("mode: observe", "mode: live"))
    given = {
        name: (command, {"REDIS_URL": queue, "DATA_DIR": str(folder / name), **besides})
        for name, (command, besides) in ENDING.items()
    }
    with ThreadPoolExecutor(4) as at_once:
        ended = {name: at_once.submit(_ended, folder, *each) for name, each in given.items()}
        return {"run": _run(folder), **{name: each.result() for name, each in ended.items()}}


def _ended(folder: Path, command: tuple[str, ...], given: Mapping[str, str]) -> str:
    module, *arguments = command
    ended = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env={**SECRETS, "PYTHONPATH": str(Path(__file__).parents[2]), **given},
        input=RETURNED,
        capture_output=True,
        text=True,
        timeout=2 * SECONDS,
        check=False,
    )
    assert ended.returncode != 0, f"{command} has found nothing wrong: {ended.stdout}{ended.stderr}"
    return ended.stdout + ended.stderr


def _run(folder: Path) -> str:
    """Everything runs; strangers come, no vendor is there, the queue dies, the database is spoiled, all is stopped."""
    port = free_port()
    with _running(folder, port) as process, httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as web:
        assert poll(lambda: _is_ready(web), seconds=SECONDS), (folder / "run.log").read_text()
        log = folder / "run.log"
        _come_as_strangers(web)
        assert poll(lambda: '"worker.ready"' in log.read_text() or None, seconds=SECONDS)
        assert poll(lambda: '"reconcile.failed"' in log.read_text() or None, seconds=SECONDS)
        _kill(process, "valkey")
        assert poll(lambda: '"redis.away"' in log.read_text() or None, seconds=SECONDS)
        assert poll(lambda: '"program.ended"' in log.read_text() or None, seconds=SECONDS)
        _come_as_strangers(web)
        for path in folder.glob("data/crossbook.db*"):
            path.write_bytes(SAID.encode() * 1000)
        assert poll(lambda: '"StoreUnavailable' in log.read_text() or None, seconds=SECONDS)
        _come_as_strangers(web)
    return log.read_text()


@contextmanager
def _running(folder: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {**SECRETS, "PORT": str(port), "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-m", "app.cli.main", "run"]
    with (
        (folder / "run.log").open("wb") as log,
        subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            process.wait(SECONDS)


def _is_ready(web: httpx.Client) -> bool | None:
    with suppress(httpx.TransportError):
        return web.get("/readyz").status_code == 200 or None
    return None


def _come_as_strangers(web: httpx.Client) -> None:
    outbound = f"/webhooks/salesforce/outbound/{canary('outbound')}"
    for address, body in (
        (outbound, f"<!DOCTYPE {SAID}>"),
        (f"{outbound}/{SAID}", SAID),
        (f"/{SAID}", SAID),
        ("/webhooks/xero", str(CONTACT)),
        ("/webhooks/salesforce/changes", json.dumps([{"schema": SAID}])),
    ):
        headers = {"content-type": "application/json", "x-api-key": canary("api-key"), "authorization": SAID}
        web.post(address, content=body, headers=headers)
    web.get(f"/connect/xero?code={canary('code')}&state={canary('state')}")


def _kill(run: "subprocess.Popen[bytes]", name: str) -> None:
    for each in psutil.Process(run.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if name in Path(each.cmdline()[0]).name:
                each.kill()
