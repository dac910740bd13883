import copy
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import labelwise as lw
from labelwise import InputError, LabelwiseError, Policy
from labelwise.policies.schema import digest

from .conftest import TASKS, problem

KINDS = list(TASKS)
PLAIN = {"thresholds": None, "at_least_one": False, "at_most": None, "groups": []}
KNOWN = PLAIN | {"form": "known_sets", "sets": [[0]], "offsets": [0.0]}


def rewritten(document: dict) -> bytes:
    """A document with a hash that fits it, as a careful forger would write it."""
    return json.dumps(document | {"sha256": digest(document)}).encode()


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_policy_decides_as_before(policies, tmp_path, kind):
    policy, (scores, _) = policies[kind], problem(kind, 300, 1)
    policy.save(tmp_path / "policy.json")
    again = Policy.load(tmp_path / "policy.json")
    one, two = policy.decide(scores), again.decide(scores)
    np.testing.assert_array_equal(one.indicators, two.indicators)
    np.testing.assert_array_equal(one.probabilities, two.probabilities)
    np.testing.assert_array_equal(one.caveat_flags, two.caveat_flags)
    assert policy.sha256 == again.sha256
    assert policy.to_dict() == again.to_dict()


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_decided_one_by_one_as_together(policies, kind):
    policy, (scores, _) = policies[kind], problem(kind, 40, 2)
    whole = policy.decide(scores)
    for row in range(40):
        alone = policy.decide(lw.Logits(scores.array[row : row + 1], scores.task))
        assert alone.labels == [whole.labels[row]]
        assert alone.caveats == [whole.caveats[row]]


def test_other_scores_are_refused(policies):
    policy, (scores, _) = policies["multiclass"], problem("multiclass", 3)
    with pytest.raises(InputError, match="probabilities"):
        policy.decide(scores.to_probs("softmax"))
    with pytest.raises(InputError, match="column 0: 'b' where the policy has 'a'"):
        policy.decide(lw.Logits(scores.array, lw.Task("multiclass", tuple("bacd"))))
    with pytest.raises(InputError, match="3 classes where the policy has 4"):
        policy.decide(lw.Logits(scores.array[:, :3], lw.Task("multiclass", tuple("abc"))))
    with pytest.raises(InputError, match="multilabel"):
        policy.decide(lw.Logits(scores.array, lw.Task("multilabel", tuple("abcd"))))
    with pytest.raises(InputError, match="ndarray"):
        policy.decide(scores.array)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(extra=1),
        lambda d: d["rule"].update(extra=1),
        lambda d: d.pop("caution"),
        lambda d: d["rule"].update(thresholds=d["rule"]["thresholds"][:-1]),
        lambda d: d["rule"]["thresholds"].__setitem__(0, 1.5),
        lambda d: d["rule"]["thresholds"].__setitem__(0, "0.5"),
        lambda d: d["rule"].update(form="argmax"),
        lambda d: d["rule"].update(k=2),
        lambda d: d["rule"].update(at_most=0),
        lambda d: d["rule"].update(unsure_from=[0.1] * 6),
        lambda d: d["rule"].update(unsure_from=[0.1] * 5, at_least_one=False),
        lambda d: d["rule"].update(unsure_from=[1.0] * 6, at_least_one=False),
        lambda d: d["rule"].update(sets=[[0]]),
        lambda d: d["rule"].update(beta=1.0),
        lambda d: d["rule"].update(form="row_f", thresholds=None, beta=3.0),
        lambda d: d["rule"].update(form="least_cost", thresholds=None, costs=[[0.0] * 6] * 6),
        lambda d: d["rule"].update(KNOWN | {"sets": [[1, 0]]}),
        lambda d: d["rule"].update(KNOWN | {"sets": [[6]]}),
        lambda d: d["rule"].update(KNOWN | {"offsets": []}),
        lambda d: d["rule"].update(KNOWN | {"offsets": [1e308]}),
        lambda d: d["rule"].update(KNOWN | {"at_most": 2}),
        lambda d: d["rule"].update(groups=[[0, 99]]),
        lambda d: d["task"].update(class_names=["a"] * 6),
        lambda d: d["task"].update(class_names=d["task"]["class_names"][:-1]),
        lambda d: d["calibration"].update(form="matrix"),
        lambda d: d["calibration"]["parameters"].update(more=1.0),
        lambda d: d["caution"].update(close_call=0.1),
        lambda d: d["caution"].update(whole_row=True),
        lambda d: d["caution"].update(unfamiliar_below=None),
        lambda d: d["caution"].update(unfamiliar_below=1e308),
        lambda d: d["calibration"]["parameters"].update(bias=1e308),
        lambda d: d.update(version=2),
        lambda d: d.update(format="other"),
        lambda d: d.update(score_kind="scores"),
        lambda d: d.update(
            sets={"score": "lac", "coverage": 0.9, "per_class": False, "limits": [0.5] * 6, "n": [9] * 6}
        ),
    ],
)
def test_what_is_not_a_policy_is_refused_even_with_a_hash_that_fits(policies, change):
    document = copy.deepcopy(policies["multilabel"].to_dict())
    change(document)
    with pytest.raises(InputError):
        Policy.from_bytes(rewritten(document))


