"""How people at either system enter a customer's field, and what they see in it."""

from app.engine.records import Observation, System
from app.mapping.values import Fields
from tests.support.world import phone

SALESFORCE, XERO = System.SALESFORCE, System.XERO


def entered(system: System, name: str, value: str | None) -> Fields:
    """A field as that system's people enter it."""
    if system is SALESFORCE:
        return {{"Email": "Email__c"}.get(name, name): value}
    if name == "Phone":
        return {"Phones": phone(value or "")}
    return {{"Email": "EmailAddress"}.get(name, name): value or ""}


def shown(system: System, name: str, record: Observation) -> str | None:
    """What that system's people see in a field."""
    if system is XERO and name == "Phone":
        phones = record.fields.get("Phones") or []
        numbers = [each["PhoneNumber"] for each in phones if isinstance(each, dict)] if isinstance(phones, list) else []
        return str(numbers[0]) or None if numbers else None
    path = "Email__c" if system is SALESFORCE else "EmailAddress"
    shown = record.fields.get(path if name == "Email" else name)
    return str(shown) if shown else None
