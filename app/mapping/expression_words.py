"""The words of an expression: the fields that it names, and the ways of writing that are refused."""

import re
from collections.abc import Mapping

from app.errors import ConfigurationError
from app.mapping.values import System

_TOKEN = re.compile(
    r"""//[^\n]*                                                    # a comment
    | [rRbB]{0,2}(?P<text>'''.*?'''|\"\"\".*?\"\"\"|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")
    | (?P<system>salesforce|xero)\s*\.\s*(?P<field>[A-Za-z_]\w*)
    | (?P<name>[A-Za-z_]\w*)
    | (?P<number>\.?\d[\w.]*)""",
    re.VERBOSE | re.DOTALL,
)


def named_fields(expression: str) -> Mapping[System, frozenset[str]]:
    """The top-level fields of each system that `expression` names. Raises ConfigurationError on what is refused."""
    named: dict[System, set[str]] = {system: set() for system in System}
    for token in _TOKEN.finditer(expression):
        _refuse(token)
        if token["system"]:
            named[System(token["system"])].add(token["field"])
    return {system: frozenset(fields) for system, fields in named.items()}


def _refuse(token: re.Match[str]) -> None:
    if token["number"]:
        raise ConfigurationError(
            f'the number {token["number"]} stands bare; numbers are decimals in quotes: equal(a, "{token["number"]}")'
        )
    if token["text"] and not token["text"].strip("'\""):
        raise ConfigurationError("an empty text is never met: blank, missing and null are one; write null")
    if token["name"] == "has":
        raise ConfigurationError("has() is not offered: missing and null are one; write != null")
