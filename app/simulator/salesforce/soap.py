"""Outbound messages as SOAP 1.1, and the envelope that acknowledges them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import NamedTuple

from lxml import etree

from app.mapping.values import Json

OUTBOUND = "http://soap.sforce.com/2005/09/outbound"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Told(NamedTuple):
    """One notification: its id, and what the record holds now; nothing when the record is gone."""

    id: str
    object: str
    fields: Mapping[str, Json]


def envelope(org_id: str, action_id: str, host: str, notifications: Iterable[Told]) -> bytes:
    """One POST of one definition."""
    soap = f"https://{host}/services/Soap"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
        " <soapenv:Body>\n"
        f'  <notifications xmlns="{OUTBOUND}">\n'
        f"   <OrganizationId>{org_id}</OrganizationId>\n"
        f"   <ActionId>{action_id}</ActionId>\n"
        '   <SessionId xsi:nil="true"/>\n'
        f"   <EnterpriseUrl>{soap}/c/66.0/{org_id[:15]}</EnterpriseUrl>\n"
        f"   <PartnerUrl>{soap}/u/66.0/{org_id[:15]}</PartnerUrl>\n"
        f"{''.join(_notification(told) for told in notifications)}"
        "  </notifications>\n </soapenv:Body>\n</soapenv:Envelope>\n"
    ).encode()


def acknowledged(body: bytes) -> bool:
    """Whether `body` is exactly the envelope that takes all notifications of a POST."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return False
    path: Sequence[str] = (f"{{{SOAP}}}Body", f"{{{OUTBOUND}}}notificationsResponse", f"{{{OUTBOUND}}}Ack")
    return root.tag == f"{{{SOAP}}}Envelope" and (root.findtext("/".join(path)) or "").strip() in {"true", "1"}


def _notification(told: Told) -> str:
    record = _record(told) if told.fields else ""
    return f"   <Notification>\n    <Id>{told.id}</Id>\n{record}   </Notification>\n"


def _record(told: Told) -> str:
    fields = "".join(f"     {_field(name, value)}\n" for name, value in told.fields.items())
    space = 'xmlns:sf="urn:sobject.enterprise.soap.sforce.com"'
    return f'    <sObject xsi:type="sf:{told.object}" {space}>\n{fields}    </sObject>\n'


def _field(name: str, value: Json) -> str:
    if value is None:
        return f'<sf:{name} xsi:nil="true"/>'
    return f"<sf:{name}>{_text(value)}</sf:{name}>"


def _text(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(NOT_XML.sub("", str(value)), quote=False)
