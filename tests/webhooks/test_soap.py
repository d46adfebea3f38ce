"""Hostile XML is refused in no time, by an authentic sender too, and nothing of it is stored."""

import gzip
import time

import pytest

from tests.support.front_door import ACCOUNT, ORG_18, SECRET, Door

NOTE = (
    '<Notification><Id>04l5Y00000AbCdE</Id><sObject xsi:type="sf:Account" xmlns:sf="urn:sobject.enterprise.soap.sforce'
    f'.com"><sf:Id>{ACCOUNT}</sf:Id>%s</sObject></Notification>'
)


def envelope(inside: str = "", *, before: str = "", after: str = "") -> str:
    return (
        f'{before}<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><e:Body>'
        '<notifications xmlns="http://soap.sforce.com/2005/09/outbound">'
        f"<OrganizationId>{ORG_18}</OrganizationId>{NOTE % inside}</notifications></e:Body></e:Envelope>{after}"
    )


def doctype(subset: str, external: str = "") -> str:
    return f"<!DOCTYPE Envelope {external}[{subset}]>"


NESTED = '<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
DECLARED = '<?xml version="1.0" encoding="%s"?>'

HOSTILE = {
    "nested entities": envelope("&i;", before=doctype(NESTED)),
    "nested entities in an attribute": envelope('<x y="&i;"/>', before=doctype(NESTED)),
    "quadratic entity": envelope("&a;" * 20_000, before=doctype(f'<!ENTITY a "{"x" * 20_000}">')),
    "external general entity": envelope("&a;", before=doctype('<!ENTITY a SYSTEM "file:///etc/hostname">')),
    "external parameter entity": envelope(before=doctype('<!ENTITY % a SYSTEM "http://127.0.0.1:1/x"> %a;')),
    "external document type": envelope(before='<!DOCTYPE Envelope SYSTEM "http://127.0.0.1:1/x.dtd">'),
    "harmless document type": envelope(before="<!DOCTYPE Envelope>"),
    "undeclared entity": envelope("&nothing;"),
    "deep": envelope("<x>" * 40 + "</x>" * 40),
    "very deep": envelope("<x>" * 100_000 + "</x>" * 100_000),
    "wide": envelope("<x/>" * 20_000),
    "not closed": envelope()[:-3],
    "two roots": envelope(after=envelope()),
    "text after the end": envelope(after="more"),
    "zero byte": envelope("\x00"),
    "zero as a character reference": envelope("&#0;"),
    "lone surrogate as a character reference": envelope("&#xD800;"),
    "another envelope": envelope().replace("schemas.xmlsoap.org/soap", "www.w3.org/2003/05/soap-envelope"),
    "two messages": envelope().replace("</e:Body>", '<notifications xmlns="http://soap.sforce.com/2005/09/outbound"/></e:Body>'),
    "inclusion instead of the message": envelope().replace(
        "<notifications", '<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="file:///etc/hostname"/><x'
    ).replace("</notifications", "</x"),
    "json": '{"Envelope": 1}',
    "empty": "",
    "blank": " \n ",
}  # fmt: skip
RECODED = {
    "utf-16": (DECLARED % "UTF-16" + envelope()).encode("utf-16"),
    "utf-16 without a mark": envelope().encode("utf-16-le"),
    "utf-32": envelope().encode("utf-32"),
    "lying encoding": (DECLARED % "UTF-8" + envelope("<x>\xe9</x>")).encode("latin-1"),
    "declared latin-1": (DECLARED % "ISO-8859-1" + envelope("<x>\xe9</x>")).encode("latin-1"),
    "gzip bomb": gzip.compress(b" " * 10_000_000),
    "noise": bytes(range(256)),
}

HARMLESS = {
    "many attributes": envelope("<x " + " ".join(f'a{number}="1"' for number in range(10_000)) + "/>"),
    "long name": envelope(f"<{'x' * 40_000}/>"),
    "long comment": envelope(f"<!--{'x' * 200_000}-->"),
    "namespace flood": envelope("<x " + " ".join(f'xmlns:a{number}="urn:{number}"' for number in range(5_000)) + "/>"),
    "processing-instruction flood": envelope("<?x y?>" * 50_000),
    "inclusion": envelope('<i:include xmlns:i="http://www.w3.org/2001/XInclude" parse="text" href="file:///etc/hostname"/>'),
    "utf-7": DECLARED % "UTF-7" + envelope("<x>+ADw-script+AD4-</x>"),
    "style sheet": envelope(before='<?xml-stylesheet href="http://127.0.0.1:1/x.xsl"?>'),
    "schema location": envelope('<x xsi:schemaLocation="urn:x http://127.0.0.1:1/x.xsd"/>'),
    "comment inside an id": envelope().replace(ACCOUNT, f"{ACCOUNT[:5]}<!-- x -->{ACCOUNT[5:]}"),
    "undeclared document type in a text": envelope("<x>&lt;!DOCTYPE x&gt;</x>"),
}  # fmt: skip
"""Odd, but they say one thing only: either they are refused, or exactly the one event in them is taken."""


@pytest.mark.parametrize("body", [pytest.param(text.encode(), id=name) for name, text in HOSTILE.items()])
async def test_hostile_xml_is_refused(body: bytes) -> None:
    await refused(body)


@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in RECODED.items()])
async def test_xml_in_another_encoding_is_refused(body: bytes) -> None:
    await refused(body)


async def refused(body: bytes) -> None:
    door = Door()
    started = time.process_time()
    answer = await door.outbound(body)
    assert (answer.status_code, answer.content) == (400, b"")
    assert door.inbox.commits == 0
    assert time.process_time() - started < 1


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in HARMLESS.items()])
async def test_odd_xml_costs_little_and_smuggles_nothing_in(text: str) -> None:
    door = Door()
    started = time.process_time()
    answer = await door.outbound(text.encode())
    assert answer.status_code in {200, 400}
    assert [event.record_id for event in door.inbox.events] == ([ACCOUNT] if answer.status_code == 200 else [])
    assert time.process_time() - started < 1


async def test_an_honest_message_with_a_hundred_notifications_of_sixty_fields_passes() -> None:
    door = Door()
    fields = "".join(f"<sf:Field{number}__c>value</sf:Field{number}__c>" for number in range(60))
    body = envelope(fields).replace("</notifications>", NOTE % fields * 99 + "</notifications>")
    assert (await door.outbound(body.encode(), SECRET)).status_code == 200
