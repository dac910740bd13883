"""The oracle against golden values (float64, ten decimals) and an outside library."""

import numpy as np
import pytest
from scipy import special

from labelwise import reference

Z = np.array([[1.5, -0.5, 0.25, -2.0]])
ONE, SEVERAL = np.array([[0.0, 1, 0, 0]]), np.array([[1.0, 0, 1, 0]])
MASKED = np.array([[0.0, -np.inf, 1.0]])

NONE = np.zeros((1, 4))
HUGE, HALF_WRONG = np.array([[1e4, -1e4, 1e4, -1e4]]), np.array([[1.0, 0, 0, 1]])  # right, right, wrong, wrong
COUNTED = np.append(Z, [[np.log(1.7)]], 1)
CHANCES = np.array([[0.9, 0.05, 0.7, 0.05]])
SHARES = np.array([[0.6, 0.25, 0.1, 0.05]])

SOFTMAX, SIGMOID = reference.softmax_ce, reference.sigmoid_bce
POISSON = (2.6346789327, [0.37737493, 0.18640743, -0.60537548, 0.04159312, -0.3])
ABS_KL = (0.7604351157, [-0.02936245, 0.67897724, -0.11431083, 0.15217261])

# name: (loss, its arguments, value, slope)
GOLDEN = {
    "softmax, one class": (SOFTMAX, (Z, ONE), 2.3729677174, [0.68868747, -0.90679629, 0.19731226, 0.02079656]),
    "softmax, a class masked with -inf": (
        SOFTMAX,
        (MASKED, np.array([[1.0, 0, 0]])),
        1.3132616875,
        [-0.73105858, 0.0, 0.73105858],
    ),
    "softmax, smoothed by .1": (
        SOFTMAX,
        (Z, 0.9 * ONE + 0.025),
        2.3417177174,
        [0.66368747, -0.83179629, 0.17231226, -0.00420344],
    ),
    "softmax, several labels as shares": (
        SOFTMAX,
        (Z, SEVERAL / 2),
        0.9979677174,
        [0.18868747, 0.09320371, -0.30268774, 0.02079656],
    ),
    "sigmoid, sum": (
        SIGMOID,
        (Z, SEVERAL, "sum_labels"),
        1.3783576931,
        [-0.18242552, 0.37754067, -0.4378235, 0.11920292],
    ),
    "sigmoid, mean": (
        SIGMOID,
        (Z, SEVERAL, "mean_labels"),
        0.3445894233,
        [-0.04560638, 0.09438517, -0.10945587, 0.02980073],
    ),
    "sigmoid, weight 3": (
        SIGMOID,
        (Z, SEVERAL, "sum_labels", 3.0),
        2.9330630888,
        [-0.54727657, 0.37754067, -1.3134705, 0.11920292],
    ),
    "softmax, shifted by the log shares": (
        SOFTMAX,
        (Z + np.log(SHARES), ONE),
        2.9768124510,
        [0.90362239, -0.949045, 0.04314869, 0.00227392],
    ),
    "brier": (reference.brier, (Z, ONE), 1.3359345562, [0.35749656, -0.24902812, -0.09148423, -0.01698421]),
    "sigmoid, squared": (
        reference.sigmoid_squared,
        (Z, SEVERAL, "sum_labels"),
        0.3817147813,
        [-0.05441624, 0.17744692, -0.21552657, 0.02503108],
    ),
    "focal": (
        reference.sigmoid_focal,
        (Z, SEVERAL, "sum_labels", 2.0, 0.25),
        0.0813088746,
        [-0.00425778, 0.10345275, -0.05201409, 0.00365321],
    ),
    "focal of .5 at ten thousand": (
        reference.sigmoid_focal,
        (HUGE, HALF_WRONG, "sum_labels", 0.5, 0.25),
        10000.0,
        [0.0, 0.0, 0.75, -0.25],
    ),
    "asymmetric": (
        reference.asymmetric,
        (Z, SEVERAL, "sum_labels", 1.0, 4.0, 0.05),
        0.2934715532,
        [-0.06331915, 0.01712967, -0.33344774, 0.00001257],
    ),
    "asymmetric at ten thousand": (
        reference.asymmetric,
        (HUGE, HALF_WRONG, "sum_labels", 1.0, 4.0, 0.05),
        10002.4400426601,
        [0.0, 0.0, 0.0, -1.0],
    ),
    "zlpr": (reference.zlpr, (Z, SEVERAL), 1.2490691060, [-0.11145747, 0.34820743, -0.3890248, 0.07769558]),
    "zlpr, no label": (reference.zlpr, (Z, NONE), 2.0159132341, [0.59695519, 0.0807891, 0.17103052, 0.01802648]),
    "zlpr at ten thousand": (reference.zlpr, (HUGE, HALF_WRONG), 20000.0, [0.0, 0.0, 1.0, -1.0]),
    "two-way": (reference.two_way, (Z, SEVERAL, 4.0), 1.8236889322, [-0.35430007, 0.68559412, -0.48427078, 0.15297673]),
    "poisson count": (reference.count_poisson, (COUNTED, SEVERAL), *POISSON),
    "absolute kl": (reference.abs_kl, (Z, CHANCES, "sum_labels"), *ABS_KL),
    "jeffreys": (reference.jeffreys, (Z, CHANCES, "sum_labels"), *ABS_KL),
    "jeffreys, surely wrong": (
        reference.jeffreys,
        (np.array([[30.0]]), np.array([[0.05]]), "sum_labels"),
        2.8459456599,
        [0.0],
    ),
    "binary jeffreys": (
        reference.binary_jeffreys,
        (Z, CHANCES, "sum_labels"),
        1.0058018972,
        [-0.1864141, 0.9019929, -0.28483886, 0.16836296],
    ),
    "binary jeffreys, surely wrong": (
        reference.binary_jeffreys,
        (np.array([[30.0]]), np.array([[0.05]]), "sum_labels"),
        31.2972170302,
        [0.95],
    ),
}


