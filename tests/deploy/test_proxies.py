"""Pushes go through the proxies of `deploy/` over HTTPS as they were sent, and no secret stays in a log."""

import http.client
import json
import socket
import sqlite3
import ssl
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import httpx
import pytest

from app.cli.polling import poll
from app.cli.ports import HOST, free_port
from app.clock import SystemClock
from tests.deploy.conftest import Needed
from tests.support.certificates import Authority
from tests.support.front_door import (
    ACCOUNT,
    CHANGE_SECRET,
    ORG_18,
    TENANT,
    XERO_KEY,
    standard_signature,
    xero_signature,
)
from tests.support.processes import server
from tests.support.proxies import Proxy, caddy, nginx

XERO, OUTBOUND, CHANGES = "/webhooks/xero", "/webhooks/salesforce/outbound", "/webhooks/salesforce/changes"
SECRET = "outbound-canary-5f0c7a"
ODD_SECRET, ODD_SECRET_AS_SENT = "outbound-canary é%2B+", "outbound-canary%20%C3%A9%252B+"
LARGEST_BODY = 3_000_000
CANARIES = ("canary", "signature", XERO_KEY[:20], CHANGE_SECRET[6:])
PROXIES: dict[str, Callable[..., AbstractContextManager[Proxy]]] = {"caddy": caddy, "nginx": nginx}

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Web:
    """A running web process and its database."""

    port: int
    database: Path

    def stored(self, record: str) -> int:
        """How many events about the record are on disk."""
        with closing(sqlite3.connect(self.database)) as connection:
            row = connection.execute("select count(*) from inbox where record_id = ?", (record,)).fetchone()
        return int(row[0])


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """`crossbook serve`, as a proxy finds it."""
    folder, port = tmp_path_factory.mktemp("web"), free_port()
    settings = {
        "SECRET_KEYS": "k" * 32,
        "DATA_DIR": str(folder),
        "PORT": str(port),
        "MAX_BODY_BYTES": str(LARGEST_BODY),
        "XERO__MAIN__WEBHOOK_KEYS": XERO_KEY,
        "XERO__MAIN__TENANT_ID": TENANT,
        "SALESFORCE__MAIN__URL": "https://main.my.salesforce.com",
        "SALESFORCE__MAIN__CLIENT_ID": "id",
        "SALESFORCE__MAIN__CLIENT_SECRET": "hush",
        "SALESFORCE__MAIN__ORG_ID": ORG_18,
        "SALESFORCE__MAIN__OUTBOUND_SECRETS": json.dumps([SECRET, ODD_SECRET]),
        "SALESFORCE__MAIN__CHANGE_SECRETS": CHANGE_SECRET,
    }
    variables = [f"{name}={value}" for name, value in settings.items()]
    command = ["env", "-i", *variables, str(Path(sys.executable).with_name("crossbook")), "serve"]
    with server(command, folder / "web.log"):
        assert poll(lambda: is_ready(port), seconds=60, every_seconds=0.05), (folder / "web.log").read_text()
        yield Web(port, folder / "crossbook.db")


def is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://{HOST}:{port}/readyz", trust_env=False).is_success
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module", params=PROXIES)
def kind(request: pytest.FixtureRequest) -> str:
    """Each proxy by its name."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def proxy(kind: str, web: Web, needed: Needed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The proxy in front of the web process."""
    with PROXIES[kind](needed(kind), tmp_path_factory.mktemp(kind), web.port) as running:
        yield running


@pytest.fixture
def client(proxy: Proxy) -> Iterator[httpx.Client]:
    """A sender that trusts the proxy's own authority only."""
    with proxy.client() as made:
        yield made


@pytest.fixture
def lonely(kind: str, needed: Needed, tmp_path: Path) -> Iterator[Proxy]:
    """The proxy in front of a port where nobody listens, and nobody else can begin to."""
    with socket.socket() as held:
        held.bind((HOST, 0))
        with PROXIES[kind](needed(kind), tmp_path, held.getsockname()[1]) as running:
            yield running


