"""The three routes stand in the application's OpenAPI document as they are."""

from fastapi import FastAPI

from app.settings import Settings
from app.webhooks.door import FrontDoor
from app.webhooks.openapi import declare
from app.webhooks.routes import routes
from tests.support.clock import VirtualClock
from tests.support.front_door import SETTINGS, Inbox


def application() -> FastAPI:
    settings = Settings.model_validate(SETTINGS)
    door = FrontDoor.of(settings, accept=Inbox().accept, clock=VirtualClock())
    app = FastAPI(routes=list(routes(door)))
    declare(app)
    return app


def test_every_webhook_route_is_declared_and_no_other() -> None:
    app = application()
    assert set(app.openapi()["paths"]) == {
        "/webhooks/xero",
        "/webhooks/salesforce/outbound/{secret}",
        "/webhooks/salesforce/changes",
    }


def test_every_declared_answer_is_one_that_the_routes_give() -> None:
    for path, operations in application().openapi()["paths"].items():
        assert set(operations) == {"post"}, path
        assert set(operations["post"]["responses"]) == {"200", "400", "401", "408", "413", "415", "503"}, path


def test_routes_that_come_later_are_declared_beside_them() -> None:
    app = application()
    app.openapi()

    @app.get("/health")
    def health() -> str:
        return "ok"

    assert {"/health", "/webhooks/xero"} <= set(app.openapi()["paths"])
