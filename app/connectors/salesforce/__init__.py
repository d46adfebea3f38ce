"""Salesforce behind the connector port: accounts now, and each later object by one entry in `resources`."""
