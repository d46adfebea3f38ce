"""Who pushes for which connection, and what of it can be missed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from app.addresses import CHANGES, OUTBOUND, XERO
from app.engine.events import Arrival
from app.mapping.model import Sync
from app.mapping.values import System
from app.settings import Settings

Connection = tuple[System, str]
"""A connection: the system, and its name in the settings."""

Scanned = tuple[str, System, str]
"""An object of a system that a sync reads."""


def arrivals(settings: Settings) -> Mapping[Connection, frozenset[Arrival]]:
    """By which arrivals each connection is heard that has a secret to be heard by.

    An app of Xero's pushes for all organisations with its key.
    """
    heard = dict[Connection, frozenset[Arrival]]()
    for name, one in settings.xero.items():
        sharing = {other for other, its in settings.xero.items() if set(its.webhook_keys) & set(one.webhook_keys)}
        heard[System.XERO, name] = frozenset(Arrival(XERO, other) for other in sharing)
    for name, org in settings.salesforce.items():
        secrets = {OUTBOUND: org.outbound_secrets, CHANGES: org.change_secrets or org.change_api_keys}
        heard[System.SALESFORCE, name] = frozenset(Arrival(route, name) for route, held in secrets.items() if held)
    return {connection: by for connection, by in heard.items() if by}


def served(settings: Settings, syncs: Iterable[Sync]) -> Mapping[Arrival, Mapping[Connection, frozenset[Scanned]]]:
    """By arrival: the connections that are heard by it, each with all that must be read when something was missed."""
    objects: defaultdict[Connection, set[Scanned]] = defaultdict(set)
    for sync in syncs:
        for system in System:
            names = sync.objects(system)
            objects[system, sync.connection(system)].update((sync.name, system, name) for name in names)
    by_arrival: defaultdict[Arrival, dict[Connection, frozenset[Scanned]]] = defaultdict(dict)
    for connection, of_one in arrivals(settings).items():
        for arrival in of_one:
            by_arrival[arrival][connection] = frozenset(objects[connection])
    return by_arrival
