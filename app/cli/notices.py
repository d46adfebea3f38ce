"""`crossbook notices`: what is wrong, what was, and who was told; or a test, to see that an address works."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import typer

from app.cli.answers import AsJson, Told, tell
from app.cli.asking import ask
from app.cli.telling_notices import document, lines
from app.engine.messages import trial
from app.errors import ConfigurationError
from app.log import configure_logging
from app.notifying import Postman
from app.runtime import Runtime
from app.settings import Settings, load_settings
from app.store import notices as kept

Test = Annotated[bool, typer.Option("--test", help="Send a test to every address of NOTICE_URLS.")]

_UNSET = "nobody is told: set NOTICE_URLS to addresses as Apprise spells them, such as mailto://user:secret@example.com"


def notices(*, test: Test = False, as_json: AsJson = False) -> None:
    """Tell what is wrong, what was, and whether anybody was told. A test that an address does not take exits with 1."""
    if not test:
        tell(ask(carry_out), as_json=as_json)
        return
    settings = load_settings()
    configure_logging("error", settings.log_format)
    took = asyncio.run(try_out(settings))
    tell(_tried(took), as_json=as_json)
    raise typer.Exit(0 if all(took) else 1)


async def carry_out(runtime: Runtime) -> Told:
    """All notices: what stands first, each the latest first."""
    found, addressed = await runtime.database.read(kept.everything), bool(runtime.settings.notice_urls)
    told = [line for each in found for line in lines(each)] or ["nothing is wrong, as far as a worker has seen"]
    shown = {"addressed": addressed, "notices": list(map(document, found))}
    return Told(shown, told if addressed else [*told, _UNSET])


async def try_out(settings: Settings) -> Sequence[bool]:
    """Whether each address took a test. Raises `ConfigurationError` without any."""
    if not settings.notice_urls:
        raise ConfigurationError(_UNSET)
    return await Postman(settings.notice_urls).send(trial(settings.public_url))


def _tried(took: Sequence[bool]) -> Told:
    numbered = list(enumerate(took, start=1))
    said = [f"NOTICE_URLS, number {n}: {'sent' if taken else 'FAILED: it was not taken'}" for n, taken in numbered]
    return Told({"addresses": [{"number": n, "sent": taken} for n, taken in numbered]}, said)
