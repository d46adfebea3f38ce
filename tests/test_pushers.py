"""Who pushes for which connection is known from the settings."""

from app import pushers
from app.addresses import CHANGES, OUTBOUND, XERO
from app.engine.events import Arrival
from app.mapping.values import System
from app.settings import Settings
from tests.support.people import people_sync
from tests.support.world import ORG

ORGANISATION = {"url": "http://127.0.0.1:1", "client_id": "id", "client_secret": "s", "org_id": ORG}
SETTINGS = Settings.model_validate(
    {
        "salesforce": {
            "main": {
                **ORGANISATION,
                "outbound_secrets": ["long-enough-to-be-one"],
                "change_api_keys": ["key-of-a-relay"],
            },
            "messages": {**ORGANISATION, "outbound_secrets": ["long-enough-to-be-another"]},
            "quiet": ORGANISATION,
        },
        "xero": {
            "main": {"webhook_keys": ["one", "old"]},
            "au": {"webhook_keys": ["old"]},
            "us": {"webhook_keys": ["other"]},
            "none": {},
            "nobody": {},
        },
    }
)


def test_an_org_is_heard_by_its_messages_and_its_relay() -> None:
    heard = pushers.arrivals(SETTINGS)
    assert heard[System.SALESFORCE, "main"] == {Arrival(OUTBOUND, "main"), Arrival(CHANGES, "main")}
    assert heard[System.SALESFORCE, "messages"] == {Arrival(OUTBOUND, "messages")}


def test_who_has_no_secret_is_not_to_be_heard() -> None:
    assert not {(System.SALESFORCE, "quiet"), (System.XERO, "none")} & pushers.arrivals(SETTINGS).keys()


def test_organisations_are_heard_by_any_that_shares_a_webhook_key() -> None:
    heard = {name: {each.connection for each in by} for (_, name), by in pushers.arrivals(SETTINGS).items()}
    assert heard["au"] == {"main", "au"}
    assert heard["us"] == {"us"}


def test_what_is_scanned_is_all_that_is_read_over_each_connection_that_a_sender_serves() -> None:
    sync = people_sync()
    served = pushers.served(SETTINGS, [sync])
    accounts = served[Arrival(OUTBOUND, "main")][System.SALESFORCE, "main"]
    assert accounts == {(sync.name, System.SALESFORCE, name) for name in ("Account", "Contact")}
    assert served[Arrival(XERO, "au")].keys() == {(System.XERO, "main"), (System.XERO, "au")}
    assert served[Arrival(XERO, "au")][System.XERO, "au"] == frozenset()