@pytest.mark.parametrize(
    "change",
    [
        {"score": "least"},
        {"coverage": 1.0},
        {"limits": [0.5] * 3},
        {"limits": [1e308] * 4},
        {"limits": ["0.5"] * 4},
        {"n": [1, 2, 3, -4]},
        {"more": 1},
    ],
)
def test_sets_that_are_none_are_refused(change):
    policy = lw.fit_policy(*problem("multiclass", 100), sets="aps", calibrators=["identity"])
    document = policy.to_dict()
    assert Policy.from_bytes(rewritten(document)).sets == policy.sets
    document["sets"].update(change)
    with pytest.raises(InputError):
        Policy.from_bytes(rewritten(document))


def test_other_forms_of_rules_are_read_back(policies):
    document = copy.deepcopy(policies["multilabel"].to_dict())
    document["rule"].update(KNOWN | {"sets": [[], [0, 2]], "offsets": [0.0, 1.5]})
    assert Policy.from_bytes(rewritten(document)).rule.sets == ((), (0, 2))
    document["rule"].update(PLAIN | {"form": "row_f", "sets": None, "offsets": None, "beta": 2.0, "at_most": 3})
    assert Policy.from_bytes(rewritten(document)).rule.beta == 2.0


@pytest.mark.parametrize(
    "version,said", [(2, "version 2"), (0, "version 0"), ("1", "version '1'"), (True, "version True")]
)
def test_other_versions_are_refused_by_name(policies, version, said):
    document = policies["binary"].to_dict() | {"version": version, "labelwise": "9.8.7"}
    with pytest.raises(InputError) as caught:
        Policy.from_bytes(rewritten(document))
    assert f"a policy file of version 1, which this labelwise ({lw.__version__}) reads" in str(caught.value)
    assert f"{said}, written by labelwise '9.8.7'" in str(caught.value)
    del document["version"]
    with pytest.raises(InputError, match="no version"):
        Policy.from_bytes(rewritten(document))


def test_unsure_labels_without_thresholds_are_refused(policies):
    policy = lw.fit_policy(*problem("multilabel", 100), objective="top_k", k=2)
    document = policy.to_dict()
    document["rule"]["unsure_from"] = [0.1] * 6
    with pytest.raises(InputError):
        Policy.from_bytes(rewritten(document))


def test_half_a_character_is_refused(policies):
    document = policies["multiclass"].to_dict()
    document["task"]["class_names"][0] = "\ud800"
    with pytest.raises(InputError, match="surrogates"):
        Policy.from_bytes(rewritten(document))


def test_a_tampered_value_is_refused(policies):
    document = copy.deepcopy(policies["multilabel"].to_dict())
    document["rule"]["thresholds"][0] = 0.123
    with pytest.raises(InputError, match="does not match its sha256"):
        Policy.from_bytes(json.dumps(document).encode())


@pytest.mark.parametrize("word", ["NaN", "Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(policies, word):
    document = copy.deepcopy(policies["multilabel"].to_dict())
    document["rule"]["thresholds"][0] = "HERE"
    with pytest.raises(InputError):
        Policy.from_bytes(json.dumps(document).replace('"HERE"', word).encode())


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_files_are_refused_or_decide(policies, data):
    kind = data.draw(st.sampled_from(KINDS))
    document = copy.deepcopy(policies[kind].to_dict())
    for _ in range(data.draw(st.integers(1, 3))):
        node = document
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            if not keys:
                break
            key = data.draw(st.sampled_from(keys))
            if isinstance(node[key], (dict, list)) and data.draw(st.booleans()):
                node = node[key]
                continue
            junk = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3), st.just([]))
            node[key] = data.draw(junk)
            break
    try:
        text = rewritten(document)
    except ValueError:  # nan has no JSON
        text = json.dumps(document).encode()
    try:
        policy = Policy.from_bytes(text)
        decided = policy.decide(lw.Logits(np.zeros((2, policy.task.n_outputs)), policy.task))
        assert len(decided.labels) == 2
    except LabelwiseError:
        pass


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=30), st.integers(0, 3000))
def test_damaged_bytes_are_refused(policies, junk, place):
    text = json.dumps(policies["ordinal"].to_dict(), separators=(",", ":")).encode()
    damaged = text[:place] + junk + text[place + len(junk) + 1 :]
    assume(damaged.strip() != text)
    with pytest.raises(LabelwiseError):
        Policy.from_bytes(damaged)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        Policy.load(tmp_path / "policy.json")


def test_it_prints(policies):
    text = str(policies["multilabel"])
    assert "macro_f1" in text
    assert "out of fold" in text
    assert "<pre>" in policies["multilabel"]._repr_html_()
    assert Policy.schema()["$ref"]
