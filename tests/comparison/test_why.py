"""The attribution end to end: it adds up, repeats, and names causes that were planted."""

import json

import numpy as np
import pytest
from causes import CAUSES, World, explain_world

import labelwise as lw
from labelwise.comparison.verb import compare

OPTIONS = {"backbone": "linear", "seeds": 3, "epochs": 3, "rates": [0.01, 0.1], "why": True}


@pytest.fixture(scope="module")
def digits():
    return compare("digits", **OPTIONS)


def same(result) -> str:
    told = result.to_dict()
    return json.dumps({k: v for k, v in told.items() if k not in ("run", "folder")})


def test_shares_and_waterfall_add_up_to_the_gap_for_every_seed(digits):
    for part in (digits.why, digits.why["strict"], digits.why["training"]):
        total = np.sum([share["values"] for share in part["switches"].values()], axis=0)
        assert total.mean() == pytest.approx(part["gap"], abs=1e-12)
        assert part["gap"] == pytest.approx(part["a"] - part["b"], abs=1e-12)
        assert sum(step["value"] for step in part["waterfall"]) == pytest.approx(part["gap"], abs=1e-12)
        steps = part["waterfall"]
        assert [s["from"] for s in steps[1:]] == [s["to"] for s in steps[:-1]]


def test_the_keys_and_the_arms(digits):
    why = digits.why
    assert {"gap", "a", "b", "switches", "waterfall", "claims", "left_out", "strict"} <= set(why)
    assert list(why["switches"]) == ["metric", "decision", "reduction", "bias", "learning_rate", "loss"]
    assert "judged by label-wise accuracy" in why["arm_b"]
    assert "judged by strict accuracy" in why["arm_b_right"]
    assert "metric" not in why["strict"]["switches"]
    assert set(why["training"]["switches"]) == {"reduction", "bias", "learning_rate", "loss"}
    for share in why["switches"].values():
        assert share["order_min"] - 1e-12 <= share["shapley"] <= share["order_max"] + 1e-12


def test_the_reference_is_what_the_comparison_says(digits):
    strict = digits.heads["softmax"].rules["argmax"]["strict_accuracy"].value
    assert digits.why["a"] == pytest.approx(strict, abs=1e-12)


def test_the_same_twice_and_the_comparison_does_not_depend_on_it(digits):
    assert same(compare("digits", **OPTIONS)) == same(digits)
    plain = compare("digits", **{**OPTIONS, "why": False})
    assert plain.why is None
    assert {h: r.rules for h, r in plain.heads.items()} == {h: r.rules for h, r in digits.heads.items()}


def test_resumed_with_why_gives_the_same(digits, tmp_path):
    compare("digits", **{**OPTIONS, "why": False}, out=tmp_path / "run")
    assert same(compare("digits", **OPTIONS, out=tmp_path / "run")) == same(digits)


def test_the_order_of_heads_does_not_change_who_is_the_reference(digits):
    turned = compare("digits", **OPTIONS, heads=("sigmoid", "softmax"))
    assert (turned.why["head_a"], turned.why["head_b"]) == ("softmax", "sigmoid")
    assert turned.why["gap"] == pytest.approx(digits.why["gap"], abs=0.02)


def test_several_labels_are_attributed_too():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 6))
    y = (x[:, :3] + 0.5 * rng.normal(size=(300, 3)) > 0.3).astype(int)
    why = compare((x, y), **OPTIONS).why
    assert sum(s["shapley"] for s in why["switches"].values()) == pytest.approx(why["gap"])
    assert "tuned, strict" in why["arm_a"]


def test_one_head_cannot_be_explained():
    with pytest.raises(lw.OptionError, match="two heads"):
        compare("digits", **{**OPTIONS, "heads": ["softmax"]})


SMALL = {
    "reduction": World(20, 1500, 0.6, 1.0, 1),
    "bias": World(30, 1500, 0.6, 1.0, 2),
    "learning_rate": World(8, 800, 0.6, 1.0, 3),
    "decision": World(10, 1000, 1.4, 1.0, 4),
    "metric": World(10, 1000, 1.4, 1.0, 5),
    "loss": World(6, 1200, 0.5, 1.0, 6),
}


@pytest.mark.parametrize("name", SMALL)
def test_a_planted_cause_has_the_largest_share(name):
    cause = next(c for c in CAUSES if c.name == name)
    shares = explain_world(cause, SMALL[name], seeds=3).quoted.switches
    assert max(shares, key=lambda s: abs(shares[s].shapley)) == name


def test_nothing_planted_leaves_nothing_but_noise():
    cause = next(c for c in CAUSES if c.name == "nothing")
    why = explain_world(cause, World(5, 600, 1.2, 1.0, 7), seeds=4)
    assert abs(why.quoted.gap) < 0.05
    assert why.quoted.switches["loss"].shapley == pytest.approx(why.quoted.gap, abs=1e-12)
