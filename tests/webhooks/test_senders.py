"""Secrets that could let anybody in are refused before the door opens, and shown to nobody."""

import pytest

from app.errors import ConfigurationError
from app.settings import SalesforceConnection, XeroConnection
from app.webhooks.senders import SalesforceSender, XeroSender
from tests.support.front_door import API_KEY, CHANGE_SECRET, ORG_15, ORG_18, SECRET, XERO_KEY


def org(**changes: object) -> SalesforceConnection:
    return SalesforceConnection.model_validate(
        {"url": "https://x", "client_id": "id", "client_secret": "x", "org_id": ORG_18} | changes
    )


def test_an_organisation_is_known_by_its_short_id_however_it_is_configured() -> None:
    assert SalesforceSender.of("main", org()).org == ORG_15
    assert SalesforceSender.of("main", org(org_id=ORG_15)).org == ORG_15


def test_a_tenant_is_known_in_lower_case() -> None:
    assert XeroSender.of("nz", XeroConnection(tenant_id="ABC")).tenant == "abc"


@pytest.mark.parametrize("padding", ["", "="])
def test_a_change_secret_may_leave_its_prefix_and_its_padding_out(padding: str) -> None:
    sender = SalesforceSender.of("main", org(change_secrets=["whsec_YQ=" + padding, "YQ=" + padding]))
    assert sender.change_secrets == (b"a", b"a")


@pytest.mark.parametrize(
    "setting",
    [
        {"org_id": "00D"},
        {"outbound_secrets": [""]},
        {"outbound_secrets": [" "]},
        {"change_api_keys": [""]},
        {"change_secrets": [""]},
        {"change_secrets": ["whsec_"]},
        {"change_secrets": ["whsec_canary-not-base64!"]},
    ],
)
def test_a_setting_that_would_let_anybody_or_nobody_in_is_refused(setting: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match="main") as refused:
        SalesforceSender.of("main", org(**setting))
    assert "canary" not in str(refused.value)


def test_a_blank_webhook_key_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="nz"):
        XeroSender.of("nz", XeroConnection.model_validate({"webhook_keys": [""]}))


def test_a_sender_shows_no_secret() -> None:
    salesforce = SalesforceSender.of(
        "main", org(outbound_secrets=[SECRET], change_secrets=[CHANGE_SECRET], change_api_keys=[API_KEY])
    )
    xero = XeroSender.of("nz", XeroConnection.model_validate({"webhook_keys": [XERO_KEY]}))
    shown = repr(salesforce) + repr(xero)
    assert not any(secret in shown for secret in (SECRET, "current change secret", API_KEY, XERO_KEY))
