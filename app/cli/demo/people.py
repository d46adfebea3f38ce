"""The two people of the story: a salesperson at Salesforce and a bookkeeper at Xero, over the vendors' own APIs."""

from collections.abc import Mapping
from typing import Self

import httpx

from app.mapping.values import Json

CALL_SECONDS = 10.0
CLIENT_CREDENTIALS = {"grant_type": "client_credentials"}

Told = Mapping[str, Json]
"""A record's fields as the vendor tells them."""


class Salesperson:
    """Works on accounts."""

    def __init__(self, url: str, name: str, password: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=CALL_SECONDS, trust_env=False)
        answer = self._http.post("/services/oauth2/token", data=CLIENT_CREDENTIALS, auth=(name, password))
        self._http.headers["Authorization"] = f"Bearer {_told(answer)['access_token']}"
        self._http.base_url = httpx.URL(f"{url}/services/data/v66.0/")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._http.close()

    def create_account(self, **fields: Json) -> str:
        """A new account; its id."""
        return str(_told(self._http.post("sobjects/Account", json=fields))["id"])

    def edit_account(self, account_id: str, **fields: Json) -> None:
        """Change an account as a person does, whoever changed it last."""
        self._http.patch(f"sobjects/Account/{account_id}", json=fields).raise_for_status()

    def account(self, account_id: str) -> Told:
        """An account as it stands now."""
        return _told(self._http.get(f"sobjects/Account/{account_id}"))

    def account_born_from(self, contact_id: str) -> Told | None:
        """The account that was created for a contact of Xero's, once it is there."""
        query = f"SELECT Id, Name, Phone, Email__c FROM Account WHERE Xero_Contact_Id__c = '{contact_id}'"  # noqa: S608 - SOQL, of an id
        return _first(_told(self._http.get("query", params={"q": query})), "records")


class Bookkeeper:
    """Works on contacts."""

    def __init__(self, url: str, name: str, password: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=CALL_SECONDS, trust_env=False)
        answer = self._http.post("/connect/token", data=CLIENT_CREDENTIALS, auth=(name, password))
        self._http.headers["Authorization"] = f"Bearer {_told(answer)['access_token']}"
        self._http.headers["Accept"] = "application/json"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._http.close()

    def create_contact(self, **fields: Json) -> str:
        """A new contact; its id."""
        answer = self._http.put("/api.xro/2.0/Contacts", json={"Contacts": [fields]})
        return str(_only(_told(answer), "Contacts")["ContactID"])

    def edit_contact(self, contact_id: str, **fields: Json) -> None:
        """Change a contact as a person does, whoever changed it last."""
        self._http.post(f"/api.xro/2.0/Contacts/{contact_id}", json=fields).raise_for_status()

    def contact(self, contact_id: str) -> Told:
        """A contact as it stands now."""
        return _only(_told(self._http.get(f"/api.xro/2.0/Contacts/{contact_id}")), "Contacts")

    def contact_born_from(self, account_id: str) -> Told | None:
        """The contact that was created for an account of Salesforce's, once it is there."""
        where = f'ContactNumber=="{account_id}"'
        return _first(_told(self._http.get("/api.xro/2.0/Contacts", params={"where": where})), "Contacts")

    def lose_next_push(self) -> None:
        """Let the simulated Xero drop the next webhook on its way."""
        self._http.post("/simulator/pushes/drop", params={"next": 1}).raise_for_status()

    def lost_pushes(self) -> int:
        """How many webhooks were dropped so far."""
        pushes = _told(self._http.get("/simulator/log", params={"last": 1000}))["pushes"]
        return sum(1 for push in _records(pushes) if push["dropped"])


def phone(contact: Told) -> Json:
    """The main phone number of a contact."""
    numbers = (each["PhoneNumber"] for each in _records(contact["Phones"]) if each["PhoneType"] == "DEFAULT")
    return next(numbers, None)


def _told(answer: httpx.Response) -> Told:
    answer.raise_for_status()
    told: Told = answer.json()
    return told


def _first(told: Told, name: str) -> Told | None:
    return next(iter(_records(told[name])), None)


def _only(told: Told, name: str) -> Told:
    [record] = _records(told[name])
    return record


def _records(value: Json) -> list[Told]:
    if not isinstance(value, list):
        raise TypeError("a list of records was expected")
    return [record for record in value if isinstance(record, Mapping)]
