"""A simulated Xero as the people at a vendor, with one organisation and one app of ours."""

import httpx
from pydantic import SecretStr

from app.connectors.memory import Change, Method
from app.engine.actions import Declined, Verb
from app.engine.ports import Clock
from app.engine.records import Observation, Presence, RecordRef, System
from app.errors import VendorError
from app.mapping.values import Fields, Json
from app.settings import XeroConnection
from app.simulator.credentials import Credentials
from app.simulator.ids import Ids
from app.simulator.journal import Change as Written
from app.simulator.journal import ChangeType
from app.simulator.xero.app import xero_app
from app.simulator.xero.contacts.book import Invalid
from app.simulator.xero.contacts.contact import Contact
from app.simulator.xero.identity import XeroApp
from app.simulator.xero.world import XeroWorld
from tests.support.simulated.line import Heard, Kind, Line
from tests.support.vendor import Happening, When

PERSON = "person"
REFRESH_TOKEN = "the-first-refresh-token"
ALWAYS_HELD = frozenset({"Phones", "Addresses"})


class SimulatedXero:
    """Fulfils `Vendor`. `world` is the simulator itself, `line` what goes by between it and us."""

    system = System.XERO

    def __init__(self, clock: Clock, ids: Ids, *, tenant_id: str, port: int, client: str = "crossbook") -> None:
        self.client = Credentials(client, f"{client}-secret")
        app = XeroApp(client, self.client, refresh_token=REFRESH_TOKEN)
        self.world = XeroWorld(clock, ids, tenant_id=tenant_id, apps=[app])
        self.line = Line(xero_app(self.world), clock, self.world.faults, kind_of)
        self.port = port
        self.webhook_key = f"the webhook key of {client}"

    @property
    def settings(self) -> XeroConnection:
        """How we are connected to it."""
        address = f"http://127.0.0.1:{self.port}"
        return XeroConnection(
            client_id=self.client.id,
            client_secret=SecretStr(self.client.secret),
            tenant_id=self.world.tenant_id,
            refresh_token=SecretStr(REFRESH_TOKEN),
            api_url=address,
            identity_url=address,
            webhook_keys=(SecretStr(self.webhook_key),),
            daily_limit=5000,
        )

    @property
    def history(self) -> list[Change]:
        return [_change(each) for each in self.world.journal.changes if each.object == "Contact"]

    @property
    def calls(self) -> list[Heard]:
        return self.line.calls

    @property
    def hidden(self) -> set[str]:
        return self.world.contacts.hidden

    def put(self, object: str, id: str | None, fields: Fields) -> str:
        book = self.world.contacts
        try:
            if id is None:
                return book.create(fields, writer=PERSON, person=True).id
            return book.update(self._contact(id), fields, writer=PERSON, person=True).id
        except Invalid as error:
            raise ValueError(str(error)) from error

    def archive(self, object: str, id: str) -> None:
        self.put(object, id, {"ContactStatus": "ARCHIVED"})

    def delete(self, object: str, id: str) -> None:
        self.archive(object, id)

    def restore(self, object: str, id: str) -> None:
        self.put(object, id, {"ContactStatus": "ACTIVE"})

    def merge(self, object: str, loser: str, survivor: str) -> None:
        self.world.contacts.merge(self._contact(loser), self._contact(survivor), writer=PERSON)

    def purge(self, object: str, id: str) -> None:
        self.hidden.add(id)

    def get(self, object: str, id: str) -> Observation | None:
        contact = self.world.contacts.get(id)
        return _seen(contact) if contact else None

    def all(self, object: str) -> list[Observation]:
        return [_seen(self._contact(made.id)) for made in self.world.journal.creations(object)]

    def fail_next(self, error: VendorError, *, method: Method = "send", carried_out: bool = False) -> None:
        self.line.trouble(error, method, carried_out=carried_out)

    def decline_next(self, declined: Declined, *, id: str | None = None) -> None:
        self.world.contacts.declines.order(declined.message, id)

    def interrupt(self, method: Method, when: When, happening: Happening) -> None:
        self.line.interrupt(method, when, happening)

    def calm_down(self) -> None:
        self.line.calm_down()

    def sign_out(self) -> None:
        """The consent of our app ends: no token of ours is worth anything from now on."""
        self.world.revoke_tokens()
        self.world.identity._refresh.clear()

    def use_up_the_day(self) -> None:
        """Other processes of our app have used nearly all calls of the day."""
        app = self.world.identity._apps[0]
        self.world.limits(app).day.leave(2, self.world.clock.now())

    def _contact(self, id: str) -> Contact:
        contact = self.world.contacts.get(id)
        if contact is None:
            raise ValueError(f"there is no contact {id}")
        return contact


def kind_of(request: httpx.Request) -> Kind | None:
    """What a request is to Xero's contacts."""
    if not request.url.path.startswith("/api.xro/"):
        return None
    if request.method != "GET":
        return Kind("send", Verb.CREATE if request.method == "PUT" else Verb.UPDATE)
    if "IDs" in request.url.params:
        return Kind("read")
    return Kind("find" if {"where", "searchTerm"} & set(request.url.params) else "changed")


def _seen(contact: Contact) -> Observation:
    fields = {name: _filled(name, value) for name, value in contact.fields.items()}
    merged = contact.text("MergedToContactID")
    presence = Presence.LIVE if contact.active else Presence.ARCHIVED
    ref = RecordRef(System.XERO, "Contact", contact.id)
    return Observation(ref, presence, contact.updated_at, fields, merged_into=merged or None)


def _filled(name: str, value: Json) -> Json:
    """A list as people see it: an entry that holds nothing but its type is none."""
    if name not in ALWAYS_HELD or not isinstance(value, list):
        return value
    return [entry for entry in value if isinstance(entry, dict) and any(list(entry.values())[1:])]


def _change(written: Written) -> Change:
    archived = written.fields.get("ContactStatus") == "ARCHIVED"
    return Change(
        written.at,
        "person" if written.writer == PERSON else "us",
        RecordRef(System.XERO, written.object, written.id),
        Presence.ARCHIVED if archived else Presence.LIVE,
        {name: written.fields.get(name) for name in written.changed},
        created=written.type is ChangeType.CREATE,
    )
