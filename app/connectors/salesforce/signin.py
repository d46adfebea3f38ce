"""Signing in to Salesforce with an external client app's own credentials."""

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlencode

from app.connectors import wire
from app.connectors.http import Api, Outgoing, Reply
from app.connectors.tokens import Access
from app.errors import Doubtful, SignInNeeded, Unreachable

INSTANCE_HOSTS = (".my.salesforce.com", ".salesforce.com")


class SalesforceSignIn:
    """The token service at the org's own My Domain host; a common login host refuses this grant.

    The answer tells no lifetime: the access is used until a call is answered 401. `allowed` judges the instance
    address in the answer, which calls will then go to.
    """

    def __init__(
        self, api: Api, *, url: str, client_id: str, client_secret: str, allowed: Callable[[str], bool]
    ) -> None:
        self._api = api
        self._url = url
        self._form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
        }
        self._allowed = allowed

    async def client_credentials(self, until: float) -> Access:
        """Sign in. Raises `SignInNeeded` when refused, `Unreachable` when the service does not answer."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        out = Outgoing("POST", "/services/oauth2/token", urlencode(self._form), headers, writes=True)
        try:
            reply = await self._api.exchange(self._url, out, {}, until)
        except Doubtful as error:
            raise Unreachable("the token service does not answer") from error
        return self._access(reply)

    def _access(self, reply: Reply) -> Access:
        answer = wire.mapping(reply.json)
        if HTTPStatus.BAD_REQUEST <= reply.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            error = wire.text(answer.get("error")) or "no reason"
            raise SignInNeeded(f"the token service refuses ({reply.status}): {error[:60]}")
        token, instance = wire.text(answer.get("access_token")), wire.text(answer.get("instance_url")).rstrip("/")
        if not reply.ok or not token:
            raise Unreachable(f"the token service gave no token ({reply.status})")
        if not self._allowed(instance):
            raise SignInNeeded("the token service names an instance address that calls may not go to")
        return Access(token, instance)
