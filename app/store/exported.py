"""Read an exported file, and know whether it is whole."""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.errors import NotImported
from app.store.travelling import CARRIAGES, FORMAT, VERSION, Carriage

AT_ONCE = 500
"""How many rows are in memory at once."""

_ROW = b"["
"""How the line of a row begins."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of one table, in their order; without any it begins the table. `last_id`: see `numbering`."""

    carriage: Carriage
    last_id: int
    rows: list[dict[str, object]]


def verify(path: Path, schema: str) -> Mapping[str, int]:
    """How many rows the export at `path` has of each table, read to its end.

    Raises `NotImported` when it is not whole, was altered, or is of another schema than `schema`.
    """
    counted = dict[str, int]()
    for _ in _lines(path, schema, counted):
        pass
    return counted


def batches(path: Path, schema: str) -> Iterator[Batch]:
    """All rows of an export that was verified. Raises `NotImported` at its end when it is not what it was."""
    begun: Batch | None = None
    for line in _lines(path, schema, {}):
        if begun is None or not line.startswith(_ROW):
            if begun:
                yield begun
            begun = _begin(_object(line))
            continue
        begun.rows.append(begun.carriage.unpack(json.loads(line)))
        if len(begun.rows) == AT_ONCE:
            yield begun
            begun = Batch(begun.carriage, begun.last_id, [])
    if begun:
        yield begun


def _begin(content: Mapping[str, object]) -> Batch:
    carriage, last_id = CARRIAGES.get(str(content.get("table"))), content.get("last_id", 0)
    if carriage is None or content.get("columns") != carriage.columns or not isinstance(last_id, int):
        raise NotImported(f"the file holds {content.get('table')}, which this Crossbook keeps otherwise")
    return Batch(carriage, last_id, [])


def _lines(path: Path, schema: str, counted: dict[str, int]) -> Iterator[bytes]:
    """The lines of all tables, whose rows are `counted`. At the end the last line must tell their number and digest."""
    lines, name = _unpacked(path), ""
    first = next(lines, b"")
    _check_first(path, first, schema)
    digest, last = hashlib.sha256(first), b""
    for line in lines:
        if last:
            digest.update(last)
            yield last
        if line.startswith(_ROW):
            counted[name] = counted.get(name, 0) + 1
        elif told := _object(line).get("table"):
            name = str(told)
            counted[name] = 0
        last = line
    _check_last(path, last, digest.hexdigest(), counted)


def _unpacked(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path) as file:
            yield from file
    except (OSError, EOFError, zlib.error) as error:
        raise NotImported(f"{path} cannot be read to its end, so nothing of it is taken in: {error}") from error


def _check_first(path: Path, line: bytes, schema: str) -> None:
    told = _object(line)
    if told.get("format") != FORMAT:
        raise NotImported(f"{path} is no export of Crossbook")
    if (told.get("version"), told.get("schema")) != (VERSION, schema):
        raise NotImported(
            f"{path} was written by another version of Crossbook (schema {told.get('schema')}, here {schema}): "
            "import it with the version that wrote it, then update"
        )


def _check_last(path: Path, line: bytes, digest: str, counted: Mapping[str, int]) -> None:
    told = _object(line)
    if (told.get("sha256"), told.get("rows")) != (digest, counted):
        raise NotImported(f"{path} was cut or altered: it is not as it was written, so nothing of it is taken in")


def _object(line: bytes) -> Mapping[str, object]:
    try:
        content = json.loads(line)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
