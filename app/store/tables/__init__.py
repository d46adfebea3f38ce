"""The tables, in the words of the glossary."""

from app.store.tables.conventions import metadata
from app.store.tables.records import links, match_keys, match_scans, partings, parts, questions, states
from app.store.tables.upkeep import accounts, consents, cursors, progress, pushes, runs, sequences, tokens, usage
from app.store.tables.watch import finds, lapses, notices
from app.store.tables.way_in import due, inbox, leases, outcomes, pauses, stops
from app.store.tables.way_out import calls, history, intents

__all__ = [
    "accounts",
    "calls",
    "consents",
    "cursors",
    "due",
    "finds",
    "history",
    "inbox",
    "intents",
    "lapses",
    "leases",
    "links",
    "match_keys",
    "match_scans",
    "metadata",
    "notices",
    "outcomes",
    "partings",
    "parts",
    "pauses",
    "progress",
    "pushes",
    "questions",
    "runs",
    "sequences",
    "states",
    "stops",
    "tokens",
    "usage",
]
