import json

import jsonschema
import numpy as np
import pytest

from labelwise import InputError, Logits
from labelwise.auditing import audit
from labelwise.auditing.result import Audit, audit_schema


@pytest.mark.parametrize("kind", ["binary", "multiclass", "ordinal", "multilabel"])
def test_a_document_follows_the_schema_and_comes_back_whole(made, kind):
    case = made(kind)
    strange = Logits(np.random.default_rng(0).normal(size=(50, case.scores.array.shape[1])), case.scores.task)
    result = audit(case.scores, case.targets, unknown=strange, against=case.scores, resamples=60)
    document = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    jsonschema.validate(document, audit_schema())
    assert Audit.from_dict(document) == result


def test_what_is_no_audit_is_refused():
    with pytest.raises(InputError, match="task"):
        Audit.from_dict({"schema": 1})
