"""Whose tokens Salesforce granted, and for which organisation."""

import re

from app.errors import SignInNeeded
from app.mapping.salesforce_ids import is_id, to_15, to_18

_ID = re.compile(r"https?://[^/?#]+/id/([A-Za-z0-9]{15,18})/([A-Za-z0-9]{15,18})")


def user_of(id_url: str, org_id: str) -> str:
    """The user that an answer's `id` names, in 18 characters; "" when it names nobody.

    Raises `SignInNeeded` when it names another organisation than `org_id`: nothing may be read from or written to it.
    """
    named = _ID.fullmatch(id_url)
    if named is None or not is_id(named[1]) or not is_id(named[2]):
        return ""
    if not is_id(org_id) or to_15(named[1]) != to_15(org_id):
        raise SignInNeeded(
            f"the sign-in leads to the organisation {to_18(named[1])}, not to {org_id}: "
            "correct URL and CLIENT_ID, or ORG_ID"
        )
    return to_18(named[2])
