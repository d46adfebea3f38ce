"""Says what blank is and what a text may hold: the one place with a policy on white space."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from app.mapping.values import Json, Value

_UNCARRIED = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_BREAKS = re.compile(r"[\t-\r\x1c-\x1f\x85\u2028\u2029]+")
_PUNCTUATION = re.compile(r"[.'\u2019]")


def text_of(value: "Json | Value") -> str:
    """The text of a plain value; empty for none, and for lists and mappings, which have no text."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Decimal():
            return format(value, "f")
        case date():
            return value.isoformat()
        case None | Mapping() | Sequence():
            return ""


def single_line(text: str) -> str:
    """`text` on one line without space around it. Characters that no vendor carries are dropped."""
    return _BREAKS.sub(" ", _UNCARRIED.sub("", text)).strip()


def several_lines(text: str) -> str:
    """`text` with one kind of line break and no space at line ends or around it."""
    return "\n".join(single_line(f"|{line}")[1:] for line in text.splitlines()).strip()


def filled_lines(text: str) -> str:
    """The lines of `text` that are not blank."""
    return "\n".join(line for line in map(single_line, text.splitlines()) if line)


def capitals(text: str) -> str:
    """`text` on one line, in capitals and with single spaces."""
    return " ".join(single_line(text).upper().split())


def xero_name(text: str) -> str:
    """`text` as Xero takes a name: no angle brackets, and no space that is repeated or around it."""
    return " ".join(re.sub("[<>]", " ", single_line(text)).split())


def letters_only(text: str) -> str:
    """`text` as Xero takes a country: letters with single spaces between them."""
    composed = unicodedata.normalize("NFC", _PUNCTUATION.sub("", single_line(text)))
    return " ".join("".join(letter if letter.isalpha() else " " for letter in composed).split())


def cut(text: str, length: int) -> str:
    """The start of `text` that fits in `length` UTF-16 units, as both vendors count, without space at its end."""
    units = text.encode("utf-16-le")[: 2 * length]
    return units.decode("utf-16-le", errors="ignore").rstrip()
