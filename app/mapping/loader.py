"""Loads the sync files of a folder; says everything that is wrong with them at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from app.errors import ConfigurationError
from app.mapping import strict_yaml
from app.mapping.compile_sync import compile_sync
from app.mapping.file_findings import note_invalid
from app.mapping.findings import Findings, spell
from app.mapping.model import Sync
from app.mapping.sync_file import SyncFile


@dataclass(slots=True)
class _Loaded:
    """One sync file as far as it could be understood."""

    path: Path
    findings: Findings
    document: strict_yaml.Document
    sync: Sync | None = None

    def complaints(self) -> list[str]:
        return [
            f"{self.path.name}:{self.document.line(found.place)}: {spell(found.place)}: {found.problem}; {found.remedy}"
            for found in self.findings.made
        ]


def load_syncs(folder: Path) -> dict[str, Sync]:
    """The syncs of all `*.yaml` and `*.yml` files in `folder`, by name.

    Raises ConfigurationError with every finding of every file, one a line: file, line, place, problem and remedy.
    """
    if not folder.is_dir():
        raise ConfigurationError(f"{folder}: there is no such folder; create it, or set SYNC_DIR")
    files = sorted(path for path in folder.iterdir() if path.suffix in {".yaml", ".yml"})
    loaded = [_load(path) for path in files]
    _refuse_shared_lanes(loaded)
    complaints = [complaint for one in loaded for complaint in one.complaints()]
    if complaints:
        raise ConfigurationError("\n".join(complaints))
    return {one.sync.name: one.sync for one in loaded if one.sync}


def load_sync(path: Path) -> Sync:
    """The sync of one file. Raises ConfigurationError with all its findings."""
    loaded = _load(path)
    if loaded.sync is None:
        raise ConfigurationError("\n".join(loaded.complaints()))
    return loaded.sync


def _load(path: Path) -> _Loaded:
    loaded = _Loaded(path, Findings(), strict_yaml.Document(None))
    try:
        loaded.document = strict_yaml.read(path.read_text(encoding="utf-8"))
        loaded.sync = compile_sync(SyncFile.model_validate(loaded.document.value), loaded.findings)
    except (OSError, UnicodeDecodeError) as error:
        loaded.findings.add((), f"the file cannot be read ({error})", "save it as UTF-8 and let Crossbook read it")
    except strict_yaml.NotReadable as error:
        loaded.document = strict_yaml.Document(None, {(): error.line})
        loaded.findings.add((), str(error), "correct the YAML")
    except ValidationError as error:
        note_invalid(error, loaded.findings)
    return loaded


def _refuse_shared_lanes(loaded: Iterable[_Loaded]) -> None:
    names: dict[str, Path] = {}
    targets: dict[tuple[str, str], Path] = {}
    for one in loaded:
        if one.sync is None:
            continue
        first = names.setdefault(one.sync.name, one.path)
        if first is not one.path:
            one.findings.add(("sync",), f"{first.name} has the name {one.sync.name} too", "give each sync its own name")
        for name, mapping in one.sync.mappings.items():
            first = targets.setdefault((one.sync.xero, mapping.xero), one.path)
            if first is not one.path:
                one.findings.add(
                    ("mappings", name, "xero"),
                    f"{first.name} writes {mapping.xero} of the Xero connection {one.sync.xero} too",
                    "put the mappings into one sync, so that they share a lane",
                )
