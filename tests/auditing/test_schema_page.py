import json
from pathlib import Path

import jsonschema

from labelwise.auditing.schema_page import schema_text

PUBLISHED = Path(__file__).resolve().parents[2] / "docs" / "audit.schema.json"


def test_the_published_schema_is_fresh_and_a_schema():
    assert PUBLISHED.read_text("utf-8") == schema_text(), (
        "python -m labelwise.auditing.schema_page docs/audit.schema.json"
    )
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_text()))
