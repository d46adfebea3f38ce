"""Caddyfile and nginx.conf agree with Crossbook: ports, addresses, limits and times."""

import re
import subprocess

from app import addresses
from app.addresses import CHANGES, CONNECT, LIVENESS, METRICS, OUTBOUND, READINESS, XERO
from app.settings import Settings
from tests.deploy.conftest import Needed
from tests.support.deployment import DEPLOY

CADDYFILE = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
NGINX = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
XERO_SECONDS = 5
"""After so long Xero gives up."""

FOR_THE_WORLD = {XERO, CHANGES, OUTBOUND, CONNECT, LIVENESS}
FOR_THE_MACHINE = {READINESS, METRICS}

HOST, PORT, SLOWEST_BODY = (Settings.model_fields[name].default for name in ("host", "port", "body_timeout_seconds"))


def seconds(text: str, name: str) -> int:
    """The span that `name` is set to."""
    (found,) = re.findall(rf"\s{name} (\d+)s\b", text)
    return int(found)


def test_both_pass_on_to_where_the_web_process_listens_by_default() -> None:
    assert f"{{$CROSSBOOK_UPSTREAM:{HOST}:{PORT}}}" in CADDYFILE
    assert f"server {HOST}:{PORT};" in NGINX


def test_both_name_every_address_in_their_logs_and_none_of_its_secret() -> None:
    (told,) = re.findall(r'request>uri regexp "\(\?s\)\^\(([^)]*)\)\?', CADDYFILE)
    known = {address.partition("{")[0] for address in FOR_THE_WORLD}
    assert known == set(told.split("|"))
    assert known | {'""'} == set(re.findall(r"(\S+);\n", NGINX.partition("map $uri")[2].partition("}")[0]))


def test_of_every_address_of_the_web_process_it_is_decided_who_may_reach_it() -> None:
    assert {value for name, value in vars(addresses).items() if name.isupper()} == FOR_THE_WORLD | FOR_THE_MACHINE


def test_a_body_may_take_as_long_as_crossbook_lets_it() -> None:
    assert seconds(CADDYFILE, "read_body") > SLOWEST_BODY
    assert seconds(NGINX, "client_body_timeout") > SLOWEST_BODY
    assert seconds(NGINX, "proxy_send_timeout") > SLOWEST_BODY
    assert seconds(CADDYFILE, "write") > seconds(CADDYFILE, "read_body") + seconds(CADDYFILE, "response_header_timeout")


def test_no_body_is_too_long_for_either() -> None:
    assert "max_size" not in CADDYFILE
    assert "\n    client_max_body_size 0;\n" in NGINX


def test_no_body_is_changed_by_either() -> None:
    assert re.findall(r"(?m)^\s*(?:encode|templates|replace|gzip|sub_filter)\b", CADDYFILE + NGINX) == []


def test_whoever_waits_for_crossbook_to_start_hears_before_xero_gives_up() -> None:
    assert seconds(CADDYFILE, "lb_try_duration") + seconds(CADDYFILE, "dial_timeout") < XERO_SECONDS
    assert seconds(NGINX, "proxy_connect_timeout") < XERO_SECONDS


def test_the_caddyfile_has_caddy_s_own_form(needed: Needed) -> None:
    for path in (DEPLOY / "Caddyfile", *(DEPLOY / "caddy.d").glob("*.example")):
        told = subprocess.run([needed("caddy"), "fmt", path], capture_output=True, text=True, timeout=60, check=False)
        assert told.stdout == path.read_text(encoding="utf-8"), path.name
