"""Whether the two records of a link are there: compared with what was agreed, before any field is.

The base keeps it under a name of its own, as a word for each side. There are six pairs of words:

- *live, live*: both are there, and fields travel; so it is for links that never agreed on anything else;
- *live, archived*: a person archived the contact, which Salesforce has no word for: nothing is written to it;
- *deleted or opted out, archived*: we archived the contact because of that, and bring it back when that is undone;
- *deleted or opted out, live*: the account went, and the contact stays as it is;
- *deleted, restored*: a person restored the contact though its account is deleted, and is asked;
- *live, refused*: the contact should have come back, and Xero did not take that.

What a person archived or deleted never comes back by itself.
"""

from collections.abc import Mapping
from dataclasses import replace

from app.engine.actions import Element, Verb
from app.engine.decisions import ask, gone_side
from app.engine.participation import archives
from app.engine.plans import Action, Plan, Situation, Write
from app.engine.records import Agreed, Base, Presence, State, System
from app.mapping.model import OnDelete
from app.mapping.values import Value

PRESENCE = "presence"
"""The name under which the base keeps it, which no field rule has."""

LIVE, DELETED, OPTED_OUT = "live", "deleted", "opted_out"
ARCHIVED, RESTORED, REFUSED = "archived", "restored", "refused"
IN_STEP = Agreed(LIVE, LIVE)
BY_A_PERSON = Agreed(LIVE, ARCHIVED)
NOT_TAKEN = Agreed(LIVE, REFUSED)
NOT_BROUGHT_BACK = "Xero did not bring the contact back; a person can, in Xero"


def plan_presence(situation: Situation, salesforce: State, xero: State) -> Plan | None:
    """The plan for a pair of which not both are there; None when both are and their fields are to be compared."""
    for state in (salesforce, xero):
        if state.seen.presence is Presence.INVISIBLE:
            return _invisible(situation, state)
    here, there = _standing(situation, salesforce), _standing(situation, xero)
    if here == LIVE == there:
        return None
    if situation.link is None and situation.matched.gone is None:
        gone = salesforce if here != LIVE else xero
        return Plan(Action.FILTERED, f"{gone.seen.presence} in {gone.ref.system} before it was ever linked")
    return replace(_plan_gone(situation, salesforce, xero, here, there), link=situation.link is None)


def _plan_gone(situation: Situation, salesforce: State, xero: State, here: str, there: str) -> Plan:
    was = agreed_presence(situation.base)
    if here != LIVE != there:
        return _both_gone(was)
    gone, left = (xero, salesforce) if here == LIVE else (salesforce, xero)
    if gone.seen.merged_into:
        return _merged(situation, gone, left)
    if here == LIVE:
        return _contact_gone(situation, salesforce, xero, was)
    return _account_gone(situation, salesforce, xero, here, was)


def agreed_presence(base: Base) -> Agreed:
    """What both sides last agreed on about being there."""
    return base.get(PRESENCE, IN_STEP)


def back_in_step(base: Base) -> Base:
    """What the base must learn when both are there."""
    return {} if agreed_presence(base) == IN_STEP else {PRESENCE: IN_STEP}


def _standing(situation: Situation, state: State) -> str:
    """The word for a record: what became of it, or what counts as the same."""
    if state.seen.presence is Presence.LIVE and archives(situation.mapping, state):
        return OPTED_OUT
    return str(state.seen.presence)


def _invisible(situation: Situation, unseen: State) -> Plan:
    why = f"{unseen.ref.system} does not return the record, which is no proof that it was deleted"
    return ask(situation, "invisible", why, {"record": str(unseen.ref)})


def _merged(situation: Situation, loser: State, left: State) -> Plan:
    """A merge that the link could not follow: its survivor has a link of its own, or is out of sight."""
    into = f"merged into {loser.seen.merged_into} in {loser.ref.system}"
    merge = situation.merge
    if merge and merge.rival is None:
        return Plan(Action.FILTERED, f"{into}; live, the link would follow")
    why = f"{into}, which is linked to another record" if merge else f"{into}, which is not returned"
    detail = {
        "record": str(loser.ref),
        "survivor": str(merge.survivor) if merge else loser.seen.merged_into,
        "counterpart": str(left.ref),
        "survivor_counterpart": str(merge.rival) if merge else None,
    }
    return ask(situation, "merged", why, detail)


def _both_gone(was: Agreed) -> Plan:
    """A contact that went by a person's hand, even in the same moment as its account, will not be brought back."""
    learned = {PRESENCE: BY_A_PERSON} if was.xero in {LIVE, RESTORED} else {}
    return Plan(Action.NOTHING, "gone on both sides", agreed=learned)