@pytest.mark.parametrize("case", GOLDEN.values(), ids=GOLDEN)
def test_golden_values(case):
    loss, arguments, value, slope = case
    found, gradient = loss(*arguments)
    assert found[0] == pytest.approx(value, abs=6e-11)
    np.testing.assert_allclose(gradient[0], slope, atol=6e-9, rtol=0)


@pytest.mark.parametrize("case", GOLDEN.values(), ids=GOLDEN)
def test_gradients_are_the_slope_of_the_loss(case):
    loss, (z, *rest), _, _ = case
    if np.abs(z).max() == 1e4:  # differences of numbers of that size say nothing of the eighth digit
        return
    for j in np.flatnonzero(np.isfinite(z[0])):
        step = np.zeros_like(z)
        step[0, j] = 1e-5
        slope = (loss(z + step, *rest)[0] - loss(z - step, *rest)[0])[0] / 2e-5
        assert loss(z, *rest)[1][0, j] == pytest.approx(slope, abs=1e-8)


def test_the_table_of_losses_per_cell():
    """Five rows of five labels, as first posted: cells to 8 digits, their sum over labels, the labels given at 0.5."""
    z = np.array(
        [
            [1.4397182, -0.7993438, 4.113389, 3.2199187, 4.5777845],
            [0.30619335, 0.10168511, 4.253479, 2.3782277, 4.7390924],
            [1.124632, 1.6056736, 2.9778094, 2.0808482, 2.0735667],
            [0.7051575, -0.10341895, 4.990803, 3.7019827, 3.8265839],
            [0.6333333, -0.76601076, 3.2255085, 2.7842572, 5.3817415],
        ]
    )
    y = np.array([[1, 1, 0, 0, 0], [0, 1, 0, 0, 1], [1, 1, 1, 1, 0], [0, 0, 1, 0, 1], [1, 1, 1, 1, 1]])
    cells = [
        [0.21268467, 1.17064795, 4.12960900, 3.25909932, 4.58800969],
        [0.85791765, 0.64359655, 4.26759361, 2.46689290, 0.00870855],
        [0.28124034, 0.18294993, 0.04965096, 0.11762684, 2.19200420],
        [1.10663517, 0.64277405, 0.00677718, 3.72635776, 0.02155003],
        [0.42580319, 1.14777305, 0.03896642, 0.05994200, 0.00458926],
    ]
    np.testing.assert_allclose(reference.sigmoid_bce_cells(z, y), cells, atol=1e-8)
    assert reference.sigmoid_bce(z, y, "sum_labels")[0].mean() == pytest.approx(6.32188005, abs=1e-8)
    assert reference.sigmoid_bce(z, y, "mean_labels")[0].mean() == pytest.approx(1.26437601, abs=1e-8)
    given = (reference.sigmoid(z) > 0.5).astype(int).tolist()
    assert given == [[1, 0, 1, 1, 1], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [1, 0, 1, 1, 1], [1, 0, 1, 1, 1]]


