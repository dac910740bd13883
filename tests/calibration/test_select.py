import numpy as np
import pytest

from labelwise import InputError, Logits, OptionError, Probs, Task
from labelwise.calibration import CALIBRATORS, fit_calibration, select_calibration
from labelwise.calibration.inputs import calibration_logits
from labelwise.calibration.select import fold_of_rows, log_loss_rows

THREE = Task("multiclass", tuple("abc"))
# Reference: decisions.md of the published comparison; first 5000 rows fitted, last 5000 judged.
CIFAR = {
    "densenet-bc-100-cifar-100": (2.119785, 0.86661, 0.85918, 0.85871),
    "wideresnet-16-4-cifar-100": (1.109903, 0.93474, 0.92810, 0.92096),
    "lenet-5-cifar-100": (1.107069, 3.81463, 3.74747, 3.73597),
    "wideresnet-16-4-cifar-10": (2.057553, 0.27042, 0.23824, 0.23113),
    "lenet-5-cifar-10": (1.373584, 1.32600, 1.31981, 1.31107),
}


def calibrated(n, seed, factor=1.0):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, 3)) * 2
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    return Logits(z * factor, THREE), (p.cumsum(1) < rng.random((n, 1))).sum(1).clip(max=2)


@pytest.mark.parametrize("name", CIFAR)
def test_published_figures_are_reached(shared_data, name):
    file = np.load(shared_data / "cifar_predictions" / f"{name}.npz")
    p, y = file["predictions"], file["ground_truth"]
    task = Task("multiclass", tuple(map(str, range(p.shape[1]))))
    z = calibration_logits(Probs(p[5000:], task))
    temperature, *losses = CIFAR[name]
    for calibrator, wanted in zip(("temperature", "vector", "matrix"), losses, strict=True):
        fitted = fit_calibration(Probs(p[:5000], task), y[:5000], calibrator)
        assert log_loss_rows(fitted.logits(z), y[5000:]).mean() == pytest.approx(wanted, abs=2e-4)
        if calibrator == "temperature":
            assert 1 / float(fitted.parameters["scale"]) == pytest.approx(temperature, abs=3e-6)


def test_calibrated_scores_are_left_alone():
    some = ("temperature", "mixed_temperature", "isotonic")
    chosen = [select_calibration(*calibrated(400, seed), calibrators=some) for seed in range(20)]
    assert [c.calibration.name for c in chosen].count("identity") >= 18


def test_the_simplest_within_one_standard_error_is_taken():
    chosen = select_calibration(*calibrated(1000, 0, 3.0))
    assert chosen.calibration.name == "temperature"
    by_name = {c.name: c for c in chosen.candidates}
    assert by_name["identity"].gain == 0
    assert by_name["temperature"].low > 0
    assert list(by_name) == [n for n, c in CALIBRATORS.items() if "multiclass" in c.tasks]


def test_few_rows_are_left_alone_and_it_is_said():
    chosen = select_calibration(*calibrated(19, 0, 3.0))
    assert chosen.calibration.name == "identity"
    assert chosen.candidates == ()
    assert "too few" in chosen.why


def test_rows_of_a_group_share_a_fold():
    groups = np.repeat(np.arange(20), 5)
    fold = fold_of_rows(100, groups, 0)
    assert all(len(set(fold[groups == g])) == 1 for g in range(20))
    assert set(fold) == set(range(5))


def test_rows_without_truth_take_no_part():
    scores, y = calibrated(300, 0, 3.0)
    holes = np.where(np.arange(300) < 200, y, -1)
    one = fit_calibration(scores, holes).parameters["scale"]
    two = fit_calibration(Logits(scores.array[:200], THREE), y[:200]).parameters["scale"]
    assert one == two


def test_log_loss_of_rows_is_the_oracles():
    from sklearn.metrics import log_loss

    scores, y = calibrated(100, 0)
    assert log_loss_rows(scores.array, y).mean() == pytest.approx(log_loss(y, scores.to_probs("softmax").array))


def test_unknown_and_unfit_names_are_refused():
    scores, y = calibrated(100, 0)
    with pytest.raises(OptionError, match="temperature"):
        select_calibration(scores, y, calibrators=["temprature"])
    with pytest.raises(OptionError, match="one that is for it"):
        fit_calibration(scores, y, "per_label")
    with pytest.raises(InputError, match="every label is missing"):
        select_calibration(scores, np.full(100, -1))
    with pytest.raises(InputError, match="99 labels"):
        select_calibration(scores, y[1:])
