"""The fixed ids and secrets of the simulated systems. They guard nothing but a machine's own demo."""

from collections.abc import Mapping

from app.simulator.credentials import Credentials
from app.simulator.salesforce.app import ADMIN
from app.simulator.salesforce.sessions import SalesforceClient
from app.simulator.xero.identity import XeroApp

PERSON = Credentials("user", "user")
"""What a salesperson or a bookkeeper signs in with, at either system, by client credentials."""

SALESFORCE_ORG_ID = "00D5g000000Sim1EAC"
SALESFORCE_CLIENT = Credentials("crossbook-salesforce", "crossbook-salesforce-secret")
OUTBOUND_SECRET = "demo-outbound-secret-7Qm2vXk9LrT4"  # noqa: S105 - guards nothing but a demo
CHANGE_SECRET = "whsec_06s1GVIZfafSJ+ofiw6fvUaoIxGQSjpWr+9h/8huxYI="  # noqa: S105 - guards nothing but a demo
CHANGE_API_KEY = "demo-change-key-b83Fh2Zs6WnP"

XERO_TENANT_ID = "5f2b8c1e-3d4a-4e6f-9a7b-1c2d3e4f5a6b"
XERO_CLIENT = Credentials("crossbook-xero", "crossbook-xero-secret")
XERO_CUSTOM_CLIENT = Credentials("crossbook-xero-custom", "crossbook-xero-custom-secret")
XERO_REFRESH_TOKEN = "demo-first-refresh-token"  # noqa: S105 - guards nothing but a demo
XERO_WEBHOOK_KEY = "6VLXh5BLRoysBq03Q9VStgDwD9w4XkTZ9q7XrHO2bxSfE0LFEhhDsgoJ4VuQqhzKj80SYXMz1vJPk8jkrvnzIA=="

SALESFORCE_CLIENTS = (
    SalesforceClient("person", PERSON, user_id=ADMIN.user_id, person=True),
    SalesforceClient("crossbook", SALESFORCE_CLIENT, user_id="0055g0000000002AAA"),
)
XERO_APPS = (
    XeroApp("person", PERSON, person=True),
    XeroApp("crossbook", XERO_CLIENT, refresh_token=XERO_REFRESH_TOKEN),
    XeroApp("crossbook-custom", XERO_CUSTOM_CLIENT, custom=True),
)


def environment(*, salesforce: str, salesforce_url: str, xero: str, xero_url: str) -> Mapping[str, str]:
    """The settings that connect Crossbook to both; `salesforce` and `xero` name the connections."""
    return {
        f"SALESFORCE__{salesforce.upper()}__URL": salesforce_url,
        f"SALESFORCE__{salesforce.upper()}__CLIENT_ID": SALESFORCE_CLIENT.id,
        f"SALESFORCE__{salesforce.upper()}__CLIENT_SECRET": SALESFORCE_CLIENT.secret,
        f"SALESFORCE__{salesforce.upper()}__ORG_ID": SALESFORCE_ORG_ID,
        f"SALESFORCE__{salesforce.upper()}__OUTBOUND_SECRETS": OUTBOUND_SECRET,
        f"SALESFORCE__{salesforce.upper()}__CHANGE_SECRETS": CHANGE_SECRET,
        f"SALESFORCE__{salesforce.upper()}__CHANGE_API_KEYS": CHANGE_API_KEY,
        f"XERO__{xero.upper()}__CLIENT_ID": XERO_CLIENT.id,
        f"XERO__{xero.upper()}__CLIENT_SECRET": XERO_CLIENT.secret,
        f"XERO__{xero.upper()}__TENANT_ID": XERO_TENANT_ID,
        f"XERO__{xero.upper()}__REFRESH_TOKEN": XERO_REFRESH_TOKEN,
        f"XERO__{xero.upper()}__API_URL": xero_url,
        f"XERO__{xero.upper()}__IDENTITY_URL": xero_url,
        f"XERO__{xero.upper()}__WEBHOOK_KEYS": XERO_WEBHOOK_KEY,
        f"XERO__{xero.upper()}__DAILY_LIMIT": "5000",
    }