def contact() -> str:
    """The id of a contact that no test has named yet."""
    return f"00000000-0000-4000-8000-{next(_numbers):012}"


def push(record: str) -> bytes:
    """What Xero says of a changed contact."""
    said = {
        "resourceId": record,
        "tenantId": TENANT,
        "eventCategory": "CONTACT",
        "eventType": "UPDATE",
        "eventDateUtc": "2026-03-02T08:00:00.000",
    }
    return json.dumps({"events": [said], "firstEventSequence": 1, "lastEventSequence": 1}).encode()


def from_xero(
    client: httpx.Client, body: bytes, *, signed: bytes | None = None, chunks: int | None = None
) -> httpx.Response:
    """Push `body` with the signature of `signed`, or its own; in `chunks` of so many bytes, if any."""
    signature = xero_signature(body if signed is None else signed)
    parts = (body[at : at + chunks] for at in range(0, len(body), chunks)) if chunks else body
    headers = {"content-type": "application/json", "x-xero-signature": signature}
    return client.post(f"{XERO}?canary=in-the-query", content=parts, headers=headers)


def message(record: str) -> bytes:
    """What Salesforce says of a changed account."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:x="http://www.w3.org/2001/XMLSchema-instance"><e:Body>
 <notifications xmlns="http://soap.sforce.com/2005/09/outbound">
  <OrganizationId>{ORG_18}</OrganizationId><SessionId>session-canary</SessionId>
  <Notification><Id>04l5Y0000{next(_numbers):06}</Id>
   <sObject x:type="sf:Account" xmlns:sf="urn:sobject.enterprise.soap.sforce.com"><sf:Id>{record}</sf:Id></sObject>
  </Notification>
 </notifications></e:Body></e:Envelope>""".encode()


def from_salesforce(client: httpx.Client, body: bytes, secret: str = SECRET) -> httpx.Response:
    """Send an outbound message."""
    headers = {"content-type": "text/xml; charset=UTF-8", "soapaction": '""'}
    return client.post(f"{OUTBOUND}/{secret}", content=body, headers=headers)


def raw(proxy: Proxy, path: str) -> int:
    """The status of the answer to `path`, which goes out exactly as it is written."""
    trust = ssl.create_default_context(cafile=str(proxy.root))
    with closing(http.client.HTTPSConnection("localhost", proxy.port, context=trust, timeout=20)) as connection:
        connection.putrequest("GET", path)
        connection.endheaders()
        return connection.getresponse().status


def test_a_signed_push_of_xero_is_stored_and_answered_with_nothing(client: httpx.Client, web: Web) -> None:
    record = contact()
    answer = from_xero(client, push(record))
    assert (answer.status_code, answer.content) == (200, b"")
    assert "set-cookie" not in answer.headers
    assert web.stored(record) == 1


def test_an_outbound_message_is_stored_and_acknowledged(client: httpx.Client, web: Web) -> None:
    before = web.stored(ACCOUNT)
    answer = from_salesforce(client, message(ACCOUNT))
    assert (answer.status_code, b"<Ack>true</Ack>" in answer.content) == (200, True)
    assert web.stored(ACCOUNT) == before + 1


def test_an_address_arrives_as_it_was_written(client: httpx.Client, web: Web) -> None:
    before = web.stored(ACCOUNT)
    assert from_salesforce(client, message(ACCOUNT), ODD_SECRET_AS_SENT).status_code == 200
    assert from_salesforce(client, message(ACCOUNT), ODD_SECRET_AS_SENT.replace("%252B", "%2B")).status_code == 401
    assert web.stored(ACCOUNT) == before + 1


