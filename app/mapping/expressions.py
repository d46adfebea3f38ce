"""Expressions: conditions in CEL that an operator writes over the raw fields of a record."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import cel_expr_python.cel as cel  # noqa: PLR0402 - mypy sees a module of a namespace package only so

from app.errors import ConditionFailed, ConfigurationError
from app.mapping.decimal_functions import ARITHMETIC, COMPARISONS, arithmetic, comparison, spell
from app.mapping.expression_words import named_fields
from app.mapping.model import Condition
from app.mapping.values import Fields, Json, System

_REFUSED = ("_+_", "_-_", "_*_", "_/_", "_%_", "-_", "_<_", "_<=_", "_>_", "_>=_", "int", "uint", "double")
_CONFIG = cel.NewEnvConfigFromYaml(
    "stdlib:\n  exclude_functions:\n" + "".join(f"    - name: '{name}'\n" for name in _REFUSED)
)
_FUNCTIONS = [
    cel.FunctionDecl(name, [cel.Overload(name, returns, [cel.Type.STRING, cel.Type.STRING], impl=function)])
    for name, returns, function in (
        *((name, cel.Type.BOOL, comparison(name)) for name in COMPARISONS),
        *((name, cel.Type.STRING, arithmetic(name)) for name in ARITHMETIC),
    )
]
_COMPLAINT = re.compile(r"ERROR: <input>:\d+:(?P<column>\d+): (?P<what>[^\n]*)")
_UNDECLARED = re.compile(r"undeclared reference to '_?(?P<name>.+?)_?'")


@dataclass(frozen=True, slots=True)
class CelCondition:
    """A compiled condition. Only the fields that it names reach the library."""

    source: str
    named: Mapping[System, frozenset[str]]
    program: cel.Expression

    def fields(self, system: System) -> frozenset[str]:
        return self.named[system]

    def holds(self, salesforce: Fields | None, xero: Fields | None) -> bool:
        sides = {System.SALESFORCE: salesforce or {}, System.XERO: xero or {}}
        data = {f"{system}.{name}": _plain(sides[system].get(name)) for system in System for name in self.named[system]}
        answer = self.program.eval(data=data)
        if answer.type() != cel.Type.BOOL:
            raise ConditionFailed(f"{self.source}: {_failure(answer)}")
        return bool(answer.plain_value())


def compile_condition(text: str) -> Condition:
    """The condition that `text` says, compiled once. Raises ConfigurationError with the remedy in its message.

    Names are `salesforce.Field` and `xero.Field`. Numbers go in as decimal text, blank and missing as null.
    """
    named = named_fields(text)
    variables = {f"{system}.{name}": cel.Type.DYN for system in System for name in named[system]}
    try:
        program = cel.NewEnv(config=_CONFIG, variables=variables, functions=_FUNCTIONS).compile(text)
    except RuntimeError as error:
        raise ConfigurationError(_explain(str(error))) from error
    if program.return_type().name() not in {"BOOL", "DYN"}:
        raise ConfigurationError("a condition must be true or false; compare with == or a function")
    return CelCondition(text, named, program)


def _failure(answer: cel.Value) -> str:
    if answer.type() == cel.Type.ERROR:
        return str(answer.plain_value())
    return f"the answer is {answer.type().name()}, neither true nor false"


def _plain(value: Json) -> object:
    match value:
        case bool() | None:
            return value
        case int() | Decimal():
            return spell(Decimal(value))
        case str():
            return value if value.strip() else None
        case Mapping():
            return {key: _plain(member) for key, member in value.items()}
        case Sequence():
            return [_plain(item) for item in value]


def _explain(complaint: str) -> str:
    """The library's complaint as the operator can use it."""
    found = _COMPLAINT.search(complaint)
    if found is None:
        return complaint
    unknown = _UNDECLARED.match(found["what"])
    what = _remedy(unknown["name"]) if unknown else found["what"]
    return f"at character {found['column']}: {what}"


def _remedy(name: str) -> str:
    functions = ", ".join([*COMPARISONS, *ARITHMETIC])
    if f"_{name}_" in _REFUSED or f"{name}_" in _REFUSED or name in _REFUSED:
        return f"{name} is not offered, so that no amount is compared as text or a float; write one of {functions}"
    if name in tuple(System):
        return f"{name} stands alone; name one of its fields, as in {name}.Name"
    return f"{name} is not known; there are salesforce.Field, xero.Field and the functions {functions}"
