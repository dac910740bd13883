import dataclasses
import json

import numpy as np
import pytest

from labelwise.doctor import Finding, Findings


def one(severity="warning", **more):
    return Finding("LW101", "double-softmax", severity, "high", "a.py", "twice <b>", 3, 4, **more)


def test_findings_are_frozen_print_and_convert():
    findings = Findings((one(), one("error")), 2, ("b.py: no",))
    with pytest.raises(dataclasses.FrozenInstanceError):
        findings.items = ()
    assert str(findings).splitlines()[0] == "a.py:3: LW101 double-softmax (warning): twice <b>"
    assert "not checked: b.py: no" in str(findings)
    assert str(findings).endswith("1 error, 1 warning")
    assert json.loads(json.dumps(findings.to_dict()))["findings"][0]["line"] == 3
    assert "&lt;b&gt;" in findings._repr_html_()
    assert findings.worst() == "error"
    assert Findings().worst() is None
    assert str(Findings()) == "nothing found"


def test_findings_add_and_keep_what_was_repaired():
    both = Findings((one(),), 1) + Findings((), 1, (), np.ones(2))
    assert len(both) == 2 - 1
    assert both.checked == 2
    assert both.repaired is not None


def test_a_notebook_place_names_its_cell():
    assert one(cell=4).where == "a.py:cell 4:3"


def test_the_keys_of_the_json_are_those_of_the_contract():
    keys = {"code", "slug", "severity", "confidence", "path", "line", "cell", "message", "evidence"}
    assert keys <= one().to_dict().keys()
