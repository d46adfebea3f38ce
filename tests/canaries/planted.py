"""Canaries: values that stand where secrets and personal data do, and are known wherever they turn up."""

import base64
from collections.abc import Iterator
from urllib.parse import quote

MARK = "xq7canary"
"""What every canary holds, so that one look finds any of them."""

DIGITS = "7531086429"
"""A canary where only digits may stand."""


def canary(of: str) -> str:
    """The canary that stands for `of`, long enough for a key."""
    return f"{MARK}-{of}-{MARK}-of-thirty-two-letters"


PERSON = {
    "Name": canary("person"),
    "Phone": f"+64 {DIGITS}",
    "Email__c": f"{MARK}@{MARK}.example",
    "Tax_Number__c": f"{DIGITS}",
    "BillingAddress": {
        "street": canary("street"),
        "city": canary("city"),
        "state": "",
        "postalCode": DIGITS,
        "country": canary("country"),
    },
}
CONTACT = {
    "Name": canary("contact"),
    "EmailAddress": f"{MARK}@{MARK}.example",
    "TaxNumber": DIGITS,
    "BankAccountDetails": f"12-{DIGITS}-00",
    "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": DIGITS, "PhoneAreaCode": "", "PhoneCountryCode": ""}],
    "Addresses": [{"AddressType": "POBOX", "AddressLine1": canary("line"), "City": canary("town")}],
}

SAID = f"{canary('said')} {MARK}@{MARK}.example {DIGITS}"
"""What a vendor or a library quotes."""


def found_in(text: str) -> list[str]:
    """Every place of `text` where a canary stands, in whatever form, with what stands around it."""
    lower = text.lower()
    forms = {form.lower() for each in (MARK, DIGITS) for form in _forms(each)}
    at = [lower.find(form) for form in sorted(forms)]
    coded = [text.find(form) for each in (MARK, DIGITS) for form in _in_base64(each)]
    return [text[max(0, place - 300) : place + 100] for place in [*at, *coded] if place >= 0]


def _forms(text: str) -> Iterator[str]:
    yield text
    yield quote(text, safe="")
    yield "".join(f"%{byte:02x}" for byte in text.encode())
    yield text.encode().hex()
    yield text[::-1]


def _in_base64(text: str) -> Iterator[str]:
    """The part of its base64 that does not depend on what stands beside it, however it is aligned."""
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + text.encode()).decode()
        yield coded[4 if before else 0 : len(coded) - 4]
