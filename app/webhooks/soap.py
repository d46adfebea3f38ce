"""Read and write SOAP envelopes, for messages that a stranger may have written."""

from lxml import etree
from lxml.etree import _Element as Element

from app.errors import Malformed

_MAX_DEPTH = 32
_MAX_ELEMENTS = 10_000

_ENVELOPE = "{http://schemas.xmlsoap.org/soap/envelope/}Envelope"
_BODY = "{http://schemas.xmlsoap.org/soap/envelope/}Body"

_is_too_deep = etree.XPath("boolean(" + "/*" * (_MAX_DEPTH + 1) + ")")
_is_too_wide = etree.XPath(f"count(//*) > {_MAX_ELEMENTS}")

ACKNOWLEDGEMENT = (
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    b'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>'
    b"</soapenv:Body></soapenv:Envelope>"
)
"""The one answer that Salesforce takes for success; it stands for every notification of the message."""


def read_message(body: bytes, tag: str) -> Element:
    """The one element `tag` inside the envelope in `body`, which must be UTF-8. Raises `Malformed`."""
    envelope = _parse(body)
    messages = envelope.findall(f"{_BODY}/{tag}")
    if envelope.tag != _ENVELOPE or len(messages) != 1:
        raise Malformed("not an envelope with one message")
    return messages[0]


def _parse(body: bytes) -> Element:
    """The root. A document type is refused: nobody needs one, and the parser keeps its entities quietly."""
    try:
        root = etree.fromstring(body, _parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Malformed("not readable as XML") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Malformed("has a document type")
    if _is_too_deep(root) or _is_too_wide(root):
        raise Malformed("too deep or too many elements")
    return root


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",  # whatever the document says of itself
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
