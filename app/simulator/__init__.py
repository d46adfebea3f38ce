"""Salesforce and Xero over HTTP, offline, for the demo and the tests."""
