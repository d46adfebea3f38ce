"""The JSON Schema for editors is the one that the models make."""

import json

from app.mapping.schema import SCHEMA_FILE, schema_text


def test_the_committed_schema_is_current() -> None:
    told = "run .venv/bin/python -m app.mapping.schema"
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), told


def test_the_schema_knows_the_short_forms_and_refuses_unknown_keys() -> None:
    definitions = json.loads(schema_text())["$defs"]
    assert {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_]{0,79}$"} in definitions["FieldEntry"]["properties"][
        "salesforce"
    ]["anyOf"]
    assert {"const": True, "type": "boolean"} in definitions["MappingEntry"]["properties"]["create_in_xero"]["anyOf"]
    assert definitions["MappingEntry"]["additionalProperties"] is False
