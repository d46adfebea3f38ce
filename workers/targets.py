"""Targets: all that reconcile and long reads read, each object of each system of each sync."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.engine.lane import Lane
from app.engine.records import System
from app.mapping.model import Sync
from app.runtime import Runtime
from app.store import reconciled


@dataclass(frozen=True, slots=True)
class Target:
    """One object of one system of one sync: what has a cursor of its own."""

    sync: Sync
    system: System
    object: str

    @property
    def cursor(self) -> reconciled.Cursor:
        """What the store knows it by."""
        return self.sync.name, self.system, self.object

    @property
    def connection(self) -> tuple[System, str]:
        """What it is read over."""
        return self.system, self.sync.connection(self.system)

    @property
    def lanes(self) -> tuple[str, ...]:
        """The lanes that its records concern."""
        return tuple(
            name
            for name, mappings in self.sync.lanes().items()
            if any(self.object in mapping.objects(self.system) for mapping in mappings)
        )


def targets(syncs: Mapping[str, Sync]) -> list[Target]:
    """Everything that reconcile must read."""
    named = {
        (sync.name, system, object): sync
        for sync in syncs.values()
        for system in System
        for object in sync.objects(system)
    }
    return [Target(sync, system, name) for (_, system, name), sync in sorted(named.items(), key=lambda each: each[0])]


def by_connection(of_all: Iterable[Target]) -> list[list[Target]]:
    """Those that are read over one connection together: they take turns, and no others wait for them."""
    together: defaultdict[tuple[System, str], list[Target]] = defaultdict(list)
    for target in of_all:
        together[target.connection].append(target)
    return list(together.values())


def sharing(runtime: Runtime, target: Target) -> list[Target]:
    """All that is read over the same connection, and shares its calls."""
    return [each for each in targets(runtime.syncs) if each.connection == target.connection]


def lane_of(runtime: Runtime, target: Target) -> Lane:
    """The first lane that is concerned: it knows what any of the sync's mappings needs to see."""
    return runtime.lanes[target.lanes[0]]
