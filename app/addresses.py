"""The addresses of the web process, as declared: secrets stand for themselves in braces."""

XERO = "/webhooks/xero"
OUTBOUND = "/webhooks/salesforce/outbound/{secret}"
CHANGES = "/webhooks/salesforce/changes"

CONNECT = "/connect/{system}"
"""Where a person's browser is sent back to after consent."""

LIVENESS = "/healthz"
READINESS = "/readyz"
METRICS = "/metrics"