def test_what_softmax_makes_of_two_rows():
    seven = [0.0236405, 0.0642617, 0.1746813, 0.4748330, 0.0236405, 0.0642617, 0.1746813]
    np.testing.assert_allclose(reference.softmax(np.array([1, 2, 3, 4, 1, 2, 3])), seven, atol=5e-8)
    four = [0.0403164, 0.1095913, 0.8097760, 0.0403164]
    np.testing.assert_allclose(reference.softmax(np.array([1, 2, 4, 1])), four, atol=5e-8)


@pytest.mark.parametrize("scale", [1.0, 30.0, 700.0, 1e4])
def test_the_pieces_agree_with_scipy(scale):
    z = np.random.default_rng(0).normal(0, scale, (20, 7))
    np.testing.assert_allclose(reference.logsumexp(z), special.logsumexp(z, axis=1), rtol=1e-12)
    np.testing.assert_allclose(reference.log_softmax(z), special.log_softmax(z, axis=1), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(reference.log_sigmoid(z), special.log_expit(z), rtol=1e-12)
    np.testing.assert_allclose(reference.sigmoid(z), special.expit(z), rtol=1e-12, atol=1e-300)
    p = special.softmax(z / scale, axis=1)[0]
    assert reference.entropy(p) == pytest.approx(special.entr(p).sum(), rel=1e-12)


def test_losses_to_expect_before_the_first_step():
    zero, prior = np.zeros((1, 37)), np.full((1, 37), -np.log(36))
    y = np.eye(37)[[0]]
    assert reference.softmax_ce(zero, y)[0][0] == pytest.approx(3.6109179126, abs=1e-10)  # ln C
    assert reference.sigmoid_bce(zero, y, "sum_labels")[0][0] == pytest.approx(25.6464456807, abs=1e-10)  # C ln 2
    assert reference.sigmoid_bce(prior, y, "sum_labels")[0][0] == pytest.approx(4.5972809834, abs=1e-10)
    assert reference.sigmoid_bce(zero, y, "mean_labels")[0][0] == pytest.approx(np.log(2), abs=1e-12)
    assert reference.sigmoid_bce(prior, y, "mean_labels")[0][0] == pytest.approx(0.1242508374, abs=1e-10)


@pytest.mark.parametrize(
    ("gradient", "expected"),
    [
        (reference.softmax_ce(np.zeros((1, 37)), np.eye(37)[[0]])[1], 0.1233),
        (reference.sigmoid_bce(np.zeros((1, 37)), np.eye(37)[[0]], "mean_labels")[1], 0.0103),
        (reference.sigmoid_bce(np.full((1, 37), -np.log(36)), np.eye(37)[[0]], "mean_labels")[1], 0.0033),
    ],
)
def test_first_gradient_norms_of_64_rows(gradient, expected):
    assert np.linalg.norm(gradient) / 8 == pytest.approx(expected, abs=5e-5)


def test_the_floor_of_several_labels_is_the_log_of_their_number():
    sure = np.array([[500.0, -500.0, 500.0, -500.0]])
    assert reference.softmax_ce(sure, SEVERAL / 2)[0][0] == pytest.approx(np.log(2))


def test_the_best_logit_of_a_weighted_loss_is_the_log_odds_plus_the_log_of_the_weight():
    p, w = 0.3, 3.0
    best = np.array([[np.log(p / (1 - p)) + np.log(w)]])
    assert reference.sigmoid_bce(best, np.array([[p]]), "sum_labels", w)[1][0, 0] == pytest.approx(0, abs=1e-15)


def test_cells_that_are_not_known_count_nothing():
    y = np.array([[1.0, np.nan, 1.0, 0.0]])
    assert reference.sigmoid_bce_cells(Z, y)[0, 1] == 0
    assert reference.sigmoid_bce(Z, y, "sum_labels")[1][0, 1] == 0
    rest = reference.sigmoid_bce(Z[:, [0, 2, 3]], y[:, [0, 2, 3]], "sum_labels")[0]
    assert reference.sigmoid_bce(Z, y, "sum_labels")[0] == pytest.approx(rest)


def test_certain_and_right_costs_nothing_certain_and_wrong_costs_the_logit():
    z = np.array([[1e4, -1e4]])
    assert reference.sigmoid_bce_cells(z, np.array([[1.0, 0.0]])).tolist() == [[0, 0]]
    assert reference.sigmoid_bce_cells(z, np.array([[0.0, 1.0]])).tolist() == [[1e4, 1e4]]
    assert reference.softmax_ce(z, np.array([[0.0, 1.0]]))[0].tolist() == [2e4]
    assert reference.softmax_ce(z, np.zeros((1, 2)))[0].tolist() == [0]


def test_losses_of_the_other_families_before_the_first_step():
    zero, y = np.zeros((1, 37)), np.eye(37)[[0]]
    one, yes, no, rare = np.zeros((1, 1)), np.ones((1, 1)), np.zeros((1, 1)), np.array([[-np.log(99)]])
    cells = "sum_labels"
    found = {
        "focal, yes at a half": (reference.sigmoid_focal(one, yes, cells), 0.0433216988),
        "focal, no at a half": (reference.sigmoid_focal(one, no, cells), 0.1299650964),
        "focal, yes at .01": (reference.sigmoid_focal(rare, yes, cells), 1.1283818248),
        "focal, no at .01": (reference.sigmoid_focal(rare, no, cells), 7.537751890e-07),
        "asymmetric, yes": (reference.asymmetric(one, yes, cells), 0.3465735903),
        "asymmetric, no": (reference.asymmetric(one, no, cells), 0.0245150535),
        "zlpr": (reference.zlpr(zero, y), np.log(37) + np.log(2)),
        "zlpr at its best constant": (reference.zlpr(zero + 0.5 * np.log(1 / 36), y), 2 * np.log(1 + 6)),
        "brier": (reference.brier(zero, y), 1 - 1 / 37),
        "sigmoid, squared": (reference.sigmoid_squared(zero, y, cells), 37 / 4),
    }
    for name, (loss, expected) in found.items():
        assert loss[0][0] == pytest.approx(expected, abs=6e-11), name


@pytest.mark.parametrize("seed", range(3))
def test_losses_that_are_one_another(seed):
    rng = np.random.default_rng(seed)
    z, chances = rng.normal(0, 3, (20, 6)), rng.random((20, 6))
    y, v = (chances < 0.4).astype(float), np.append(z, rng.normal(0, 1, (20, 1)), 1)
    y[3, 2] = np.nan

    def same(a, b):
        np.testing.assert_allclose(a[0], b[0], rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(a[1], b[1], rtol=1e-10, atol=1e-12)

    same(reference.abs_kl(z, chances, "sum_labels"), reference.jeffreys(z, chances, "sum_labels"))
    weighted = reference.sigmoid_bce(z, y, "sum_labels", 1 / 3)  # .25 y and .75 (1 - y)
    same(reference.sigmoid_focal(z, y, "sum_labels", 0.0, 0.25), (0.75 * weighted[0], 0.75 * weighted[1]))
    bce = reference.sigmoid_bce(z, y, "sum_labels")
    same(reference.asymmetric(z, y, "sum_labels", 0.0, 0.0, 0.0), bce)
    one = np.eye(6)[rng.integers(0, 6, 20)]
    same(reference.softmax_focal(z, one, 0.0), reference.softmax_ce(z, one))
    for j in range(6):  # of one label alone
        column = z[:, [j]], y[:, [j]]
        same(reference.zlpr(*column), reference.sigmoid_bce(*column, "sum_labels"))
    # a count of one rate per label is a Poisson count of each label
    full = np.nan_to_num(y)
    log_rates = reference.log_softmax(z) + v[:, -1:]
    apart = (np.exp(log_rates) - full * log_rates).sum(1)
    k = full.sum(1, keepdims=True)
    shares = reference.softmax_ce(z, full / np.maximum(k, 1))[0]
    together = np.exp(v[:, -1]) - k[:, 0] * v[:, -1] + k[:, 0] * shares
    np.testing.assert_allclose(reference.count_poisson(v, full)[0], apart, rtol=1e-10)
    np.testing.assert_allclose(together, apart, rtol=1e-10)


@pytest.mark.parametrize(
    "loss",
    [
        reference.count_poisson,
        reference.count_kl,
        reference.count_product,
        reference.zlpr,
        reference.two_way,
        lambda z, y: reference.softmax_focal(z, np.nan_to_num(y), 0.5),
        lambda z, y: reference.squared(z, np.nan_to_num(y), "sum_labels", 3.0, 5.0),
        lambda z, y: reference.asymmetric(z, y, "mean_labels", 0.5, 2.0, 0.1),
    ],
)
@pytest.mark.parametrize("scale", [1.0, 4.0])
def test_slopes_of_losses_without_a_golden_value(loss, scale):
    rng = np.random.default_rng(0)
    wide = loss in (reference.count_poisson, reference.count_kl, reference.count_product)
    z, y = rng.normal(0, scale, (30, 4 + wide)), (rng.random((30, 4)) < 0.4).astype(float)
    y[0], y[1], y[2], y[3, 1:3] = 0, 1, np.nan, np.nan
    slope = loss(z, y)[1]
    for j in range(z.shape[1]):
        step = np.zeros_like(z)
        step[:, j] = 1e-5
        seen = (loss(z + step, y)[0] - loss(z - step, y)[0]) / 2e-5
        np.testing.assert_allclose(slope[:, j], seen, rtol=1e-5, atol=1e-6)


def test_rows_without_a_pair_cost_nothing_two_ways_and_a_count_without_labels_its_size():
    assert reference.two_way(Z, NONE)[0] == 0
    assert reference.two_way(Z, NONE + 1)[0] == 0
    assert not reference.two_way(Z, NONE + 1)[1].any()
    assert reference.count_poisson(COUNTED, NONE)[0] == pytest.approx(1.7)
    count = reference.softplus(COUNTED[0, -1])
    assert reference.count_kl(COUNTED, NONE)[0] == pytest.approx(count**2)


@pytest.mark.parametrize("scale", [1.0, 30.0, 700.0])
def test_the_probability_of_the_other_classes(scale):
    z = np.random.default_rng(0).normal(0, scale, (20, 7))
    others = [special.logsumexp(np.delete(z, j, 1), axis=1) - special.logsumexp(z, axis=1) for j in range(7)]
    np.testing.assert_allclose(reference.log_others(z), np.transpose(others), rtol=1e-9, atol=1e-12)
