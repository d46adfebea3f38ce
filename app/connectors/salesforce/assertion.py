"""The signed assertion by which a server says for which user it signs in (JWT bearer)."""

from datetime import datetime, timedelta

import jwt

from app.errors import SignInNeeded

_LIFE = timedelta(minutes=2)
"""Salesforce takes none that lives longer than three minutes by its own clock."""


def assertion(*, client_id: str, username: str, audience: str, private_key: str, now: datetime) -> str:
    """The assertion. Raises `SignInNeeded` when `private_key` is no RSA key in PEM."""
    claims = {"iss": client_id, "sub": username, "aud": audience, "exp": int((now + _LIFE).timestamp())}
    try:
        return jwt.encode(claims, private_key, algorithm="RS256")
    except (ValueError, TypeError, jwt.PyJWTError) as error:
        raise SignInNeeded("PRIVATE_KEY is no RSA key in PEM without a password") from error
