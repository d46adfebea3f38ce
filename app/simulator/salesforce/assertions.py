"""Signed assertions: by whom they are, for whom, and whether they are good."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import jwt

from app.simulator.salesforce.refused import TokenRefused

MOST_SECONDS = 181
"""Three minutes, and a second for whoever rounds up."""


def check_assertion(
    assertion: str, keys: Mapping[str, str], audiences: Sequence[str], now: datetime
) -> tuple[str, str]:
    """The client and the user name of an assertion; `keys` are the clients' public keys. Raises TokenRefused."""
    try:
        issuer = str(jwt.decode(assertion, options={"verify_signature": False}).get("iss", ""))
        claims = jwt.decode(
            assertion,
            keys.get(issuer, ""),
            algorithms=["RS256"],
            audience=audiences,
            options={"verify_exp": False, "require": ["iss", "sub", "aud", "exp"]},
        )
    except jwt.InvalidAudienceError as error:
        raise TokenRefused("invalid_grant", "audience is invalid") from error
    except (jwt.PyJWTError, ValueError) as error:
        raise TokenRefused("invalid_grant", "invalid assertion") from error
    left = int(claims["exp"]) - int(now.timestamp())
    if not 0 < left <= MOST_SECONDS:
        raise TokenRefused("invalid_grant", "expired authorization code" if left <= 0 else "invalid assertion")
    return issuer, str(claims["sub"])
