"""Xero's contacts: what they hold, what they refuse, how they are read and written."""
