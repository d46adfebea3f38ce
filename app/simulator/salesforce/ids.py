"""Salesforce record ids: 15 case-sensitive characters and 3 that check their case."""

import re
from collections import Counter

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CHECKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")


def checked(record_id: str) -> str | None:
    """The 18-character form of an id with 15 or 18 characters; None for anything else."""
    if not ID.fullmatch(record_id):
        return None
    plain = record_id[:15]
    return plain + "".join(_check(plain[first : first + 5]) for first in (0, 5, 10))


def _check(five: str) -> str:
    return CHECKS[sum(1 << position for position, letter in enumerate(five) if letter.isupper())]


class RecordIds:
    """New ids, counted by their three-letter prefix."""

    def __init__(self) -> None:
        self._given: Counter[str] = Counter()

    def new(self, prefix: str) -> str:
        """The next 18-character id of this prefix."""
        self._given[prefix] += 1
        plain = f"{prefix}5g{_base62(self._given[prefix]).rjust(10, '0')}"
        return plain + "".join(_check(plain[first : first + 5]) for first in (0, 5, 10))


def _base62(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, len(DIGITS))
        text = DIGITS[digit] + text
    return text
