"""A simulated Salesforce as the people at a vendor, with one org and one user of ours."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime

import httpx
from pydantic import SecretStr

from app.connectors.memory import Change, Method
from app.engine.actions import Declined, Verb
from app.engine.ports import Clock
from app.engine.records import Observation, Presence, RecordRef, System
from app.errors import VendorError
from app.mapping.values import Fields
from app.settings import SalesforceConnection
from app.simulator.credentials import Credentials
from app.simulator.ids import Ids
from app.simulator.journal import Change as Written
from app.simulator.journal import ChangeType
from app.simulator.salesforce.answers import Refusal
from app.simulator.salesforce.app import ADMIN, salesforce_app
from app.simulator.salesforce.facts import SalesforceFacts
from app.simulator.salesforce.objects import OBJECTS, ObjectType
from app.simulator.salesforce.sessions import SalesforceClient
from app.simulator.salesforce.transaction import PERSON, Record
from app.simulator.salesforce.world import SalesforceWorld
from tests.support.simulated.line import Heard, Kind, Line
from tests.support.vendor import Happening, When

USER_ID = "0055g0000000002AAA"
CODES: Mapping[str, str] = {"row_lock": "UNABLE_TO_LOCK_ROW", "email": "INVALID_EMAIL_ADDRESS"}
"""Salesforce's words for a refusal that a test orders; others are refused by a validation rule."""


class SimulatedSalesforce:
    """Fulfils `Vendor`. `world` is the simulator itself, `line` what goes by between it and us."""

    system = System.SALESFORCE

    def __init__(
        self,
        clock: Clock,
        ids: Ids,
        *,
        org_id: str,
        port: int,
        facts: SalesforceFacts,
        objects: Mapping[str, ObjectType] = OBJECTS,
    ) -> None:
        self.client = Credentials("crossbook", "crossbook-secret")
        user = SalesforceClient("crossbook", self.client, USER_ID)
        self.world = SalesforceWorld(clock, ids, org_id=org_id, clients=[user], objects=objects, facts=facts)
        self.line = Line(salesforce_app(self.world), clock, self.world.faults, kind_of)
        self.port = port
        self.outbound_secret = f"the-outbound-secret-of-{org_id}"
        self.change_secret = change_secret(org_id)

    @property
    def settings(self) -> SalesforceConnection:
        """How we are connected to it."""
        return SalesforceConnection(
            url=f"http://127.0.0.1:{self.port}",
            client_id=self.client.id,
            client_secret=SecretStr(self.client.secret),
            org_id=self.world.org_id,
            outbound_secrets=(SecretStr(self.outbound_secret),),
            change_secrets=(SecretStr(self.change_secret),),
        )

    @property
    def history(self) -> list[Change]:
        return [_change(each) for each in self.world.journal.changes]

    @property
    def calls(self) -> list[Heard]:
        return self.line.calls

    @property
    def hidden(self) -> set[str]:
        return self.world.records.hidden

    def put(self, object: str, id: str | None, fields: Fields) -> str:
        try:
            with self.world.records.transaction(ADMIN) as transaction:
                if id is None:
                    return transaction.create(object, fields).id
                return transaction.update(self._record(object, id), fields).id
        except Refusal as error:
            raise ValueError(f"{error.code}: {error}") from error

    def archive(self, object: str, id: str) -> None:
        self.delete(object, id)

    def delete(self, object: str, id: str) -> None:
        with self.world.records.transaction(ADMIN) as transaction:
            transaction.delete(self._record(object, id))

    def restore(self, object: str, id: str) -> None:
        with self.world.records.transaction(ADMIN) as transaction:
            transaction.undelete(self._record(object, id))

    def merge(self, object: str, loser: str, survivor: str) -> None:
        with self.world.records.transaction(ADMIN) as transaction:
            transaction.delete(self._record(object, loser), master_id=survivor)
            transaction.update(self._record(object, survivor), {})

    def purge(self, object: str, id: str) -> None:
        self.world.records.drop(self._record(object, id).id)

    def get(self, object: str, id: str) -> Observation | None:
        record = self.world.records.get(self.world.records.kind(object), id)
        return _seen(record) if record else None

    def all(self, object: str) -> list[Observation]:
        return [_seen(record) for record in self.world.records.all(self.world.records.kind(object))]

    def fail_next(self, error: VendorError, *, method: Method = "send", carried_out: bool = False) -> None:
        self.line.trouble(error, method, carried_out=carried_out)

    def decline_next(self, declined: Declined, *, id: str | None = None) -> None:
        code = CODES.get(declined.code, "FIELD_CUSTOM_VALIDATION_EXCEPTION")
        self.world.records.declines.order(Refusal(code, declined.message), id)

    def interrupt(self, method: Method, when: When, happening: Happening) -> None:
        self.line.interrupt(method, when, happening)

    def calm_down(self) -> None:
        self.line.calm_down()

    def _record(self, object: str, id: str) -> Record:
        record = self.world.records.get(self.world.records.kind(object), id)
        if record is None:
            raise ValueError(f"there is no {object} {id}")
        return record


def kind_of(request: httpx.Request) -> Kind | None:
    """What a request is to Salesforce's records; None for signing in, limits, descriptions and the like."""
    if "/composite" in request.url.path:
        return Kind("send", _verb(request))
    if "/query" not in request.url.path:
        return None
    soql = request.url.params.get("q", "")
    if " WHERE Id IN " in soql:
        return Kind("read")
    if soql.endswith(" AND IsDeleted = false"):
        return Kind("parts_of")
    return Kind("find" if " IN (" in soql else "changed")


def _verb(request: httpx.Request) -> Verb:
    if request.method == "DELETE":
        return Verb.ARCHIVE
    path = request.url.path
    if path.endswith("/composite"):
        path = json.loads(request.content)["compositeRequest"][0]["url"]
    return Verb.UPDATE if path.endswith("/sobjects") else Verb.CREATE


def _seen(record: Record) -> Observation:
    master = record.fields.get("MasterRecordId")
    return Observation(
        RecordRef(System.SALESFORCE, record.kind.name, record.id),
        Presence.DELETED if record.deleted else Presence.LIVE,
        datetime.fromisoformat(str(record.fields["SystemModstamp"])),
        record.fields,
        merged_into=str(master) if master else None,
    )


def _change(written: Written) -> Change:
    return Change(
        written.at,
        "person" if written.writer == PERSON else "us",
        RecordRef(System.SALESFORCE, written.object, written.id),
        Presence.DELETED if written.fields.get("IsDeleted") else Presence.LIVE,
        {name: written.fields.get(name) for name in written.changed},
        created=written.type is ChangeType.CREATE,
    )


def change_secret(name: str) -> str:
    """A secret of the Standard Webhooks scheme, made of `name`."""
    return "whsec_" + base64.b64encode(f"the change secret of {name}".encode()).decode()
