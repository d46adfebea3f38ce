"""Findings: what a check has seen, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How much a finding matters."""

    FINE = "fine"
    HINT = "hint"
    """It works, but a person may want to know."""
    PROBLEM = "problem"
    """Something cannot work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, where, and its name for programs. What is fine needs no remedy."""

    area: str
    grade: Grade
    code: str
    words: str
    remedy: str = ""


def fine(area: str, code: str, words: str) -> Finding:
    """It is as it should be."""
    return Finding(area, Grade.FINE, code, words)


def hint(area: str, code: str, words: str, remedy: str) -> Finding:
    """It works; a person may want to know."""
    return Finding(area, Grade.HINT, code, words, remedy)


def problem(area: str, code: str, words: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(area, Grade.PROBLEM, code, words, remedy)
