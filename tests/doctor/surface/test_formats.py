import json

from labelwise.doctor.finding import Edit, Finding, Findings, Place
from labelwise.doctor.surface.formats import FORMATS

FINDINGS = Findings(
    (
        Finding(
            "LW101",
            "double-softmax",
            "warning",
            "high",
            "a,b.py",
            "50% twice\nnow",
            3,
            4,
            None,
            (Place("m.py", 9, "softmax"),),
        ),
        Finding(
            "LW701",
            "unstable-log-sigmoid",
            "note",
            "high",
            "n.ipynb",
            "log",
            2,
            0,
            5,
            (),
            None,
            (Edit(2, 0, 3, "x", True),),
        ),
    ),
    2,
)


def test_json_is_a_list_of_objects():
    first, second = json.loads(FORMATS["json"](FINDINGS))
    assert first["evidence"] == [{"path": "m.py", "line": 9, "what": "softmax"}]
    assert (second["cell"], second["line"], second["fixable"]) == (5, 2, "safe")


def test_github_escapes_and_leaves_notebook_lines_to_the_text():
    first, second = FORMATS["github"](FINDINGS).splitlines()
    assert first == "::warning file=a%2Cb.py,line=3,col=5,title=LW101 double-softmax::50%25 twice%0Anow"
    assert second.startswith("::notice file=n.ipynb,title=LW701")
    assert "cell 5, line 2" in second


def test_sarif_names_rules_places_and_fixes():
    run = json.loads(FORMATS["sarif"](FINDINGS))["runs"][0]
    assert [r["id"] for r in run["tool"]["driver"]["rules"]] == ["LW101", "LW701"]
    first, second = run["results"]
    assert first["level"] == "warning"
    assert first["locations"][0]["physicalLocation"]["region"] == {"startLine": 3, "startColumn": 5}
    assert first["relatedLocations"][0]["message"]["text"] == "softmax"
    assert "region" not in second["locations"][0]["physicalLocation"]
    assert second["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"] == "x"
