"""Metrics for Prometheus: what this web process has taken in, and how everything stands in the database."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.addresses import METRICS, READINESS
from app.egress import Egress
from app.engine.records import System
from app.engine.usage import Tally
from app.errors import StoreUnavailable
from app.store import figures
from app.store.database import Database
from app.store.figures import Figures

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


Labels = tuple[str, ...]


class Metrics:
    """Everything that is measured. `lanes` are those of the sync files, told of even where nothing is known of them;
    `egress` what may be read of Xero.

    Deliveries are this process's own; all else is the same whichever process is asked.
    """

    def __init__(self, database: Database, lanes: Sequence[str], egress: Sequence[Egress] = ()) -> None:
        self._database = database
        self._lanes = lanes
        self._egress = egress
        self._own = CollectorRegistry()
        self._deliveries = Counter(
            "crossbook_deliveries", "Webhook deliveries by route and outcome", ["route", "outcome"], registry=self._own
        )
        self._commits = Counter(
            "crossbook_commits", "Transactions in which deliveries brought new work", registry=self._own
        )
        self._seconds = Histogram(
            "crossbook_delivery_seconds",
            "Seconds until a delivery was answered",
            ["route"],
            buckets=_SECONDS,
            registry=self._own,
        )

    def committed(self) -> None:
        """Deliveries have brought new work, all of them in one transaction."""
        self._commits.inc()

    def count(self, route: str, outcome: str, seconds: float) -> None:
        """One delivery was answered."""
        self._deliveries.labels(route, outcome).inc()
        self._seconds.labels(route).observe(seconds)

    def route(self) -> Route:
        """Where Prometheus asks. It is for this machine's own network: no proxy needs to pass it on."""

        async def answer(_: Request) -> Response:
            return Response(await self.text(), media_type=CONTENT_TYPE_LATEST)

        return Route(METRICS, answer)

    async def text(self) -> bytes:
        """All metrics as Prometheus reads them; where the database is away, that and what is this process's own."""
        standing = CollectorRegistry()
        try:
            seen = await self._database.read(lambda conn: figures.look(conn, self._database.now(conn)))
        except StoreUnavailable:
            standing.register(_Families([_gauge("database_up", "Whether the database answers", {(): 0})]))
        else:
            standing.register(_Families(list(families(seen, self._lanes, self._egress))))
        return generate_latest(self._own) + generate_latest(standing)


class _Families:
    """A collector of families that are made already."""

    def __init__(self, made: Sequence[Metric]) -> None:
        self._made = made

    def collect(self) -> Sequence[Metric]:
        return self._made


def families(seen: Figures, lanes: Sequence[str], egress: Sequence[Egress]) -> Iterator[Metric]:
    """How everything stands."""
    yield _gauge("database_up", "Whether the database answers", {(): 1})
    yield from _of_lanes(seen, lanes)
    yield _gauge("dead_letters", "Records that need a person", seen.dead, "lane", "code")
    yield _gauge("open_questions", "Questions to a person", seen.questions, "lane", "topic")
    yield _gauge("pauses", "Syncs, mappings and records that a person has paused", {(): seen.pauses})
    yield _gauge("writes_last_hour", "Writes of the last hour", seen.writes, "lane", "target", "verb", "outcome")
    yield from _of_vendors(seen)
    yield _gauge(
        "vendor_egress_left_bytes",
        "Bytes that the app's tier still lets be read in this month (UTC)",
        {("xero", name): _left(seen, app) for app in egress for name in app.connections},
        "system",
        "connection",
    )


def _of_lanes(seen: Figures, lanes: Sequence[str]) -> Iterator[Metric]:
    states = {each.lane: each for each in seen.leases}
    names = list(dict.fromkeys([*lanes, *states, *seen.due]))
    waits = {name: _age(seen, seen.waiting[name].since if name in seen.waiting else None) for name in names}
    held = {name: int(name in states and states[name].held_at is not None) for name in names}
    parked = {name: int(name in states and _is_later(states[name].parked_until, seen.at)) for name in names}
    drained = {
        name: int(name in states and states[name].owner is not None and states[name].expires_at > seen.at)
        for name in names
    }
    yield _of_lane("due_records", "Records that are due", {name: seen.due.get(name, 0) for name in names})
    yield _of_lane("lag_seconds", "For how long the oldest live record has waited, put off or not", waits)
    yield _of_lane("lane_held", "Whether the lane is held until a person has looked", held)
    yield _of_lane("lane_parked", "Whether the lane is put aside for a while", parked)
    yield _of_lane("lane_drained", "Whether a worker has the lane", drained)


def _of_vendors(seen: Figures) -> Iterator[Metric]:
    used: dict[Labels, Tally] = {(each.system.value, each.connection): each for each in seen.used}
    calls = {key: each.calls for key, each in used.items()}
    read = {key: each.bytes_out for key, each in used.items()}
    left = {key: each.calls_left for key, each in used.items() if each.calls_left is not None}
    tokens = {tuple(name.split(":", 1)): _age(seen, at) for name, at in seen.tokens_saved_at.items()}
    heard = {tuple(each): _age(seen, at) for each, at in seen.pushed_at.items() if each.route != READINESS}
    connection = ("system", "connection")
    yield _gauge("vendor_calls_today", "Calls answered on this day (UTC)", calls, *connection)
    yield _gauge("vendor_read_bytes_today", "Bytes read on this day (UTC); Xero bills them", read, *connection)
    yield _gauge("vendor_calls_left", "Calls of the day that the vendor last said are left", left, *connection)
    yield _gauge("token_age_seconds", "Since the tokens were last renewed", tokens, *connection)
    yield _gauge("last_push_age_seconds", "Since the last verified push", heard, "route", "connection")


def _left(seen: Figures, app: Egress) -> int:
    return app.included_bytes - sum(seen.read_this_month.get((System.XERO, name), 0) for name in app.connections)


def _of_lane(name: str, help_text: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    return _gauge(name, help_text, {(lane,): value for lane, value in values.items()}, "lane")


def _gauge(name: str, help_text: str, values: Mapping[Labels, float], *labels: str) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"crossbook_{name}", help_text, labels=labels)
    for key, value in values.items():
        family.add_metric(list(key), value)
    return family


def _age(seen: Figures, since: datetime | None) -> float:
    return (seen.at - since).total_seconds() if since else 0.0


def _is_later(instant: datetime | None, at: datetime) -> bool:
    return instant is not None and instant > at
