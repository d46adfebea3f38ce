"""The file of settings: a line each, under what it means."""

import re
from collections.abc import Iterator, Mapping

from app.settings import SalesforceConnection, Settings, XeroConnection

_PLAIN = re.compile(r"[\w./:@+=,~-]*")
_HEAD = "# Settings of Crossbook. All others are in .env.example; environment variables win over this file.\n"


def text(settings: Mapping[str, str]) -> str:
    """The whole file; settings that are blank are left out."""
    return _HEAD + "".join(
        f"\n# {_meaning(name)}\n{name}={_quoted(value)}\n" for name, value in settings.items() if value
    )


def unknown(names: Mapping[str, str]) -> list[str]:
    """Those of `names` that are no settings."""
    return [name for name in names if _found(name) is None]


def _meaning(name: str) -> str:
    found = _found(name)
    return (found or name).replace("\n", " ")


def _found(name: str) -> str | None:
    """What a setting means; None of what is no setting."""
    for first, model in (("SALESFORCE", SalesforceConnection), ("XERO", XeroConnection)):
        if match := re.fullmatch(rf"{first}__[A-Z0-9_]+?__([A-Z_]+)", name):
            field = model.model_fields.get(match[1].lower())
            return str(field.description) if field else None
    field = Settings.model_fields.get(name.lower()) if name == name.upper() else None
    return str(field.description) if field and name not in {"SALESFORCE", "XERO"} else None


def _quoted(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    return "'" + "".join(_escaped(value)) + "'"


def _escaped(value: str) -> Iterator[str]:
    for letter in value:
        yield f"\\{letter}" if letter in "\\'" else letter
