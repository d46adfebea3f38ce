"""Compiles a sync file into the knowledge that the engine plans with."""

from dataclasses import replace

from app.mapping import xero_fields
from app.mapping.conditions import compile_only
from app.mapping.creation import compile_creation
from app.mapping.field_rules import compile_rules
from app.mapping.findings import Findings, Place, suggest
from app.mapping.match_rules import compile_matches
from app.mapping.model import Guard, Mapping, Sync
from app.mapping.parts import parts_of
from app.mapping.sync_file import MappingEntry, SyncFile
from app.mapping.values import System


def compile_sync(file: SyncFile, findings: Findings) -> Sync | None:
    """The sync that `file` describes, or None and the reasons in `findings`."""
    mappings = {
        name: compile_mapping(name, entry, ("mappings", name), findings) for name, entry in file.mappings.items()
    }
    if findings.made:
        return None
    return Sync(
        name=file.sync,
        mode=file.mode,
        salesforce=file.salesforce,
        xero=file.xero,
        mappings={name: mapping for name, mapping in mappings.items() if mapping},
        guard=Guard(file.guard.create, file.guard.archive, file.guard.archive_share),
    )


def compile_mapping(name: str, entry: MappingEntry, place: Place, findings: Findings) -> Mapping | None:
    """One mapping, or None when its resource is unknown; everything else that is wrong is in `findings`."""
    if entry.xero not in xero_fields.KNOWN:
        remedy = suggest(entry.xero, xero_fields.KNOWN)
        findings.add((*place, "xero"), f"{entry.xero} is no Xero resource that can be mapped", remedy)
        return None
    rules = compile_rules(entry, place, findings)
    mapping = Mapping(
        name=name,
        salesforce=entry.salesforce,
        xero=entry.xero,
        direction=entry.direction,
        fields=rules,
        match=compile_matches(entry, rules, place, findings),
        on_conflict=entry.on_conflict,
        on_delete=entry.on_delete,
        on_opt_out=entry.on_opt_out,
        opt_in=entry.opt_in,
        create_in_xero=compile_creation(entry, System.XERO, rules, place, findings),
        create_in_salesforce=compile_creation(entry, System.SALESFORCE, rules, place, findings),
        salesforce_key=entry.salesforce_key,
        only_salesforce=compile_only(entry, System.SALESFORCE, place, findings),
        only_xero=compile_only(entry, System.XERO, place, findings),
    )
    return replace(mapping, parts=parts_of(mapping))
