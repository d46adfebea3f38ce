"""A folder of sync files, and what is wrong with a mapping written into one."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent, indent

import pytest

from app.errors import ConfigurationError
from app.mapping.loader import load_sync
from app.mapping.model import Mapping

_HEAD = "sync: acme\nsalesforce: main\nxero: nz\nmappings:\n  customers:\n"

WriteMapping = Callable[[str], Path]


@pytest.fixture
def write_mapping(tmp_path: Path) -> WriteMapping:
    """Writes acme.yaml with one mapping, customers, whose body is given. Line 6 is its first line."""

    def write(body: str) -> Path:
        path = tmp_path / "acme.yaml"
        path.write_text(_HEAD + indent(dedent(body).strip("\n"), "    ") + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def mapping_of(write_mapping: WriteMapping) -> Callable[[str], Mapping]:
    """The compiled mapping with that body."""
    return lambda body: load_sync(write_mapping(body)).mappings["customers"]


@pytest.fixture
def findings_in(write_mapping: WriteMapping) -> Callable[[str], list[str]]:
    """What is wrong with a mapping with that body, a line each."""

    def find(body: str) -> list[str]:
        with pytest.raises(ConfigurationError) as refused:
            load_sync(write_mapping(body))
        return str(refused.value).splitlines()

    return find
