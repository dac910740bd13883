"""Naming heads and their settings."""

import dataclasses

import pytest
import torch

from labelwise.errors import OptionError
from labelwise.heads import HEADS, head_from
from labelwise.heads.head import finite_logits
from labelwise.heads.setting import number_text


@pytest.mark.parametrize(
    ("spec", "name", "settings"),
    [
        ("softmax", "softmax", {"bias": "zero"}),
        (" sigmoid ( reduction = sum_labels , bias=prior ) ", "sigmoid", {"reduction": "sum_labels", "bias": "prior"}),
        ("sigmoid()", "sigmoid", {"reduction": "mean_labels"}),
        ("sigmoid(pos_weight=36)", "sigmoid", {"pos_weight": 36.0}),
    ],
)
def test_heads_are_named_with_their_settings(spec, name, settings):
    head = head_from(spec)
    assert head.name == name
    assert {key: head[key] if head.has(key) else getattr(head, key) for key in settings} == settings


def test_a_spec_tells_only_what_is_not_customary_and_loses_no_digit():
    assert HEADS["sigmoid"].spec == "sigmoid"
    assert head_from("sigmoid(reduction=mean_labels)").spec == "sigmoid"
    close = [HEADS["sigmoid"].with_settings(pos_weight=w) for w in (1.2345678, 1.2345679)]
    assert close[0].spec != close[1].spec
    assert [head_from(h.spec) for h in close] == close


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("sofmax", "softmax (closest)"),
        ("sigmoid(reduction=sum_label)", "sum_labels (closest)"),
        ("sigmoid(reducton=sum_labels)", "reduction (closest)"),
        ("sigmoid(reduction)", "reduction of head sigmoid ''"),
        ("softmax(pos_weight=3)", "setting of head softmax 'pos_weight'"),
        ("sigmoid(pos_weight=-1)", "a positive number"),
        ("sigmoid(pos_weight=many)", "a positive number"),
        ("sigmoid(pos_weight=inf)", "a positive number"),
        ("sigmoid(bias=prior", "a name such as"),
        ("", "a name such as"),
        (7, "head '7'"),
    ],
)
def test_what_is_no_head_is_answered_with_what_to_write(spec, words):
    with pytest.raises(OptionError) as caught:
        head_from(spec)
    assert words in str(caught.value)


def test_a_head_of_ones_own_is_taken_as_it_is():
    own = dataclasses.replace(HEADS["softmax"], name="mine")
    assert head_from(own) is own
    assert own.spec == "mine"


@pytest.mark.parametrize("value", [1.0, 3.0, 0.1, 1e-5, 1.2345678, 2 / 3])
def test_numbers_in_names_can_be_read_back(value):
    assert float(number_text(value)) == value


def test_half_precision_is_lifted_and_infinite_logits_are_made_large():
    z = torch.tensor([1.5, float("inf"), -float("inf")])
    for dtype in (torch.float16, torch.bfloat16, torch.float32):
        assert finite_logits(z.to(dtype)).dtype == torch.float32
        assert finite_logits(z.to(dtype)).isfinite().all()
    assert finite_logits(z.double()).dtype == torch.float64
    assert finite_logits(torch.tensor([float("nan")])).isnan().all()


def test_large_logits_are_not_copied_where_all_are_finite():
    z = torch.randn(3, 400_000)
    assert finite_logits(z) is z
    z[1, 7] = float("inf")
    assert finite_logits(z)[1, 7] == torch.tensor(1e25)
    z[1, 7] = float("nan")
    assert finite_logits(z)[1, 7].isnan()