def _contact_gone(situation: Situation, salesforce: State, xero: State, was: Agreed) -> Plan:
    """The contact is archived, and the account is there."""
    if was.salesforce != LIVE and was.xero == ARCHIVED:
        undone = (
            "undeleted in salesforce" if was.salesforce == DELETED else f"{situation.mapping.opt_in} is ticked again"
        )
        return _restore(situation, xero, undone)
    if was.xero == REFUSED:
        return ask(situation, "restore", NOT_BROUGHT_BACK, {"record": str(xero.ref)})
    why = f"{xero.seen.presence} in xero; Salesforce has no archive, so nothing is carried until it is restored there"
    stays = Plan(Action.FILTERED, why, agreed={PRESENCE: BY_A_PERSON} if was.xero in {LIVE, RESTORED} else {})
    if was == IN_STEP and situation.mapping.on_delete is OnDelete.ASK:
        detail = _detail(situation, gone=xero, left=salesforce)
        side = gone_side(situation, detail)
        if side is System.SALESFORCE and situation.mapping.direction.allows(System.XERO):
            return _restore(situation, xero, "a person decided that the contact comes back")
        return stays if side else ask(situation, "gone", why, detail)
    return stays


def _account_gone(situation: Situation, salesforce: State, xero: State, here: str, was: Agreed) -> Plan:
    """The account is deleted or opted out, and the contact is there."""
    because = "deleted in salesforce" if here != OPTED_OUT else f"{situation.mapping.opt_in} is not ticked any more"
    kept = Agreed(here, LIVE)
    if was.xero != LIVE and here == OPTED_OUT:
        return Plan(Action.FILTERED, f"{because}; a person restored the contact", agreed={PRESENCE: kept})
    if was.salesforce != LIVE and was.xero == LIVE:
        return Plan(Action.FILTERED, f"{because}; its contact stays as it is")
    if not situation.mapping.direction.allows(System.XERO):
        why = f"{because}; the mapping writes nothing to xero"
        return Plan(Action.FILTERED, why, agreed={PRESENCE: kept})
    if here == OPTED_OUT:
        return _archive(xero, here, because)
    return _deleted(situation, salesforce, xero, here, because, was)


def _deleted(situation: Situation, salesforce: State, xero: State, here: str, because: str, was: Agreed) -> Plan:
    restored = was.xero != LIVE
    kept = {PRESENCE: Agreed(here, LIVE)}
    if situation.mapping.on_delete is OnDelete.IGNORE and not restored:
        return Plan(Action.FILTERED, f"{because}; the mapping does not carry that over", agreed=kept)
    detail = _detail(situation, gone=salesforce, left=xero)
    if not (restored or detail["edited"] or situation.mapping.on_delete is OnDelete.ASK):
        return _archive(xero, here, because)
    side = gone_side(situation, detail)
    if side is System.SALESFORCE:
        return _archive(xero, here, f"{because}; a person decided to archive its contact")
    if side is System.XERO:
        return Plan(Action.FILTERED, f"{because}; a person decided to keep its contact", agreed=kept)
    asked = ask(situation, "gone", because + _why_asked(detail, restored=restored), detail)
    return asked.learning({PRESENCE: Agreed(here, RESTORED)}) if restored else asked


def _why_asked(detail: Mapping[str, Value], *, restored: bool) -> str:
    if restored:
        return ", and a person restored its contact"
    edited = detail["edited"]
    return f", edited in xero: {', '.join(edited)}" if isinstance(edited, dict) and edited else ""


def _detail(situation: Situation, *, gone: State, left: State) -> dict[str, Value]:
    return {
        "gone": str(gone.ref),
        "record": str(left.ref),
        "edited": _edited_since_agreed(situation, left),
    }


def _edited_since_agreed(situation: Situation, left: State) -> Value:
    """What was edited on the side that is left and has not been carried: by rule, what it holds now."""
    side = left.ref.system
    held = {rule.name: rule.lens(side).read(left.seen.fields) for rule in situation.mapping.fields}
    base = situation.base
    return {name: value for name, value in held.items() if name in base and value != base[name].side(side)}


def _archive(xero: State, here: str, because: str) -> Plan:
    return Plan(Action.ARCHIVE, because, (_write(xero, Verb.ARCHIVE, Agreed(here, ARCHIVED), because),))


def _restore(situation: Situation, xero: State, because: str) -> Plan:
    if not situation.mapping.direction.allows(System.XERO):
        return Plan(Action.FILTERED, f"{because}; the mapping writes nothing to xero")
    return Plan(Action.RESTORE, because, (_write(xero, Verb.RESTORE, IN_STEP, because),))


def _write(xero: State, verb: Verb, agreed: Agreed, because: str) -> Write:
    change: Value = {
        "target": System.XERO.value,
        "before": xero.seen.presence.value,
        "after": agreed.xero,
        "rule": because,
    }
    return Write(System.XERO, verb, Element(xero.ref.id), {PRESENCE: agreed}, {PRESENCE: change})
