"""Looking at the targets of a write in doubt."""

from collections.abc import Iterable, Mapping, Sequence

from app.engine.actions import Verb
from app.engine.bench import Bench
from app.engine.events import Priority
from app.engine.ledger import Call, Intent
from app.engine.reading import Unanswered, find_by_key, read_by_id
from app.engine.records import Observation, Presence


async def look_at_targets(
    bench: Bench, call: Call, priority: Priority
) -> tuple[Mapping[int, Observation], Mapping[int, Unanswered]]:
    """By intent: the target as it is now, by its id, or by the natural key of what was to be created; or why it is not
    shown.
    """
    first = call.intents[0]
    name = first.target_object
    if first.verb is Verb.CREATE:
        keys = {intent.id: intent.element.key or "" for intent in call.intents}
        field = first.element.key_field or ""
        found, failed = await find_by_key(bench, call.system, name, field, list(keys.values()), priority)
        return _by_key(call.intents, found), _of_intents(keys, failed)
    ids = {intent.id: intent.target_id or "" for intent in call.intents}
    seen, failed = await read_by_id(bench, call.system, name, list(ids.values()), priority)
    by_id = {each.ref.id: each for each in seen}
    return {number: by_id[id] for number, id in ids.items() if id in by_id}, _of_intents(ids, failed)


def _of_intents(wanted: Mapping[int, str], failed: Mapping[str, Unanswered]) -> Mapping[int, Unanswered]:
    return {number: failed[id] for number, id in wanted.items() if id in failed}


def _by_key(intents: Sequence[Intent], found: Iterable[Observation]) -> Mapping[int, Observation]:
    by_key = {(intent.element.key or "").casefold(): intent.id for intent in intents}
    field = intents[0].element.key_field or ""
    live_last = sorted(found, key=lambda each: each.presence is Presence.LIVE)
    keyed = ((str(each.fields.get(field)).casefold(), each) for each in live_last)
    return {by_key[key]: each for key, each in keyed if key in by_key}
