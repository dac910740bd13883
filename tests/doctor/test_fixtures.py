"""The fixture bundles: bad lines are found at their line, good code gives nothing."""

import pytest
from doctor_cases import Case, read_cases

from labelwise.doctor.code.analyse import analyse
from labelwise.doctor.code.project import read_source
from labelwise.doctor.rules import RULES

SEEN = [*read_cases("seen"), *read_cases("fresh")]
HELD_OUT = [*read_cases("heldout"), *read_cases("second")]


def found(case: Case) -> dict[tuple[str, int | None, int, str], int]:
    """What is reported by default, and by the case's own rule where that is off by default."""
    sources = {name: read_source(name, text.encode()) for name, text in case.files.items()}
    out = {}
    analysis = analyse(sources)
    assert analysis.crashed == {}
    for claim in analysis.claims:
        source = sources[claim.site.path]
        cell, line = source.cells.place(claim.site.line) if source.cells else (None, claim.site.line)
        if RULES[claim.code].on or claim.code == case.rule:
            out[claim.site.path, cell, line, claim.code] = claim.site.col
    return out


@pytest.mark.parametrize("case", SEEN, ids=lambda c: c.id)
def test_a_case_gives_exactly_what_stands_beside_its_lines(case):
    got = found(case)
    assert set(got) == case.expected
    assert {k: got[k] for k in case.columns} == case.columns


@pytest.mark.parametrize("case", [c for c in HELD_OUT if c.good], ids=lambda c: c.id)
def test_good_code_that_was_kept_aside_gives_nothing(case):
    assert found(case) == {}


def test_most_bad_code_that_was_kept_aside_is_found_and_nothing_else():
    expected = hits = 0
    for case in HELD_OUT:
        got = set(found(case))
        assert got <= case.expected, case.id
        expected += len(case.expected)
        hits += len(got & case.expected)
    assert hits / expected >= 0.85


def test_every_rule_of_code_has_six_bad_and_six_good_cases():
    cases = [*SEEN, *HELD_OUT]
    for code, rule in RULES.items():
        if rule.bad:
            assert sum(c.rule == code and not c.good for c in cases) >= 6, code
            assert sum(c.rule == code and c.good for c in cases) >= 6, code