def test_signed_change_events_are_stored(client: httpx.Client, web: Web) -> None:
    before = web.stored(ACCOUNT)
    header = {"entityName": "Account", "recordIds": [ACCOUNT], "changeType": "UPDATE"}
    body = json.dumps({"orgId": ORG_18, "payload": {"ChangeEventHeader": header, "Name": "canary"}})
    at, id = int(SystemClock().now().timestamp()), f"msg_{next(_numbers)}"
    headers = {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": str(at),
        "webhook-signature": standard_signature(body, id=id, at=at, secret=CHANGE_SECRET),
    }
    assert client.post(CHANGES, content=body.encode(), headers=headers).is_success
    assert web.stored(ACCOUNT) == before + 1


def test_a_forged_push_is_refused_with_nothing_at_all(client: httpx.Client, web: Web) -> None:
    record = contact()
    answer = from_xero(client, push(record), signed=push(record) + b"\n")
    assert (answer.status_code, answer.content) == (401, b"")
    assert "set-cookie" not in answer.headers
    assert web.stored(record) == 0


def test_an_outbound_message_with_a_wrong_secret_is_refused(client: httpx.Client) -> None:
    answer = from_salesforce(client, message(ACCOUNT), "guessed-canary")
    assert (answer.status_code, answer.content) == (401, b"")


@pytest.mark.parametrize("chunks", [None, 7])
@pytest.mark.parametrize(
    "odd",
    [
        lambda body: body + b"\n",
        lambda body: b"\r\n\t " + body.replace(b", ", b" ,\r\n") + b"\r\n\r\n",
        lambda body: body[:-1] + ', "entropy": "naïve ☃ 🧾"}'.encode(),
        lambda body: body[:-1] + b', "entropy": "+ %2B &amp; \\u2603"}',
    ],
    ids=["a line's end", "white space", "unicode", "escapes"],
)
def test_a_signature_fits_however_odd_the_body(
    client: httpx.Client, web: Web, odd: Callable[[bytes], bytes], chunks: int | None
) -> None:
    record = contact()
    assert from_xero(client, odd(push(record)), chunks=chunks).status_code == 200
    assert web.stored(record) == 1


def test_bytes_that_are_no_text_arrive_as_they_are(client: httpx.Client) -> None:
    body = bytes(range(256)) * 5
    assert from_xero(client, body).status_code == 200
    assert from_xero(client, body, signed=body.replace(b"\r\n", b"\n")[:-1]).status_code == 401


def test_the_longest_body_that_crossbook_takes_gets_through_and_crossbook_refuses_a_longer_one(
    client: httpx.Client, web: Web
) -> None:
    record, other = contact(), contact()
    assert from_xero(client, push(record).ljust(LARGEST_BODY), chunks=65_536).status_code == 200
    assert web.stored(record) == 1
    answer = from_xero(client, push(other).ljust(LARGEST_BODY + 1))
    assert answer.status_code in {413, 502}  # refused before it has all been sent, which a proxy may take for a failure
    assert web.stored(other) == 0


def test_what_is_not_for_the_world_is_refused_by_the_proxy_itself(lonely: Proxy) -> None:
    passed_on = (XERO, f"{OUTBOUND}/x", CHANGES, "/healthz")
    with ThreadPoolExecutor() as pool:
        assert [status for status in pool.map(lambda path: raw(lonely, path), passed_on) if status < 500] == []
    refused = (
        "/",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/docs",
        "/webhooks",
        "/healthz/more",
        "/x/webhooks/xero",
        "/connect",
    )
    tricks = ("/webhooks/../readyz", "/webhooks/%2e%2e/readyz", "//readyz", "/webhooks/..%2freadyz")
    found = {path: raw(lonely, path) for path in (*refused, *tricks)}
    assert set(found.values()) <= {400, 404}, found


def test_the_proxy_tells_whether_crossbook_lives_and_nothing_of_whether_it_is_ready(client: httpx.Client) -> None:
    assert client.get("/healthz").json() == {"alive": True}
    assert client.get("/readyz").status_code == 404


