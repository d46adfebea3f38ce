"""Checks of what is configured: the settings, the keys, and the sync files with the connections that they name."""

from collections.abc import Iterator

from app import accounts
from app.cli.check.finding import Finding, fine, hint, problem
from app.engine.records import System
from app.errors import ConfigurationError
from app.mapping.model import Mode, Sync
from app.notifying import Postman
from app.runtime import open_tracer
from app.settings import Settings
from app.store.vault import Vault

_AGAIN = "correct it, then crossbook check again"
_KEY = "set SECRET_KEYS to a random text, such as: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
_ADDRESS = "spell it as https://appriseit.com shows for its kind, then crossbook notices --test"
_TELL = "set NOTICE_URLS to addresses of yours, such as mailto://user:secret@example.com, then crossbook notices --test"
_LIVE = "look at crossbook preview; when it pleases you, set mode: live in the sync file"
_SYNC = "put a sync file into {folder}; the templates accounts.yaml and people.yaml are a beginning"


def of_settings(error: ConfigurationError) -> Iterator[Finding]:
    """Each setting that cannot be used."""
    first, *others = str(error).splitlines()
    for line in others or [first]:
        yield problem("settings", "settings", line.strip(), _AGAIN)


def of_keys(settings: Settings) -> Iterator[Finding]:
    """Whether tokens can be kept encrypted."""
    try:
        Vault(settings.secret_keys)
    except ConfigurationError as error:
        yield problem("settings", "secret_keys", str(error), _KEY)
    else:
        yield fine("settings", "secret_keys", "they can be used, and stored tokens are encrypted")


def of_notices(settings: Settings) -> Iterator[Finding]:
    """Whether somebody is told of troubles, and by addresses that can be read. They are not tried: that would ring."""
    postman = Postman(settings.notice_urls)
    for number in postman.unreadable:
        words = f"NOTICE_URLS, number {number}, is no address that Apprise can read"
        yield problem("settings", "notice_urls", words, _ADDRESS)
    if not settings.notice_urls:
        yield hint("settings", "nobody_told", "nobody is told when something needs a person", _TELL)
    elif not postman.unreadable:
        yield fine("settings", "notice_urls", "whoever is to be told has an address; crossbook notices --test tries it")


def of_tracing(settings: Settings) -> Iterator[Finding]:
    """Whether the collector that is named can be told anything."""
    try:
        open_tracer(settings, "check").close()
    except ConfigurationError as error:
        yield problem("settings", "otel", str(error), "install the extra, or leave OTEL_EXPORTER_OTLP_ENDPOINT empty")


def of_syncs(settings: Settings) -> Iterator[Finding]:
    """Whether the sync files can be used, with the connections that they name."""
    try:
        syncs = accounts.configured_syncs(settings)
    except ConfigurationError as error:
        yield from (_of_line(line) for line in str(error).splitlines())
        return
    if not syncs:
        words = f"there is no sync file in {settings.sync_dir}: nothing is kept in step"
        yield hint("syncs", "no_sync", words, _SYNC.format(folder=settings.sync_dir))
    for sync in syncs.values():
        yield from _of_sync(sync)


def _of_line(line: str) -> Finding:
    """A complaint ends with its remedy."""
    words, _, remedy = line.partition("; ")
    return problem("syncs", "sync_file", words, remedy or _AGAIN)


def _of_sync(sync: Sync) -> Iterator[Finding]:
    pairs = ", ".join(f"{mapping.salesforce} and {mapping.xero}" for mapping in sync.mappings.values())
    over = f"over {System.SALESFORCE} {sync.salesforce} and {System.XERO} {sync.xero}"
    yield fine(f"sync {sync.name}", "sync_file", f"{pairs}, {over}")
    if sync.mode is Mode.OBSERVE:
        yield hint(f"sync {sync.name}", "observing", "it only observes: no record is written", _LIVE)
