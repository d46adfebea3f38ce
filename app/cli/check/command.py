"""The command `crossbook check`."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import chain

import httpx
import typer

from app.cli.answers import AsJson, print_answer
from app.cli.check import configuration, installation, reach, vendors
from app.cli.check.finding import Finding, Grade
from app.errors import ConfigurationError
from app.log import configure_logging
from app.runtime import Runtime
from app.settings import Settings, load_settings
from app.store import pushes

NEEDED = frozenset({"secret_keys", "sync_file", "database", "otel"})
"""What must not be a problem where the vendors are to be asked."""

_MARKS = {Grade.FINE: "ok   ", Grade.HINT: "hint ", Grade.PROBLEM: "ERROR"}


def check(*, as_json: AsJson = False) -> None:
    """Look at everything that Crossbook needs, and say what to do about what is missing. Exits with 1 on a problem."""
    findings = asyncio.run(_examined())
    document = {
        "fine": not _problems(findings),
        "findings": [
            {"area": each.area, "grade": each.grade, "code": each.code, "words": each.words, "remedy": each.remedy}
            for each in findings
        ],
    }
    print_answer(document, _lines(findings), as_json=as_json)
    raise typer.Exit(1 if _problems(findings) else 0)


async def _examined() -> list[Finding]:
    try:
        settings = load_settings()
    except ConfigurationError as error:
        return list(configuration.of_settings(error))
    configure_logging("error", settings.log_format)
    async with httpx.AsyncClient(follow_redirects=False, trust_env=False) as client:
        return [finding async for finding in examine(settings, client)]


async def examine(settings: Settings, client: httpx.AsyncClient) -> AsyncIterator[Finding]:
    """All findings, in the order in which they are best mended. `client` asks Crossbook's own addresses."""
    missing = False
    configured = (configuration.of_keys, configuration.of_notices, configuration.of_tracing, configuration.of_syncs)
    for finding in chain.from_iterable(each(settings) for each in configured):
        missing |= _hinders(finding)
        yield finding
    async for finding in installation.of_database(settings):
        missing |= _hinders(finding)
        yield finding
    for finding in installation.of_disk(settings):
        yield finding
    async for finding in installation.of_queue(settings):
        yield finding
    async for finding in installation.of_web(settings, client):
        yield finding
    async for finding in reach.of_address(settings, client):
        yield finding
    if not missing:
        async for finding in _of_vendors(settings):
            yield finding


def _hinders(finding: Finding) -> bool:
    return finding.grade is Grade.PROBLEM and finding.code in NEEDED


async def _of_vendors(settings: Settings) -> AsyncIterator[Finding]:
    runtime = await Runtime.open(settings)
    try:
        async for finding in vendors.of_connections(runtime):
            yield finding
        for finding in reach.of_webhooks(settings, await runtime.database.read(pushes.latest)):
            yield finding
    finally:
        await runtime.close()


def _problems(findings: Sequence[Finding]) -> int:
    return sum(each.grade is Grade.PROBLEM for each in findings)


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    for each in findings:
        yield f"{_MARKS[each.grade]}  {each.area}: {each.words}"
        if each.remedy:
            yield f"       -> {each.remedy}"
    problems = _problems(findings)
    if not any(each.area.startswith(("salesforce ", "xero ")) for each in findings):
        yield "       no connection was asked: mend the above first, or set one"
    yield "everything that is needed works" if not problems else f"{problems} to be mended"
