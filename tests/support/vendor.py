"""The people at a vendor, and what a test may let go wrong there: the same for every kind of world."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Literal, Protocol

from app.connectors.memory import Change, Method
from app.engine.actions import Declined, Request, Verb
from app.engine.records import Observation, System
from app.errors import VendorError
from app.mapping.values import Fields

Happening = Callable[[], Awaitable[None]]
When = Literal["before", "after"]


class SeenCall(Protocol):
    """One call that the vendor received: a read by ids, a find by keys, a page of a scan, or a write."""

    @property
    def at(self) -> datetime: ...

    @property
    def method(self) -> Method: ...

    @property
    def verb(self) -> Verb | None:
        """What a write does; None for the rest."""
        ...

    @property
    def request(self) -> Request | None:
        """The write as it was sent."""
        ...


class Vendor(Protocol):
    """One vendor's records, the people who work there, and the line to it.

    Fields are spelled as the vendor spells them, objects are `Account` and `Contact`. `put` raises `ValueError` when
    the vendor refuses what a person enters.
    """

    @property
    def system(self) -> System: ...

    @property
    def history(self) -> Sequence[Change]:
        """Every version of every record in order, and whether it was written by us or by a person."""
        ...

    @property
    def calls(self) -> Sequence[SeenCall]:
        """Every call of ours in order; signing in is none."""
        ...

    @property
    def hidden(self) -> set[str]:
        """The ids that are not returned to us, as if sharing hid them."""
        ...

    def put(self, object: str, id: str | None, fields: Fields) -> str:
        """A person creates a record (`id` None) or edits some fields of one."""
        ...

    def archive(self, object: str, id: str) -> None:
        """A person archives a record; where the system cannot archive, deletes it."""
        ...

    def delete(self, object: str, id: str) -> None:
        """A person deletes a record; where the system cannot delete, archives it. The evidence stays findable."""
        ...

    def restore(self, object: str, id: str) -> None:
        """A person brings an archived or deleted record back."""
        ...

    def merge(self, object: str, loser: str, survivor: str) -> None:
        """A person merges `loser` into `survivor`."""
        ...

    def purge(self, object: str, id: str) -> None:
        """A record vanishes without evidence, as from an emptied recycle bin."""
        ...

    def get(self, object: str, id: str) -> Observation | None:
        """The record as people see it, whatever its presence; lists hold no blank entries. None when there is none."""
        ...

    def all(self, object: str) -> list[Observation]:
        """Every record of `object`, whatever its presence, in the order of creation."""
        ...

    def fail_next(self, error: VendorError, *, method: Method = "send", carried_out: bool = False) -> None:
        """The next call of `method` fails with `error`; with `carried_out` the vendor has done the work all the same.

        `Doubtful` is a connection that is cut; other errors than a vendor's are the end of our process.
        """
        ...

    def decline_next(self, declined: Declined, *, id: str | None = None) -> None:
        """Our next write of the record `id` (None: our next create) is refused."""
        ...

    def interrupt(self, method: Method, when: When, happening: Happening) -> None:
        """Let `happening` take place during our next call of `method`, before or after it is carried out."""
        ...

    def calm_down(self) -> None:
        """Forget all that was ordered to go wrong and has not happened yet."""
        ...
