"""Egress: what may be read out of Xero in a month. Xero counts it for an app, over all its organisations."""

from collections import defaultdict
from dataclasses import dataclass

from app.settings import Settings, XeroConnection


@dataclass(frozen=True, slots=True)
class Egress:
    """The connections of one app, and the bytes a month that its tier includes."""

    connections: tuple[str, ...]
    included_bytes: int


def metered(settings: Settings) -> list[Egress]:
    """The apps of which the settings say how much they may read; a gigabyte is 10⁹ bytes here."""
    apps: defaultdict[str, dict[str, XeroConnection]] = defaultdict(dict)
    for name, connection in settings.xero.items():
        apps[connection.client_id][name] = connection
    included = {app: max(each.monthly_gigabytes for each in of_app.values()) for app, of_app in apps.items()}
    return [Egress(tuple(of_app), included[app] * 10**9) for app, of_app in apps.items() if included[app]]