def test_what_comes_in_the_clear_is_led_nowhere(proxy: Proxy) -> None:
    with closing(socket.create_connection(("localhost", proxy.port), timeout=20)) as connection:
        connection.sendall(f"GET {OUTBOUND}/{SECRET} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        answer = connection.recv(4096).decode().lower()
    assert answer.split()[1] == "400"
    assert "location:" not in answer


def test_while_crossbook_is_away_a_sender_hears_so_before_xero_gives_up(lonely: Proxy) -> None:
    with lonely.client() as client:
        answer = from_xero(client, push(contact()))
    assert answer.status_code in {502, 503, 504}
    assert answer.elapsed.total_seconds() < 5


def test_the_logs_tell_what_came_and_no_secret(client: httpx.Client, proxy: Proxy) -> None:
    push_all(client)
    for part in (XERO, f'{OUTBOUND}/"', CHANGES):
        assert poll(lambda: part in proxy.told, seconds=10), proxy.told  # noqa: B023
    assert [word for word in CANARIES if word.lower() in proxy.told.lower()] == []


def test_the_logs_tell_no_secret_while_crossbook_is_away(lonely: Proxy) -> None:
    with lonely.client() as client:
        push_all(client)
        assert poll(lambda: f'{OUTBOUND}/"' in lonely.told, seconds=10), lonely.told
    assert [word for word in CANARIES if word.lower() in lonely.told.lower()] == []


def push_all(client: httpx.Client) -> None:
    """Everything in which a secret can come, at right addresses and at mistyped ones, all at once."""
    pushes: list[Callable[[], httpx.Response]] = [
        lambda: from_xero(client, push(contact())),
        lambda: from_salesforce(client, message(ACCOUNT)),
        lambda: from_salesforce(client, message(ACCOUNT), f"{SECRET}?canary=1"),
        lambda: client.get(f"{OUTBOUND}/{SECRET}", headers={"cookie": "canary=1", "authorization": "Bearer canary"}),
        lambda: client.post(CHANGES, headers={"x-api-key": "canary", "webhook-signature": "v1,canary"}),
        lambda: client.post(f"/webhook/salesforce/outbound/{SECRET}", headers={"referer": "https://canary"}),
        lambda: client.get("/connect/xero?state=canary&code=canary"),
        lambda: client.get("/?code=canary", headers={"user-agent": "canary"}),
    ]
    with ThreadPoolExecutor(len(pushes)) as pool:
        for sent in [pool.submit(each) for each in pushes]:
            sent.result()


def test_with_salesforce_s_certificate_asked_for_only_its_bearer_gets_a_message_in(
    kind: str, web: Web, needed: Needed, tmp_path: Path
) -> None:
    salesforce, stranger = Authority.new("salesforce", tmp_path), Authority.new("stranger", tmp_path)
    before, record = web.stored(ACCOUNT), contact()
    with PROXIES[kind](needed(kind), tmp_path, web.port, salesforce) as proxy:
        with proxy.client() as anybody:
            assert from_salesforce(anybody, message(ACCOUNT)).status_code == 403
            assert from_xero(anybody, push(record)).status_code == 200
        with proxy.client(stranger.issue("stranger")) as other:
            assert is_refused(other)
        assert (web.stored(ACCOUNT), web.stored(record)) == (before, 1)
        with proxy.client(salesforce.issue("proxy.salesforce.com")) as sender:
            assert from_salesforce(sender, message(ACCOUNT)).status_code == 200
        assert web.stored(ACCOUNT) == before + 1
        assert "proxy.salesforce.com" not in proxy.told


def is_refused(client: httpx.Client) -> bool:
    """Whether the sender is turned away, be it before the request or after."""
    try:
        return from_salesforce(client, message(ACCOUNT)).status_code in {400, 403}
    except httpx.TransportError:
        return True
