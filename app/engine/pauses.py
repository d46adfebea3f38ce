"""Pauses: what a person has stopped, by the name of what is stopped."""

from app.engine.records import RecordRef


def sync_scope(sync: str) -> str:
    """The name of a pause of a whole sync: none of its lanes is worked on."""
    return f"sync:{sync}"


def mapping_scope(sync: str, mapping: str) -> str:
    """The name of a pause of one mapping: its pairs rest."""
    return f"mapping:{sync}/{mapping}"


def record_scope(sync: str, ref: RecordRef) -> str:
    """The name of a pause of one record: every pair that it is a side of rests."""
    return f"record:{sync}:{ref}"
