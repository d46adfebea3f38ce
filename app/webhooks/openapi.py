"""Declare the webhook routes in the application's OpenAPI document, which sees only routes of the framework's own."""

from collections.abc import Mapping
from typing import TypeAlias

from fastapi import FastAPI

from app.addresses import CHANGES, OUTBOUND, XERO

Document: TypeAlias = "Mapping[str, Document] | list[Document] | str | bool"

_REFUSALS = {
    "400": "Not readable",
    "401": "Not authentic: signature, secret or organisation is wrong",
    "408": "The body did not arrive in time",
    "413": "The body is too large",
    "415": "Media type or compression not read here",
    "503": "Not stored; to be sent again",
}


def declare(app: FastAPI) -> None:
    """Make `app.openapi()` tell of the three routes too. To be called once."""
    generate = app.openapi

    def openapi() -> dict[str, object]:
        document = generate()
        document.setdefault("paths", {}).update(PATHS)
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # the framework's own way to extend the document


def _operation(summary: str, description: str, body: Document, success: Document, **more: Document) -> Document:
    return {
        "post": {
            "tags": ["webhooks"],
            "summary": summary,
            "description": description,
            "requestBody": {"required": True, "content": body},
            "responses": {"200": success, **{code: {"description": text} for code, text in _REFUSALS.items()}},
            **more,
        }
    }


def _header(name: str, description: str) -> Document:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": {"type": "string"},
    }


_XERO = _operation(
    "Take a push from Xero",
    "Also answers the check that Xero makes before it begins. Every answer has an empty body.",
    body={"application/json": {"schema": {"type": "object"}}},
    success={"description": "Stored"},
    operationId="xero_webhook",
    parameters=[_header("x-xero-signature", "Base64 of the HMAC-SHA256 of the raw body under the webhook key")],
)

_OUTBOUND = _operation(
    "Take an outbound message from Salesforce",
    "A SOAP message of 1 to 100 notifications. The secret in the address and the organisation in the message must "
    "belong to the same connection.",
    body={"text/xml": {"schema": {"type": "string"}}},
    success={
        "description": "Stored; acknowledges every notification of the message",
        "content": {"text/xml": {"schema": {"type": "string"}}},
    },
    operationId="salesforce_outbound_message",
    parameters=[{"name": "secret", "in": "path", "required": True, "schema": {"type": "string"}}],
)

_CHANGES = _operation(
    "Take change events from a relay",
    "One change event or a list of them, as EventBridge, AppFlow or a relay of one's own posts them: "
    "a ChangeEventHeader at the root or in payload, detail, detail.payload or data.payload. "
    "Signed by the Standard Webhooks scheme, or with an API key.",
    body={"application/json": {"schema": {"oneOf": [{"type": "object"}, {"type": "array"}]}}},
    success={"description": "Stored"},
    operationId="salesforce_change_events",
    parameters=[
        _header("webhook-id", "The message's id, the same in every repetition"),
        _header("webhook-timestamp", "When it was sent, in seconds since 1970; at most five minutes from now"),
        _header("webhook-signature", "v1, and the Base64 signature; several are parted by spaces"),
        _header("x-api-key", "The connection's API key, instead of a signature"),
    ],
)

PATHS: Mapping[str, Document] = {XERO: _XERO, OUTBOUND: _OUTBOUND, CHANGES: _CHANGES}
