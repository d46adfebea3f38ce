"""Bases as they are stored: each rule's pair of agreed values, Salesforce's first."""

from collections.abc import Mapping, Sequence

from app.engine.records import Agreed, Base
from app.mapping.values import Value


def document_of(base: Base) -> Mapping[str, Sequence[Value]]:
    """`base` as a document."""
    return {rule: [agreed.salesforce, agreed.xero] for rule, agreed in base.items()}


def base_of(document: Mapping[str, tuple[Value, Value]]) -> Base:
    """The base that was stored as `document`."""
    return {rule: Agreed(salesforce, xero) for rule, (salesforce, xero) in document.items()}
