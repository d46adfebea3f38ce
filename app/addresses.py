"""The addresses at which the web process receives pushes, as declared: secrets stand for themselves in braces."""

XERO = "/webhooks/xero"
OUTBOUND = "/webhooks/salesforce/outbound/{secret}"
CHANGES = "/webhooks/salesforce/changes"
