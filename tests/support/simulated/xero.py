"""A simulated Xero as the people at a vendor: its organisations, and the apps of ours that they are connected to."""

from collections.abc import Mapping

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
from app.simulator.xero.books import Books
from app.simulator.xero.contacts.book import Invalid
from app.simulator.xero.contacts.contact import Contact
from app.simulator.xero.facts import XeroFacts
from app.simulator.xero.identity import XeroApp
from app.simulator.xero.people import BOOKKEEPER
from app.simulator.xero.world import XeroWorld
from tests.support.simulated.line import Heard, Kind, Line
from tests.support.vendor import Happening, When

USER = "a bookkeeper"
ALWAYS_HELD = frozenset({"Phones", "Addresses"})


class SimulatedXeroApp:
    """One app of ours at a simulated Xero (`world`), and the `line` to it that all its organisations share."""

    def __init__(self, clock: Clock, ids: Ids, *, name: str, tenant_id: str, port: int, facts: XeroFacts) -> None:
        self.credentials = Credentials(name, f"{name}-secret")
        self.app = XeroApp(name, self.credentials)
        self.world = XeroWorld(clock, ids, tenant_id=tenant_id, apps=[self.app], facts=facts)
        self.line = Line(xero_app(self.world), clock, self.world.faults, kind_of)
        self.address = f"http://127.0.0.1:{port}"
        self.webhook_key = f"the webhook key of {name}"

    def consent(self, tenant_id: str) -> str:
        """A person connects an organisation; the first refresh token that comes of it."""
        asked = {"client_id": self.credentials.id, "response_type": "code", "scope": self.app.scope}
        code, consent = self.world.identity.consented(asked, USER)
        self.world.connections.connect(consent, tenant_id)
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": ""}
        granted = self.world.identity.grant(self.credentials, form)
        assert isinstance(granted, Mapping)
        return str(granted["refresh_token"])


class SimulatedXero:
    """Fulfils `Vendor` for one organisation of an app. `world` is the simulator itself."""

    system = System.XERO

    def __init__(self, at: SimulatedXeroApp, tenant_id: str) -> None:
        self.at = at
        self.world = at.world
        self.line = at.line
        known = self.world.organisations.get(tenant_id)
        self.books: Books = known or self.world.open_books(tenant_id, f"Organisation {tenant_id}")
        self.refresh_token = at.consent(tenant_id)

    @property
    def settings(self) -> XeroConnection:
        """How we are connected to it."""
        return XeroConnection(
            client_id=self.at.credentials.id,
            client_secret=SecretStr(self.at.credentials.secret),
            tenant_id=self.books.tenant_id,
            refresh_token=SecretStr(self.refresh_token),
            api_url=self.at.address,
            identity_url=self.at.address,
            webhook_keys=(SecretStr(self.at.webhook_key),),
            daily_limit=self.books.daily_limit,
        )

    @property
    def history(self) -> list[Change]:
        changes = (each for each in self.world.journal.changes if each.object == "Contact")
        return [_change(each) for each in changes if self.books.contacts.get(each.id)]

    @property
    def calls(self) -> list[Heard]:
        return [call for call in self.line.calls if call.tenant == self.books.tenant_id]

    @property
    def hidden(self) -> set[str]:
        return self.books.contacts.hidden

    def put(self, object: str, id: str | None, fields: Fields) -> str:
        book = self.books.contacts
        try:
            if id is None:
                return book.create(fields, writer=BOOKKEEPER, person=True).id
            return book.update(self._contact(id), fields, writer=BOOKKEEPER, person=True).id
        except Invalid as error:
            raise ValueError(str(error)) from error

    def archive(self, object: str, id: str) -> None:
        self.put(object, id, {"ContactStatus": "ARCHIVED"})

    def delete(self, object: str, id: str) -> None:
        self.archive(object, id)

    def restore(self, object: str, id: str) -> None:
        self.put(object, id, {"ContactStatus": "ACTIVE"})

    def merge(self, object: str, loser: str, survivor: str) -> None:
        self.books.contacts.merge(self._contact(loser), self._contact(survivor), writer=BOOKKEEPER)

    def purge(self, object: str, id: str) -> None:
        self.hidden.add(id)

    def get(self, object: str, id: str) -> Observation | None:
        contact = self.books.contacts.get(id)
        return _seen(contact) if contact else None

    def all(self, object: str) -> list[Observation]:
        made = (self.books.contacts.get(made.id) for made in self.world.journal.creations(object))
        return [_seen(contact) for contact in made if contact]

    def fail_next(self, error: VendorError, *, method: Method = "send", carried_out: bool = False) -> None:
        self.line.trouble(error, method, carried_out=carried_out)

    def decline_next(self, declined: Declined, *, id: str | None = None) -> None:
        self.books.contacts.declines.order(declined.message, id)

    def interrupt(self, method: Method, when: When, happening: Happening) -> None:
        self.line.interrupt(method, when, happening)

    def calm_down(self) -> None:
        self.line.calm_down()

    def disconnect(self) -> None:
        """Somebody disconnects the organisation from our app."""
        self.world.connections.end_tenant(self.books.tenant_id)

    def use_up_the_day(self) -> None:
        """Other processes of our app have used nearly all calls of the day."""
        self.world.limits(self.at.app, self.books).day.leave(2, self.world.clock.now())

    def use_up_the_app_s_minute(self) -> None:
        """Other customers of our app have used all that it may call in this minute, of whatever organisation."""
        self.world.limits(self.at.app, self.books).app_minute.leave(0, self.world.clock.now())

    def take_back_refusals(self) -> int:
        """Let it be as if no call had been refused here; how many were."""
        refusals = self.world.limits(self.at.app, self.books).refusals
        number = refusals.total()
        refusals.clear()
        return number

    def _contact(self, id: str) -> Contact:
        contact = self.books.contacts.get(id)
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
        "person" if written.writer == BOOKKEEPER else "us",
        RecordRef(System.XERO, written.object, written.id),
        Presence.ARCHIVED if archived else Presence.LIVE,
        {name: written.fields.get(name) for name in written.changed},
        created=written.type is ChangeType.CREATE,
    )
