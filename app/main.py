"""The web process: `uvicorn app.main:app`."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import structlog
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app import pushers
from app.addresses import READINESS
from app.callbacks import routes as callback_routes
from app.collector import spare_what_lasts
from app.egress import metered
from app.engine.events import Arrival
from app.errors import ConfigurationError
from app.health import Readiness
from app.health import routes as health_routes
from app.log import configure_logging, speak_for_python
from app.metrics import Metrics
from app.runtime import Runtime
from app.settings import load_settings
from app.store.consents import DatabaseConsents
from app.store.gaps import scan_after_gap
from app.store.group_commit import GroupCommit
from app.store.returns import scan_after_silence
from app.store.vault import Vault
from app.webhooks.door import FrontDoor
from app.webhooks.openapi import declare
from app.webhooks.routes import routes

log = structlog.get_logger("web")


async def open_runtime() -> Runtime:
    """The real runtime, as the environment configures it."""
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    speak_for_python()
    try:
        runtime = await Runtime.open(settings)
    except ConfigurationError as error:
        log.critical("web.misconfigured", reason=str(error))  # the server says only that start-up failed
        raise
    spare_what_lasts()
    return runtime


def create_app(open_runtime: Callable[[], Awaitable[Runtime]] = open_runtime) -> FastAPI:
    """The web application. The webhook routes stand open from start-up, when the database is there, to shut-down."""
    app = FastAPI(title="Crossbook", lifespan=partial(_lifespan, open_runtime), docs_url=None, redoc_url=None)
    app.router.redirect_slashes = False  # a redirect would repeat the address, which may hold a secret
    app.add_exception_handler(HTTPException, _refuse)
    declare(app)
    return app


async def _refuse(request: Request, error: Exception) -> Response:
    """No such address, or not by that method. Of the address nothing is told: it may be a secret mistyped."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    log.warning("web.refused", status=status, verb=request.method)
    return Response(status_code=status)


@asynccontextmanager
async def _lifespan(open_runtime: Callable[[], Awaitable[Runtime]], app: FastAPI) -> AsyncIterator[None]:
    async with AsyncExitStack() as closing:
        runtime = await open_runtime()
        closing.push_async_callback(runtime.close)
        metrics = Metrics(runtime.database, tuple(runtime.lanes), metered(runtime.settings))
        commits = GroupCommit(
            runtime.database,
            runtime.routes,
            on_commit=partial(_ring, runtime, metrics),
            on_gap=scan_after_gap(runtime.syncs.values()),
            on_heard=scan_after_silence(pushers.served(runtime.settings, runtime.syncs.values())),
        )
        closing.push_async_callback(commits.close)
        door = FrontDoor.of(
            runtime.settings, accept=commits.accept, clock=runtime.clock, count=metrics.count, tracer=runtime.tracer
        )
        readiness = Readiness(partial(commits.accept, (), arrival=Arrival(READINESS, "")))
        consents = DatabaseConsents(runtime.database, Vault(runtime.settings.secret_keys))
        app.router.routes.extend([*routes(door), *health_routes(readiness), *callback_routes(consents.note)])
        app.router.routes.append(metrics.route())
        yield


def _ring(runtime: Runtime, metrics: Metrics, lanes: frozenset[str]) -> None:
    metrics.committed()
    for lane in sorted(lanes):
        runtime.doorbell.ring(lane)


app = create_app()
