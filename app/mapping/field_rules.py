"""Compiles the field rules of a mapping and refuses those that cannot hold."""

from app.mapping.child_records import children_field, people_field
from app.mapping.compound import Entry, Member
from app.mapping.findings import Findings, Place, Wrong
from app.mapping.known_fields import KnownField
from app.mapping.model import Direction, FieldRule, Lens
from app.mapping.resolve import salesforce_field, xero_field
from app.mapping.sync_file import FieldEntry, MappingEntry
from app.mapping.tracking import MOST, Tracking
from app.mapping.values import System
from app.mapping.xero_fields import TRACKED


def compile_rules(entry: MappingEntry, place: Place, findings: Findings) -> tuple[FieldRule, ...]:
    """The field rules that hold; what is wrong with the others is in `findings`."""
    rules = [
        _compile(entry, field, (*place, "fields", position), findings) for position, field in enumerate(entry.fields)
    ]
    for target in System:
        _refuse_shared_targets(rules, target, (*place, "fields"), findings)
    _refuse_third_category(rules, (*place, "fields"), findings)
    return tuple(rule for rule in rules if rule)


def _compile(entry: MappingEntry, field: FieldEntry, place: Place, findings: Findings) -> FieldRule | None:
    source = "children" if field.children else "salesforce"
    salesforce = findings.attempt((*place, source), lambda: _salesforce(entry, field))
    xero = findings.attempt((*place, "xero"), lambda: _xero(entry, field))
    direction = findings.attempt((*place, "direction"), lambda: _direction(entry.direction, field.direction))
    if not (salesforce and xero and direction):
        return None
    findings.attempt(place, lambda: _check(salesforce, xero, direction))
    return FieldRule(
        name=f"{salesforce.path}:{xero.path}",
        salesforce=salesforce.lens,
        xero=xero.lens,
        direction=direction,
        on_conflict=field.on_conflict or entry.on_conflict,
    )


def _salesforce(entry: MappingEntry, field: FieldEntry) -> KnownField:
    if field.children:
        return children_field(entry.salesforce, field.children)
    if field.salesforce is None:
        raise ValueError("a rule has either salesforce or children")
    return salesforce_field(entry.salesforce, field.salesforce)


def _xero(entry: MappingEntry, field: FieldEntry) -> KnownField:
    return people_field(field.children, field.xero) if field.children else xero_field(entry.xero, field.xero)


def _direction(mapping: Direction, own: Direction | None) -> Direction:
    if own is None or mapping in (Direction.BOTH, own):
        return own or mapping
    raise Wrong(f"the mapping goes {mapping} only", f"remove direction here, or let the mapping go {Direction.BOTH}")


def _check(salesforce: KnownField, xero: KnownField, direction: Direction) -> None:
    if salesforce.kind is not xero.kind:
        raise Wrong(
            f"{salesforce.path} holds {salesforce.kind.article}, {xero.path} {xero.kind.article}",
            "pair fields of one kind, or say the Salesforce field's type",
        )
    if direction.allows(System.XERO) and not xero.writable:
        raise Wrong(f"{xero.path} is read-only in Xero", "add direction: to_salesforce")
    if direction.allows(System.SALESFORCE) and not salesforce.writable:
        raise Wrong(f"{salesforce.path} is read-only in Salesforce", "add direction: to_xero")


def _refuse_shared_targets(rules: list[FieldRule | None], target: System, place: Place, findings: Findings) -> None:
    taken: dict[str, int] = {}
    for position, rule in enumerate(rules):
        if rule is None or not rule.direction.allows(target):
            continue
        lens = rule.lens(target)
        twice = [name for name in sorted(_claimed(lens)) if taken.setdefault(name, position) != position]
        if twice:
            what = lens.path if lens.path in twice else f"{twice[0]}, which is part of {lens.path},"
            problem = f"field rule {taken[twice[0]] + 1} writes {what} too"
            findings.add((*place, position), problem, "keep one, or give each a direction")


def _claimed(lens: Lens) -> frozenset[str]:
    """What no other rule may write: all the lens's fields, but of a shared list or object only its own part."""
    return frozenset({lens.path}) if isinstance(lens, Entry | Member | Tracking) else lens.keys


def _refuse_third_category(rules: list[FieldRule | None], place: Place, findings: Findings) -> None:
    for list_key in TRACKED:
        tracked = [position for position, rule in enumerate(rules) if rule and rule.xero.keys == {list_key}]
        for one_too_many in tracked[MOST:]:
            problem = f"Xero has at most {MOST} tracking categories"
            findings.add((*place, one_too_many, "xero"), problem, "remove this line")
