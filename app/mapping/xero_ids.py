"""Xero ids: what is one."""

import re

_FORM = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def is_id(text: str) -> bool:
    """Whether `text` is a GUID, as every record of Xero has one."""
    return _FORM.fullmatch(text) is not None
