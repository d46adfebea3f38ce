"""The addresses of the web process, as declared: secrets stand for themselves in braces."""

XERO = "/webhooks/xero"
OUTBOUND = "/webhooks/salesforce/outbound/{secret}"
CHANGES = "/webhooks/salesforce/changes"

LIVENESS = "/healthz"
READINESS = "/readyz"
