"""The processes as they run tell one trace over the wire; without the extra they run as well."""

import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from app.cli.demo.people import Bookkeeper, Salesperson
from app.cli.demo.stage import crossbook
from app.cli.polling import poll
from app.cli.ports import HOST, free_port
from app.cli.processes import start
from app.cli.valkey import start_valkey
from tests.tracing.collector import Collector, collecting
from tests.workers.test_worker_process import RESUME_SECONDS, _answers, _environment, _polls, _signing_in, _wait_for

ROOT = str(Path(__file__).parents[2])

WITHOUT = """
import sys
from importlib.abc import MetaPathFinder

class Without(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter")):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Without())
sys.argv[0] = "crossbook"
from app.cli.main import main
main()
"""


def test_a_push_from_salesforce_is_one_trace_up_to_the_call_that_writes_to_xero(tmp_path: Path) -> None:
    with collecting() as collector:
        account = _carried(tmp_path, collector)
    by_id = {span.span_id: span for span in collector.spans}
    (create,) = [span for span in collector.spans if span.name == "xero create Contact"]
    path = [create.name]
    span: Span | None = create
    while span := by_id.get(span.parent_span_id) if span else None:
        path.append(span.name)
    assert path == [
        "xero create Contact",
        "write",
        "batch accounts/Contact",
        "POST /webhooks/salesforce/outbound/{secret}",
    ]
    (exchange,) = [each for each in collector.spans if each.parent_span_id == create.span_id]
    facts = {each.key: each.value for each in exchange.attributes}
    assert (exchange.name, facts["http.response.status_code"].int_value) == ("PUT", 200)
    told = b"".join(collector.raw)
    assert b"Ridgeway" not in told
    assert account.encode() not in told


def _carried(folder: Path, collector: Collector) -> str:
    """An account that was created, pushed and written, by real processes that have all ended by now."""
    with ExitStack() as running:
        valkey = start_valkey(folder)
        running.enter_context(valkey.child)
        salesforce, xero, web = free_port(), free_port(), free_port()
        environment = {
            **_environment(folder, valkey, salesforce, xero),
            "PORT": str(web),
            "PYTHONPATH": ROOT,
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        }
        simulator = ("--salesforce-port", str(salesforce), "--xero-port", str(xero))
        whereto = ("--crossbook-url", f"http://{HOST}:{web}")
        for name, arguments in (("simulator", (*simulator, *whereto)), ("serve", ()), ("worker", ())):
            command = crossbook(name, *arguments)
            running.enter_context(start(name, command, environment=environment, folder=folder, grace_seconds=20.0))
        _wait_for(lambda: _answers(environment["XERO__MAIN__API_URL"]))
        _wait_for(lambda: _polls(valkey.url))
        with (
            Salesperson(f"http://{HOST}:{salesforce}", *_signing_in()) as salesperson,
            Bookkeeper(f"http://{HOST}:{xero}", *_signing_in()) as bookkeeper,
        ):
            account = salesperson.create_account(Name="Ridgeway")
            assert poll(lambda: bookkeeper.contact_born_from(account), seconds=RESUME_SECONDS)
            assert poll(lambda: any(each.name == "settle" for each in collector.spans) or None, seconds=RESUME_SECONDS)
    return account


def alone(port: int = 0, endpoint: str = "") -> dict[str, str]:
    return {
        "SECRET_KEYS": "k" * 32,
        "PYTHONUTF8": "1",
        "PYTHONPATH": ROOT,
        "PORT": str(port),
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }


def test_without_the_extra_all_runs_as_ever(tmp_path: Path) -> None:
    environment = alone(free_port())
    with start("web", [sys.executable, "-c", WITHOUT, "serve"], environment=environment, folder=tmp_path) as web:
        address = f"http://{HOST}:{environment['PORT']}"
        assert poll(lambda: _is_ready(address), seconds=RESUME_SECONDS), web.last_words()


def _is_ready(address: str) -> bool | None:
    with suppress(httpx.TransportError):
        return httpx.get(f"{address}/readyz", trust_env=False).is_success or None
    return None


def test_check_and_start_say_what_to_install_where_a_collector_is_named(tmp_path: Path) -> None:
    environment = alone(endpoint="http://127.0.0.1:4318")
    for command in ("check", "serve"):
        ended = subprocess.run(
            [sys.executable, "-c", WITHOUT, command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=RESUME_SECONDS,
            check=False,
        )
        assert ended.returncode != 0
        assert "pip install 'crossbook[otel]'" in ended.stdout + ended.stderr
