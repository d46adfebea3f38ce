"""What may be read out of Xero in a month, app by app."""

from app.egress import Egress, metered
from app.settings import Settings, XeroConnection


def connection(app: str, gigabytes: int) -> XeroConnection:
    return XeroConnection(client_id=app, monthly_gigabytes=gigabytes)


def test_connections_of_one_app_share_what_its_tier_includes() -> None:
    xero = {"nz": connection("one", 10), "au": connection("one", 0), "uk": connection("other", 50)}
    settings = Settings.model_construct(xero=xero)
    assert metered(settings) == [Egress(("nz", "au"), 10_000_000_000), Egress(("uk",), 50_000_000_000)]


def test_an_app_of_which_nobody_said_how_much_it_may_read_is_not_metered() -> None:
    assert metered(Settings.model_construct(xero={"nz": connection("one", 0)})) == []
