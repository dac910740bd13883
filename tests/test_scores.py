"""Scores with a kind: shapes and ranges checked at the door, conversions only by a named link."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from labelwise.errors import InputError, OptionError
from labelwise.scores import LINKS, Logits, LogProbs, Probs
from labelwise.task import infer_task

FOUR = infer_task([0, 1, 2, 3])
YES_NO = infer_task(["no", "yes"])
TAGS = infer_task([[1, 1, 0], [0, 0, 1]])


def matrices(columns, low, high):
    return hnp.arrays(np.float64, st.tuples(st.integers(1, 5), st.just(columns)), elements=st.floats(low, high))


# ------------------------------------------------------------------ golden (seeds S13, S10, S17)


def test_softmax_of_the_example_row():
    seven = infer_task(list(range(7)))
    probs = Logits(np.array([[1.0, 2, 3, 4, 1, 2, 3]]), seven).to_probs("softmax")
    expected = [0.0236405, 0.0642617, 0.1746813, 0.4748330, 0.0236405, 0.0642617, 0.1746813]
    np.testing.assert_allclose(probs.array[0], expected, atol=5e-8)


def test_plain_shares_against_softmax():
    row = np.array([[1.0, 2, 4, 1]])
    shares = Probs(row / 10, FOUR).normalised()
    assert shares.array.tolist() == [[0.125, 0.25, 0.5, 0.125]]
    softmax = Logits(row, FOUR).to_probs("softmax").array[0]
    np.testing.assert_allclose(softmax, [0.0403164, 0.1095913, 0.8097760, 0.0403164], atol=5e-8)


def test_two_softmax_outputs_are_one_sigmoid_of_their_difference():
    z = np.random.default_rng(0).normal(0, 5, (50, 2))
    two = Logits(z, infer_task([0, 1], kind="multiclass")).to_probs("softmax").array[:, 1]
    one = Logits(z[:, 1] - z[:, 0], YES_NO).to_probs("sigmoid").array[:, 0]
    np.testing.assert_allclose(two, one, rtol=1e-12)


def test_softmax_rows_never_have_two_above_a_half_and_sigmoid_rows_may():
    row = np.log(np.array([[0.79, 0.80, 0.81]]) / np.array([[0.21, 0.20, 0.19]]))
    np.testing.assert_allclose(Logits(row, TAGS).to_probs("sigmoid").array, [[0.79, 0.80, 0.81]])
    assert (Logits(row, TAGS).to_probs("softmax").array > 0.5).sum() == 0


# ------------------------------------------------------------------ links


@given(matrices(4, -700, 700))
def test_logits_by_sigmoid_and_back(z):
    z = np.where(np.abs(z) < 30, z, np.clip(z, -700, 30))  # above, 1 - p is below what a log-probability can hold
    back = Logits(z, FOUR).to_log_probs("sigmoid").to_logits("sigmoid").array
    np.testing.assert_allclose(back, z, rtol=1e-9, atol=1e-9)


@given(matrices(4, -1e4, 1e4))
def test_logits_by_softmax_and_back_up_to_a_constant(z):
    log_p = Logits(z, FOUR).to_log_probs("softmax")
    np.testing.assert_allclose(np.exp(log_p.array).sum(1), 1, rtol=1e-12)
    back = log_p.to_logits("softmax").array
    np.testing.assert_allclose(back - back[:, :1], z - z[:, :1], atol=1e-8)


@given(matrices(3, 0, 1))
def test_probabilities_by_logarithm_and_back(p):
    np.testing.assert_allclose(Probs(p, TAGS).to_log_probs().to_probs().array, p, rtol=1e-12)
    normal = np.where(p < 1e-300, 0, p)
    np.testing.assert_allclose(Probs(normal, TAGS).to_logits("sigmoid").to_probs("sigmoid").array, normal, rtol=1e-9)


@given(matrices(3, 0, 1))
def test_normalised_rows_sum_to_one_and_rows_of_zeros_become_uniform(p):
    shares = Probs(p, TAGS).normalised().array
    np.testing.assert_allclose(shares.sum(1), 1, rtol=1e-9)
    assert (shares[(p == 0).all(1)] == 1 / 3).all()


def test_a_yes_no_column_is_not_normalised():
    assert Probs(np.array([0.2, 0.0]), YES_NO).normalised().array.tolist() == [[0.2], [0.0]]


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_every_link_is_defined_on_extreme_logits(link, dtype):
    inf = np.inf
    z = np.array([[0, 0, 0, 0], [6e4, -6e4, 0, 1], [-inf, 0, 0, 1], [-inf] * 4, [inf, 0, -inf, 1], [inf, inf, 0, 0]])
    probs = Logits(z.astype(dtype), FOUR).to_probs(link).array
    assert np.isfinite(probs).all()
    assert (probs >= 0).all()
    assert (probs <= 1).all()
    if LINKS[link].exclusive:
        np.testing.assert_allclose(probs.sum(1), 1, rtol=1e-6)
        assert probs[3].tolist() == [0.25] * 4
        assert probs[5].tolist() == [0.5, 0.5, 0, 0]
        assert probs[2, 0] == 0


def test_half_precision_does_not_overflow_over_many_classes():
    """In float16 a sum of 200 000 ones is infinite, and so is the loss elsewhere."""
    many = infer_task(np.arange(100_000))
    log_p = Logits(np.zeros((1, 100_000), np.float16), many).to_log_probs("softmax").array
    np.testing.assert_allclose(log_p, -np.log(100_000), rtol=1e-6)


def test_a_yes_no_column_has_no_softmax():
    for scores in (Logits(np.zeros(3), YES_NO).to_probs, Probs(np.full(3, 0.5), YES_NO).to_logits):
        with pytest.raises(InputError, match="always 1"):
            scores("softmax")


def test_an_unknown_link_is_answered_with_the_closest():
    with pytest.raises(OptionError, match=r"sigmoid \(closest\)"):
        Logits(np.zeros((1, 4)), FOUR).to_probs("sigmod")


# ------------------------------------------------------------------ the door


@pytest.mark.parametrize("kind", [Logits, LogProbs, Probs])
def test_nan_is_refused_with_its_first_row_column_and_class(kind):
    array = np.full((5, 4), -0.5 if kind is not Probs else 0.5)
    array[3, 2] = array[4, 0] = np.nan
    with pytest.raises(InputError) as caught:
        kind(array, infer_task(["ant", "bee", "cow", "dog"]))
    assert "nan in 2 rows, first at row 3, column 2 (cow)" in caught.value.given


@pytest.mark.parametrize(
    ("kind", "bad"), [(Probs, -1e-9), (Probs, 1.1), (Probs, np.inf), (LogProbs, 0.1), (LogProbs, np.inf)]
)
def test_values_out_of_the_kinds_range_are_refused_not_converted(kind, bad):
    array = np.zeros((3, 4))
    array[2, 1] = bad
    with pytest.raises(InputError, match="row 2, column 1") as caught:
        kind(array, FOUR)
    assert "Logits" in caught.value.instead


def test_range_is_never_a_reason_to_convert():
    """Logits that happen to lie between 0 and 1 stay logits; probabilities that sum to 3 stay as they are."""
    z = np.array([[0.1, 0.2, 0.3, 0.4]])
    assert Logits(z, FOUR).array is z
    assert Probs(np.full((1, 4), 0.75), FOUR).array.sum() == 3


@pytest.mark.parametrize("shape", [(5,), (5, 3), (5, 5), (5, 4, 1), (), (4, 5)])
def test_shapes_that_do_not_fit_the_task(shape):
    with pytest.raises(InputError, match=r"\(N, 4\)"):
        Logits(np.zeros(shape), FOUR)


@pytest.mark.parametrize("shape", [(5, 2), (5, 0)])
def test_a_yes_no_task_has_one_column(shape):
    with pytest.raises(InputError, match=r"\(N, 1\)"):
        Probs(np.zeros(shape), YES_NO)
    assert Probs(np.zeros(5), YES_NO).array.shape == (5, 1)


@pytest.mark.parametrize("array", [np.array([["a"] * 4]), np.ones((2, 4), bool), np.ones((2, 4), complex)])
def test_scores_are_numbers(array):
    with pytest.raises(InputError, match="dtype"):
        Logits(array, FOUR)


def test_whole_numbers_are_taken_and_the_callers_array_is_neither_copied_nor_changed():
    assert Logits(np.zeros((2, 4), int), FOUR).array.dtype == np.float64
    z = np.array([[1.0, -2.0, 0.5, 3.0]])
    scores = Logits(z, FOUR)
    assert scores.array is z
    scores.to_probs("softmax").to_logits("softmax")
    assert z.tolist() == [[1.0, -2.0, 0.5, 3.0]]


@pytest.mark.parametrize("field", ["ids", "groups", "weights"])
def test_what_comes_with_the_rows_has_their_length_and_follows_conversions(field):
    with pytest.raises(InputError, match=f"2 {field}, one per row"):
        Logits(np.zeros((2, 4)), FOUR, **{field: np.ones(3)})
    scores = Logits(np.zeros((2, 4)), FOUR, **{field: np.array([3, 4])})
    assert getattr(scores.to_probs("softmax").normalised().to_logits("softmax"), field).tolist() == [3, 4]


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_weights_are_finite_and_not_negative(bad):
    with pytest.raises(InputError, match="at row 1"):
        Probs(np.zeros((2, 4)), FOUR, weights=np.array([1.0, bad]))


def test_scores_are_frozen_and_have_a_length():
    scores = Logits(np.zeros((2, 4)), FOUR)
    assert len(scores) == 2
    with pytest.raises(AttributeError):
        scores.task = TAGS
    assert len(Logits(np.zeros((0, 4)), FOUR).to_probs("softmax")) == 0
