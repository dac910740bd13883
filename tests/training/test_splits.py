"""Splits: complete, disjoint, with every class in each part, groups whole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelwise.errors import InputError
from labelwise.task import read_labels
from labelwise.training.splits import draw_split

PARTS = ("train", "validation", "test")


def check(split, rows):
    together = np.concatenate([getattr(split, p) for p in PARTS])
    assert sorted(together.tolist()) == list(range(rows)), "every row in exactly one part"
    assert split.sizes == {p: len(getattr(split, p)) for p in PARTS}


@settings(max_examples=150, deadline=None)
@given(counts=st.lists(st.integers(3, 60), min_size=2, max_size=7), seed=st.integers(0, 2**31))
def test_every_class_is_in_every_part_in_its_share(counts, seed):
    y = np.repeat(np.arange(len(counts)), counts)
    y = np.random.default_rng(seed).permutation(y)
    split = draw_split(read_labels(y, kind="multiclass"), seed)
    check(split, len(y))
    for part, share in zip(PARTS, (0.6, 0.2, 0.2), strict=True):
        found = np.bincount(y[getattr(split, part)], minlength=len(counts))
        assert (found > 0).all(), part
        small = sum(c < 5 for c in counts)  # each gives a part a whole row where its share is a fraction
        assert np.abs(found - share * np.array(counts)).max() <= 2.01 + small, part
        assert abs(found.sum() - share * len(y)) <= 1 + len(counts) * (min(counts) < 5), part


def test_the_seed_decides_and_the_order_is_random():
    labels = read_labels(np.arange(300) % 3)
    one, again, other = draw_split(labels, 1), draw_split(labels, 1), draw_split(labels, 2)
    for part in PARTS:
        np.testing.assert_array_equal(getattr(one, part), getattr(again, part))
        assert set(getattr(one, part).tolist()) != set(getattr(other, part).tolist())
        assert not (np.diff(getattr(one, part)) > 0).all()


@settings(max_examples=60, deadline=None)
@given(groups=st.lists(st.integers(0, 30), min_size=40, max_size=120), seed=st.integers(0, 1000))
def test_no_group_is_cut(groups, seed):
    groups = np.array(groups)
    y = np.random.default_rng(0).permutation(len(groups)) % 2
    if len(np.unique(groups)) < 5:
        with pytest.raises(InputError, match="at least 5 groups"):
            draw_split(read_labels(y), seed, groups=groups)
        return
    split = draw_split(read_labels(y), seed, groups=groups)
    check(split, len(y))
    for group in np.unique(groups):
        inside = [p for p in PARTS if np.isin(groups[getattr(split, p)], group).any()]
        assert len(inside) == 1
    assert all(split.sizes.values())


def test_groups_may_have_names():
    groups = np.array([f"patient {i % 10}" for i in range(100)])
    split = draw_split(read_labels(np.arange(100) // 10 % 2), 0, groups=groups)
    assert not set(groups[split.train]) & set(groups[split.test])


def test_a_class_that_lies_in_one_group_only():
    groups = np.repeat(np.arange(10), 10)
    y = np.where(groups == 3, 2, np.arange(100) % 2)
    told = []
    for seed in range(20):
        try:
            split = draw_split(read_labels(y), seed, groups=groups)
            told.append(2 in y[split.train])
        except InputError as error:
            told.append("class '2' lies in too few groups" in str(error))
    assert all(told), "training has every class, or the class is named"


def test_the_most_uneven_group_is_not_always_on_the_same_side():
    groups = np.repeat(np.arange(10), 10)
    y = np.where(groups == 3, 0, np.arange(100) % 2)
    sides = {
        part
        for seed in range(20)
        for part in PARTS
        if 3 in groups[getattr(draw_split(read_labels(y), seed, groups=groups), part)]
    }
    assert sides == set(PARTS)


def test_an_official_test_part_stays_the_test_part():
    y = np.arange(200) % 4
    test_rows = np.arange(200) >= 150
    splits = [draw_split(read_labels(y), seed, test_rows=test_rows) for seed in (0, 1)]
    for split in splits:
        check(split, 200)
        assert set(split.test.tolist()) == set(range(150, 200))
        assert set(y[split.validation]) == set(range(4))
        assert 25 <= len(split.validation) <= 35
    assert set(splits[0].validation.tolist()) != set(splits[1].validation.tolist())


def test_official_parts_with_groups():
    groups, test_rows = np.repeat(np.arange(20), 10), np.repeat([False] * 15 + [True] * 5, 10)
    labels = read_labels(np.arange(200) % 2)
    split = draw_split(labels, 0, groups=groups, test_rows=test_rows)
    check(split, 200)
    assert set(groups[split.test]) == set(range(15, 20))
    assert not set(groups[split.train]) & set(groups[split.validation])
    with pytest.raises(InputError, match="both official parts"):
        draw_split(labels, 0, groups=groups, test_rows=np.arange(200) % 2 == 0)
    few = np.where(test_rows, groups, groups % 4)
    with pytest.raises(InputError, match="4 groups"):
        draw_split(labels, 0, groups=few, test_rows=test_rows)


@pytest.mark.parametrize(
    ("y", "test_rows", "words"),
    [
        ([0] * 20 + [1] * 2, None, "too rare to split: '1' (2)"),
        ([0] * 20 + [1] * 20 + [2], None, "'2' (1)"),
        ([0] * 20 + [1] * 20 + [2] * 3, np.arange(43) >= 41, "'2' (1)"),
        ([0] * 20 + [1] * 20 + [2] * 3, np.arange(43) >= 40, "'2' (0)"),  # seen in the official test part alone
    ],
)
def test_a_class_too_rare_to_split_is_named(y, test_rows, words):
    with pytest.raises(InputError) as caught:
        draw_split(read_labels(y, kind="multiclass"), 0, test_rows=test_rows)
    assert words in str(caught.value)


def test_several_labels_keep_their_shares_by_the_rarest_label():
    rng = np.random.default_rng(0)
    y = (rng.random((1000, 3)) < [0.5, 0.2, 0.02]).astype(float)
    y[rng.random(y.shape) < 0.05] = np.nan
    split = draw_split(read_labels(y), 0)
    check(split, 1000)
    rare = np.nansum(y[:, 2])
    for part, share in zip(PARTS, (0.6, 0.2, 0.2), strict=True):
        assert abs(np.nansum(y[getattr(split, part), 2]) - share * rare) <= 2


def test_too_few_rows_for_three_parts():
    with pytest.raises(InputError, match="none left for"):
        draw_split(read_labels([[1, 1], [0, 1]]), 0)


@given(counts=st.lists(st.integers(0, 30), min_size=2, max_size=7), seed=st.integers(0, 2**31))
def test_rare_ranks_are_drawn_with_their_neighbours(counts, seed):
    if sum(counts) < 9:
        return
    y = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    if len(set(y.tolist())) < 2:
        return
    labels = read_labels(y, ordered=list(range(len(counts))))
    split = draw_split(labels, seed)
    check(split, len(y))
    for rank, count in enumerate(counts):
        if count >= 3 and all(c >= 3 for c in counts):
            assert all(rank in y[getattr(split, part)] for part in PARTS)


def test_two_rows_of_a_rank_are_no_obstacle():
    y = np.repeat([0, 1, 2, 3], [2, 40, 30, 1])
    assert draw_split(read_labels(y, ordered=True), 0).sizes["train"] > 40
    with pytest.raises(InputError, match="too rare to split"):
        draw_split(read_labels(y, kind="multiclass"), 0)
