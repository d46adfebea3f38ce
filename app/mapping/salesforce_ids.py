"""Salesforce ids: what is one, and its two spellings."""

import re
from string import ascii_letters, ascii_uppercase, digits

_FORM = re.compile(r"[A-Za-z0-9]{15}(?:[A-Z0-5]{3})?", re.ASCII)
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_CASES = str.maketrans({letter: "1" if letter in ascii_uppercase else "0" for letter in ascii_letters + digits})
"""Looked up, as every row that Salesforce answers names several ids."""


def is_id(text: str) -> bool:
    """Whether `text` is an id of 15 characters, or of 18 whose last three are the right check characters."""
    return _FORM.fullmatch(text) is not None and text[15:] in {"", _check_characters(text)}


def to_18(id: str) -> str:
    """The spelling with check characters, safe to compare without regard to case. Raises ValueError on no id."""
    return to_15(id) + _check_characters(id)


def to_15(id: str) -> str:
    """The spelling without check characters, by which organisations are compared. Raises ValueError on no id."""
    if not is_id(id):
        raise ValueError("not a Salesforce id")
    return id[:15]


def _check_characters(id: str) -> str:
    """One character for each five: it tells which of them are upper case, the first being the lowest bit."""
    cases = id[14::-1].translate(_CASES)
    return "".join(_ALPHABET[int(cases[start : start + 5], 2)] for start in (10, 5, 0))
