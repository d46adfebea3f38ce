"""Xero behind the connector port: contacts now, and each later resource by one entry in `resources`."""
