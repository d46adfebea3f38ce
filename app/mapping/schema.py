"""The JSON Schema of the sync file, by which editors complete and check it.

`python -m app.mapping.schema` writes it anew after a change of the models.
"""

import json
from pathlib import Path

from app.mapping.sync_file import SyncFile

SCHEMA_FILE = Path(__file__).with_name("sync-file.schema.json")


def schema_text() -> str:
    """The schema as JSON text, made from the models."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **SyncFile.model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
