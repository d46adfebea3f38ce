"""Returns: who pushes again after a silence may have lost pushes, and a scan makes up for them."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection

from app.engine.events import Arrival
from app.engine.records import System
from app.engine.silence import is_back
from app.store import finds, pushes
from app.store.cursors import request_scan

Scanned = tuple[str, System, str]
"""An object of a system that a sync reads."""

Heard = Callable[[Connection, Mapping[Arrival, bool], datetime], None]
"""What is done in the transaction in which these are heard, before that is noted; of each, whether it was only a check
by which its vendor sees whether anybody listens."""


def nobody_waits(conn: Connection, heard: Mapping[Arrival, bool], now: datetime) -> None:
    """Nothing is done."""


def scan_after_silence(served: Mapping[Arrival, Mapping[finds.Connected, Collection[Scanned]]]) -> Heard:
    """Have all that is read over a connection read as soon as can be when it is heard again after a silence.

    Its cursors stand where reconcile last read, before whatever was missed since. What was found meanwhile is answered.
    """

    def on_heard(conn: Connection, heard: Mapping[Arrival, bool], now: datetime) -> None:
        known = {arrival: is_check for arrival, is_check in heard.items() if arrival in served}
        if not known:
            return
        before = pushes.latest(conn)
        found = finds.answered(conn, {connection for arrival in known for connection in served[arrival]})
        missed = {
            each
            for arrival, is_check in known.items()
            for connection, scanned in served[arrival].items()
            if is_back(connection[0], before.get(arrival), found.get(connection), now, is_check=is_check)
            for each in scanned
        }
        for sync, system, object in sorted(missed):
            request_scan(conn, sync, system, object, now)

    return on_heard
