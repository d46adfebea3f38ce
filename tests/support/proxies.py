"""The proxies of `deploy/`, each a real server on the loopback address with the configuration that operators get."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from app.cli.polling import poll
from app.cli.ports import HOST, free_port
from tests.support.certificates import Authority, Certificate
from tests.support.deployment import DEPLOY
from tests.support.processes import server

START_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Proxy:
    """A running proxy. `root` is the authority that it is to be trusted by, `logs` all that it writes down."""

    port: int
    root: Path
    logs: tuple[Path, ...]

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def told(self) -> str:
        """Everything in its logs."""
        return "".join(log.read_text(encoding="utf-8") for log in self.logs if log.exists())

    def client(self, certificate: Certificate | None = None) -> httpx.Client:
        """A client that trusts the proxy's authority and no other, and shows `certificate`."""
        trust = ssl.create_default_context(cafile=str(self.root))
        if certificate:
            trust.load_cert_chain(certificate.certificate, certificate.key)
        return httpx.Client(base_url=self.url, verify=trust, trust_env=False, timeout=20)


@contextmanager
def caddy(program: str, folder: Path, upstream: int, salesforce: Authority | None = None) -> Iterator[Proxy]:
    """Caddy with the repository's Caddyfile and an authority of its own, in front of the port `upstream`.

    With `salesforce`, outbound messages need a certificate of that authority.
    """
    port, log = free_port(), folder / "caddy.log"
    (folder / "Caddyfile").write_bytes((DEPLOY / "Caddyfile").read_bytes())
    more = folder / "caddy.d"
    more.mkdir()
    (more / "loopback.caddy").write_text(f"bind {HOST}\n", encoding="utf-8")
    variables = {
        "CROSSBOOK_HOST": f"localhost:{port}",
        "CROSSBOOK_UPSTREAM": f"{HOST}:{upstream}",
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CONFIG_HOME": str(folder / "config"),
    }
    if salesforce:
        example = (DEPLOY / "caddy.d" / "salesforce-certificate.caddy.example").read_bytes()
        (more / "salesforce-certificate.caddy").write_bytes(example)
        variables["SALESFORCE_CERTIFICATE"] = str(salesforce.certificate)
    command = [*_only(variables), program, "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]
    root = folder / "data" / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    with server(command, log):
        yield _running(Proxy(port, root, (log,)))


@contextmanager
def nginx(program: str, folder: Path, upstream: int, salesforce: Authority | None = None) -> Iterator[Proxy]:
    """nginx with the repository's example, but for the places that an operator changes, in front of `upstream`.

    With `salesforce`, the marks in front of the lines about its certificate are taken away.
    """
    port, errors, accesses = free_port(), folder / "nginx.log", folder / "access.log"
    authority = Authority.new("nginx-authority", folder)
    issued = authority.issue("localhost")
    changes = {
        "server 127.0.0.1:8000;": f"server {HOST}:{upstream};",
        "listen 443 ssl;": f"listen {HOST}:{port} ssl;",
        "server_name crossbook.example.com;": "server_name localhost;",
        "/etc/ssl/crossbook/fullchain.pem": str(issued.certificate),
        "/etc/ssl/crossbook/privkey.pem": str(issued.key),
        "/var/log/nginx/crossbook.log": str(accesses),
    }
    if salesforce:
        changes |= {"#cert ": "", "/etc/ssl/crossbook/salesforce.pem": str(salesforce.certificate)}
    (folder / "crossbook.conf").write_text(_changed(DEPLOY / "nginx.conf", changes), encoding="utf-8")
    places = "".join(
        f"{kind}_temp_path {folder / kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = folder / "nginx.conf"
    main.write_text(
        f"daemon off;\nuser root;\nworker_processes 1;\npid {folder / 'nginx.pid'};\nevents {{}}\n"
        f"http {{\n{places}include {folder / 'crossbook.conf'};\n}}\n",
        encoding="utf-8",
    )
    with server([program, "-p", folder, "-c", main, "-e", "stderr"], errors):
        yield _running(Proxy(port, authority.certificate, (errors, accesses)))


def _only(variables: Mapping[str, str]) -> list[str]:
    """What starts a program with these variables and no others."""
    return ["env", "-i", *(f"{name}={value}" for name, value in variables.items())]


def _changed(path: Path, changes: Mapping[str, str]) -> str:
    """The file after `changes`, each of which must find its place."""
    text = path.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def _running(proxy: Proxy) -> Proxy:
    assert poll(lambda: _answers(proxy), seconds=START_SECONDS, every_seconds=0.05), proxy.told
    return proxy


def _answers(proxy: Proxy) -> bool:
    if not proxy.root.exists():
        return False
    try:
        with proxy.client() as client:
            client.get("/")
    except httpx.TransportError:
        return False
    return True
