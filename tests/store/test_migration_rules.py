"""Migrations expand first and contract a release later, so that the release before goes on working meanwhile."""

from pathlib import Path

import pytest

from app.store import schema
from tests.support.migration_rules import faults

VERSIONS = Path(schema.__file__).parent / "migrations" / "versions"
FREE = 14
"""The last migration that was made before the rule: nothing of a released version is older."""

NEW_TABLE = """
op.create_table("notes", sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.Text, nullable=False))
op.create_index("ix_notes_text", "notes", ["text"])
"""
BUILT_BESIDE = """
beside = True
op.drop_index("ix_inbox_kind", "inbox", if_exists=True, postgresql_concurrently=True)
op.create_index("ix_inbox_kind", "inbox", ["kind"], postgresql_concurrently=True)
"""


def test_no_migration_locks_others_out_or_breaks_older_code() -> None:
    ruled = [path for path in VERSIONS.glob("0*.py") if int(path.name[:4]) > FREE]
    assert [(path.name, fault) for path in ruled for fault in faults(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    "source",
    [
        NEW_TABLE,
        BUILT_BESIDE,
        'op.add_column("inbox", sa.Column("note", sa.Text))',
        'op.add_column("inbox", sa.Column("note", sa.Text, nullable=False, server_default=""))',
        'contracts = "nothing reads inbox.note since 0.3"\nop.drop_column("inbox", "note")',
    ],
)
def test_what_others_do_not_notice_is_allowed(source: str) -> None:
    assert faults(source) == []


@pytest.mark.parametrize(
    "source",
    [
        'op.drop_column("inbox", "note")',
        'op.drop_table("inbox")',
        'op.rename_table("inbox", "post")',
        'op.alter_column("inbox", "note", nullable=False)',
        'op.execute("UPDATE inbox SET routed = true")',
        'op.add_column("inbox", sa.Column("note", sa.Text, nullable=False))',
        'op.create_index("ix_inbox_kind", "inbox", ["kind"])',
        'op.create_index("ix_inbox_kind", "inbox", ["kind"], postgresql_concurrently=True)',
        'beside = True\nop.create_index("ix_inbox_kind", "inbox", ["kind"])',
        'beside = True\nop.add_column("inbox", sa.Column("note", sa.Text))',
        'op.drop_index("ix_inbox_kind", "inbox")',
        'op.create_unique_constraint("uq_inbox_kind", "inbox", ["kind"])',
        'contracts = ""\nop.drop_column("inbox", "note")',
    ],
)
def test_what_others_would_notice_is_refused(source: str) -> None:
    assert len(faults(source)) == 1
