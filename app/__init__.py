"""Crossbook keeps Salesforce and Xero in step."""
