"""One battery for every calibrator and every kind of task it is for."""

import numpy as np
import pytest

from labelwise import Logits, Task
from labelwise.calibration import CALIBRATORS, calibrators_of, fit_calibration
from labelwise.calibration.forms import FORMS
from labelwise.calibration.select import known_rows, log_loss_rows
from labelwise.scores import LINKS

TASKS = {
    "binary": Task("binary", ("no", "yes")),
    "multiclass": Task("multiclass", tuple("abcd")),
    "ordinal": Task("ordinal", tuple("abcd")),
    "multilabel": Task("multilabel", tuple("abcdef")),
}
EVERY = [(name, kind) for name, row in CALIBRATORS.items() for kind in row.tasks]


def problem(kind: str, n: int, seed: int = 0, factor: float = 3.0):
    """Over-sure scores, `factor` times the true logits, and the truth."""
    rng, task = np.random.default_rng(seed), TASKS[kind]
    z = rng.normal(size=(n, task.n_outputs)) * 1.5
    if kind in ("binary", "multilabel"):
        y = (rng.random(z.shape) < 1 / (1 + np.exp(-z))).astype(float)
        y = y[:, 0].astype(int) if kind == "binary" else y
    else:
        p = np.exp(LINKS["softmax"].log_probs(z))
        y = (p.cumsum(1) < rng.random((n, 1))).sum(1).clip(max=3)
    return Logits(z * factor, task), y


def loss(calibration, scores, y) -> float:
    z, truth, _ = known_rows(scores, y)
    return float(log_loss_rows(calibration.logits(z), truth).mean())


@pytest.mark.parametrize("name,kind", EVERY)
def test_over_sure_scores_get_a_lower_loss_on_other_rows(name, kind):
    fitted = fit_calibration(*problem(kind, 1500), name)
    before = loss(fit_calibration(*problem(kind, 50), "identity"), *problem(kind, 1500, 1))
    after = loss(fitted, *problem(kind, 1500, 1))
    assert after < before - 0.1 if name != "identity" else after == before


@pytest.mark.parametrize("name,kind", EVERY)
def test_probabilities_are_probabilities_and_the_input_is_untouched(name, kind):
    scores, y = problem(kind, 200)
    kept, truth = scores.array.copy(), y.copy()
    probs = fit_calibration(scores, y, name).probs(scores).array
    assert np.isfinite(probs).all()
    assert ((probs >= 0) & (probs <= 1)).all()
    if kind in ("multiclass", "ordinal"):
        np.testing.assert_allclose(probs.sum(1), 1)
    np.testing.assert_array_equal(scores.array, kept)
    np.testing.assert_array_equal(y, truth)


@pytest.mark.parametrize("name,kind", EVERY)
def test_parameters_are_those_of_the_form(name, kind):
    scores, y = problem(kind, 100)
    fitted = fit_calibration(scores, y, name)
    width = scores.task.n_outputs
    shapes = {"1": [()], "C": [(width,)], "1|C": [(), (width,)], "CC": [(width, width)]}
    assert fitted.name == name
    assert set(fitted.parameters) == set(FORMS[fitted.form].shapes)
    for parameter, shape in FORMS[fitted.form].shapes.items():
        value = fitted.parameters[parameter]
        assert len(value) == width if shape == "C*" else np.shape(value) in shapes[shape]


@pytest.mark.parametrize("name,kind", EVERY)
@pytest.mark.parametrize("case", ["separated", "one_sided", "constant", "two_rows", "huge"])
def test_hard_data_give_finite_answers(name, kind, case):
    scores, y = problem(kind, 40)
    z = scores.array.copy()
    if case == "separated":
        truth = scores.task.truth(y)
        z = (truth * 2 - 1) * (1 + np.abs(z))
    elif case == "one_sided":
        y = np.zeros_like(y)
    elif case == "constant":
        z = np.ones_like(z)
    elif case == "huge":
        z = z * 1e4
    rows = slice(0, 2) if case == "two_rows" else slice(None)
    scores, y = Logits(z[rows], scores.task), y[rows]
    fitted = fit_calibration(scores, y, name)
    assert np.isfinite(fitted.logits(np.asarray(scores.array, float))).all()
    assert np.isfinite(loss(fitted, scores, y))


@pytest.mark.parametrize("name,kind", EVERY)
def test_order_of_the_rows_does_not_matter(name, kind):
    scores, y = problem(kind, 120)
    other = np.random.default_rng(3).permutation(120)
    one = fit_calibration(scores, y, name).probs(scores).array
    two = fit_calibration(Logits(scores.array[other], scores.task), y[other], name).probs(scores).array
    np.testing.assert_allclose(one, two, atol=2e-4)


@pytest.mark.parametrize("name", ["temperature", "affine", "per_label", "shrunk", "isotonic"])
def test_the_order_within_a_column_is_kept(name):
    scores, y = problem("multilabel", 500)
    line = np.repeat(np.linspace(-20, 20, 200)[:, None], scores.task.n_outputs, 1)
    assert (np.diff(fit_calibration(scores, y, name).logits(line), axis=0) >= -1e-9).all()


@pytest.mark.parametrize("name", ["temperature", "mixed_temperature"])
def test_a_temperature_keeps_the_order_of_the_classes(name):
    scores, y = problem("multiclass", 500)
    z = fit_calibration(scores, y, name).logits(scores.array)
    assert (np.argsort(z, 1) == np.argsort(scores.array, 1)).all()


def test_missing_cells_take_no_part():
    scores, y = problem("multilabel", 400)
    holes = y.copy()
    holes[300:, :] = np.nan
    some = Logits(scores.array[:300], scores.task)
    for name in ("temperature", "affine", "per_label", "shrunk", "isotonic", "histogram"):
        one = fit_calibration(scores, holes, name).probs(scores).array
        two = fit_calibration(some, y[:300], name).probs(scores).array
        np.testing.assert_allclose(one, two, atol=1e-6)


def test_a_class_that_never_occurs_stays_possible():
    scores, y = problem("multiclass", 300)
    y = np.where(y == 3, 0, y)
    for row in calibrators_of(scores.task):
        assert (row.fit(scores.array, y).probs(scores).array[:, 3] > 0).all()


def test_a_temperature_that_does_not_exist_is_said():
    z = np.eye(3)[[0, 1, 2, 0]] * 5
    fitted = fit_calibration(Logits(z, Task("multiclass", tuple("abc"))), np.array([0, 1, 2, 0]))
    assert "no temperature is the best" in str(fitted.why)
    np.testing.assert_array_equal(fitted.logits(z), z)


def test_quadratic_of_a_falling_part_is_flattened():
    rng = np.random.default_rng(0)
    z = np.linspace(-4, 4, 2000)
    y = (rng.random(2000) < 1 / (1 + np.exp(-(2 - 0.5 * (z - 1) ** 2)))).astype(int)
    fitted = fit_calibration(Logits(z, Task("binary", ("no", "yes"))), y, "quadratic")
    assert (np.diff(fitted.logits(np.linspace(-8, 8, 500)[:, None])[:, 0]) >= -1e-9).all()
    assert float(fitted.parameters["bend"]) < 0
