"""The JSON Schema of audit.json as a file: `python -m labelwise.auditing.schema_page docs/audit.schema.json`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from labelwise.auditing.result import SCHEMA_VERSION, audit_schema

__all__ = ["schema_text"]


def schema_text() -> str:
    """The schema with what a reader of it needs to know first."""
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"audit.json of labelwise, version {SCHEMA_VERSION}",
    }
    return json.dumps(head | audit_schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(schema_text(), encoding="utf-8")
