"""Calls go to known hosts only, never to an address that an answer merely names."""

import pytest

from app.connectors.hosts import allow

SALESFORCE = allow("https://example.my.salesforce.com", ".my.salesforce.com", ".salesforce.com")
SIMULATOR = allow("http://127.0.0.1:9001", ".my.salesforce.com")


@pytest.mark.parametrize(
    "address", ["https://example.my.salesforce.com", "https://example--dev.sandbox.my.salesforce.com"]
)
def test_the_vendors_own_hosts_are_admitted(address: str) -> None:
    assert SALESFORCE(address)


@pytest.mark.parametrize(
    "address",
    [
        "http://example.my.salesforce.com",
        "https://example.my.salesforce.com.evil.example",
        "https://evil.example/.my.salesforce.com",
        "https://user:secret@example.my.salesforce.com",
        "https://evil.example?.salesforce.com",
        "https://evil.example#.salesforce.com",
        "https://salesforce.com.example",
        "http://127.0.0.1:9001",
        "http://169.254.169.254",
        "ftp://example.my.salesforce.com",
        "https://[::1",
        "https://a\x00b.my.salesforce.com",
        "",
    ],
)
def test_other_addresses_are_refused(address: str) -> None:
    assert not SALESFORCE(address)


def test_plain_http_is_for_this_machine_only() -> None:
    assert SIMULATOR("http://127.0.0.1:9002")
    assert SIMULATOR("http://localhost:9002")
    assert not SIMULATOR("http://10.0.0.1:9002")
