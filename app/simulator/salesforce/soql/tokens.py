"""SOQL text cut into tokens."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.simulator.salesforce.answers import Refusal

TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<string>'(?:[^'\\]|\\.)*')
    | (?P<datetime>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2}))
    | (?P<date>\d{4}-\d{2}-\d{2})
    | (?P<number>[+-]?\d+(?:\.\d+)?)
    | (?P<name>[A-Za-z]\w*(?:\.\w+)*)
    | (?P<sign>!=|<=|>=|<>|[=<>(),])
    """,
    re.VERBOSE | re.DOTALL,
)
ESCAPES = {"'": "'", '"': '"', "\\": "\\", "n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """One token: `kind` is a group of `TOKEN`, or `end`."""

    kind: str
    text: str

    def is_word(self, word: str) -> bool:
        """Whether this is the keyword `word`, however its case."""
        return self.kind == "name" and self.text.upper() == word


def malformed(message: str) -> Refusal:
    """The text is no SOQL."""
    return Refusal("MALFORMED_QUERY", message)


def cut(text: str) -> Iterator[Token]:
    """The tokens of `text`, and an end. Raises Refusal."""
    position = 0
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise malformed(f"unexpected token: '{text[position]}'")
        if match.lastgroup != "space":
            yield Token(match.lastgroup, match[0])
        position = match.end()
    yield Token("end", "<EOF>")


def unquoted(quoted: str) -> str:
    """The text that a string literal means. Raises Refusal on an escape that SOQL does not know."""
    return ESCAPE.sub(_unescaped, quoted[1:-1])


def pattern(quoted: str) -> re.Pattern[str]:
    """What a LIKE literal fits: % is any text, _ any one character, upper and lower case are the same."""
    return re.compile(_pattern_text(quoted[1:-1]), re.IGNORECASE | re.DOTALL)


def _pattern_text(text: str) -> str:
    parts = re.findall(r"\\u[0-9A-Fa-f]{4}|\\.|.", text, re.DOTALL)
    wild = {"%": ".*", "_": ".", r"\%": "%", r"\_": "_"}
    return "".join(wild.get(part) or re.escape(ESCAPE.sub(_unescaped, part)) for part in parts)


def _unescaped(escape: re.Match[str]) -> str:
    code, letter = escape[1], escape[2]
    if code is not None:
        return chr(int(code, 16))
    if letter not in ESCAPES:
        raise malformed(f"Illegal string literal: invalid escape sequence \\{letter}")
    return ESCAPES[letter]
