import re
from pathlib import Path

import pytest

from labelwise.doctor import rules
from labelwise.doctor.code.analyse import analyse
from labelwise.doctor.code.project import read_source
from labelwise.doctor.rules import RULES, find_rule
from labelwise.doctor.rules.page import rules_page
from labelwise.errors import OptionError

TAXONOMY = [
    "double-softmax",
    "double-sigmoid",
    "sigmoid-before-ce",
    "relu-before-output",
    "bce-on-logits",
    "nll-on-softmax",
    "nll-on-logits",
    "kldiv-on-probs",
    "keras-from-logits-mismatch",
    "bce-with-softmax",
    "cce-with-sigmoid",
    "ce-multihot",
    "softmax-one-unit",
    "argmax-one-column",
    "softmax-wrong-dim",
    "threshold-logits",
    "round-logits",
    "test-set-threshold",
    "labelwise-accuracy",
    "unstable-log-sigmoid",
    "unstable-log-softmax",
    "labels-off-by-one",
    "target-dtype-shape",
    "blind-threshold",
    "bce-mean-lr",
]


def test_every_id_of_the_taxonomy_is_a_rule():
    assert set(TAXONOMY) <= {rule.slug for rule in RULES.values()}


def test_codes_and_slugs_are_unique_and_each_has_its_own_file():
    files = sorted(p.stem for p in Path(rules.__file__).parent.glob("lw*.py"))
    assert files == sorted(f"{r.code.lower()}_{r.slug.replace('-', '_')}" for r in RULES.values())
    assert len({r.slug for r in RULES.values()}) == len(RULES)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda r: r.code)
def test_a_rule_says_everything(rule):
    for text in (rule.what, rule.why, rule.fix, rule.safety, rule.misses, rule.source):
        assert text.strip().endswith((".", ")")), text
    assert rule.severity in ("error", "warning", "note")
    assert bool(rule.bad) == bool(rule.good)
    assert rule.code in rule.page()


@pytest.mark.parametrize("rule", [r for r in RULES.values() if r.bad], ids=lambda r: r.code)
def test_the_bad_example_is_found_and_the_good_one_is_silent(rule):
    bad = {c.code for c in analyse({"bad.py": read_source("bad.py", rule.bad.encode())}).claims}
    good = {c.code for c in analyse({"good.py": read_source("good.py", rule.good.encode())}).claims}
    assert rule.code in bad
    assert {c for c in good if RULES[c].on or c == rule.code} == set()


def test_a_rule_is_found_by_code_and_slug_and_a_typo_is_answered():
    assert find_rule("lw101") is find_rule("double-softmax")
    with pytest.raises(OptionError, match="LW101"):
        find_rule("LW1O1")


def test_the_page_holds_every_rule_once():
    page = rules_page()
    assert re.findall(r"^## (LW\d+)", page, re.MULTILINE) == list(RULES)


def test_the_documentation_is_what_the_rules_say():
    docs = Path(__file__).parents[3] / "docs" / "reference" / "rules.md"
    assert docs.read_text(encoding="utf-8") == rules_page(), (
        "run: python -m labelwise.doctor.rules.page > docs/reference/rules.md"
    )
