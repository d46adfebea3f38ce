"""What nobody could verify about Salesforce: one field a fact, with what is likelier as its default."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import cast

_OTHER: dict[str, tuple[int, ...]] = {"session_minutes": (15,), "outbound_days": (7,), "commit_lag_seconds": (300,)}
"""What a fact with a number may be otherwise. A fact that holds or does not may be the opposite."""


@dataclass(frozen=True, slots=True)
class SalesforceFacts:
    """How this Salesforce behaves where sources are silent or disagree. docs/simulator.md lists what each is about."""

    names_client_in_collections: bool = True
    """Change events name the client of `Sforce-Call-Options` for writes by collections and composite requests, too."""
    shows_writes: bool = True
    """A composite request may hold collections and queries; otherwise it is refused as a whole."""
    takes_my_domain_audience: bool = False
    """An assertion may name My Domain as its audience instead of the login host."""
    rotates_refresh_tokens: bool = False
    """A refresh token dies with its use and the answer brings another."""
    session_minutes: int = 120
    """How long a session lasts that is not used."""
    tells_limits: bool = True
    """Answers carry `Sforce-Limit-Info`."""
    tells_time: bool = True
    """Answers carry `Date`."""
    orders_results: bool = True
    """A query without ORDER BY answers in the order of creation; otherwise in any."""
    trims_texts: bool = True
    """Blanks around a text are dropped and an empty one is stored as null; otherwise an empty one is kept."""
    misspells_duplicates: bool = True
    """A duplicate rule's refusal has its matches under `duplicateResut`; otherwise under `duplicateResult`."""
    feed_lists_purged: bool = True
    """The deleted feed still lists what was purged from the recycle bin."""
    feed_lists_undeleted: bool = False
    """The deleted feed still lists what was taken out of the recycle bin."""
    undelete_forgets_merge: bool = True
    """A merged record that is taken out of the recycle bin no longer names its survivor."""
    merge_tells_survivor: bool = True
    """A merge sends an UPDATE event of the survivor beside the DELETE event of the other."""
    messages_carry_stamp: bool = True
    """Outbound messages carry `SystemModstamp`."""
    messages_name_writer: bool = True
    """Outbound messages carry `LastModifiedById`."""
    messages_tell_nulls: bool = False
    """Outbound messages say `xsi:nil` for a null field; otherwise they leave it out."""
    messages_write_exponents: bool = False
    """Outbound messages write large numbers as `1.42E5`."""
    outbound_days: int = 1
    """How long an outbound message that is not taken is sent again."""
    relays_bare_events: bool = False
    """The relay posts nothing beside `payload`: no schema, no id, no replay id."""
    commit_lag_seconds: int = 0
    """How much later than it is stamped a person's write can be seen, as in a long transaction."""


def variants() -> Iterator[tuple[str, SalesforceFacts]]:
    """Every setting that is not the default, each alone, by a name such as `tells_time=False`."""
    likely = SalesforceFacts()
    for field in fields(SalesforceFacts):
        value = getattr(likely, field.name)
        others = (not value,) if isinstance(value, bool) else _OTHER[field.name]
        for other in others:
            # a number is passed for a truth value nowhere: each field gets what its own default is like
            yield f"{field.name}={other}", replace(likely, **cast("dict[str, bool]", {field.name: other}))
