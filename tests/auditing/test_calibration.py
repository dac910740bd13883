import numpy as np
import pytest

from labelwise import Probs
from labelwise.auditing.calibration import calibration_gains, folds, held_out
from labelwise.calibration import CALIBRATORS
from labelwise.metrics import Case
from labelwise.task import Task

KINDS = ("binary", "multiclass", "ordinal", "multilabel")


@pytest.mark.parametrize("kind", KINDS)
def test_scores_made_too_sure_are_found_out(made, kind):
    found = calibration_gains(made(kind, rows=3000, sharpness=3.0))
    assert pytest.approx(3, rel=0.15) == found["temperature"].T
    for gain in found.values():
        assert gain.verdict == "helps"
        assert gain.nll_after < gain.nll_before
        assert gain.ece_after < gain.ece_before
        assert gain.gain.value == pytest.approx(gain.nll_before - gain.nll_after)


@pytest.mark.parametrize("kind", KINDS)
def test_calibrated_scores_gain_nothing(made, kind):
    for gain in calibration_gains(made(kind, rows=3000, sharpness=1.0)).values():
        assert gain.verdict != "helps"
        assert abs(gain.gain.value) < 0.01


def test_published_figures_of_real_models(shared_data):
    """decisions.md, C1: fitted on the first 5000 rows, judged on the last 5000."""
    published = {
        "densenet-bc-100-cifar-100": (1.21159, 0.86661, 14.473, 1.394),
        "wideresnet-16-4-cifar-100": (0.94386, 0.93474, 5.832, 4.358),
        "lenet-5-cifar-100": (3.82507, 3.81463, 1.806, 1.375),
        "wideresnet-16-4-cifar-10": (0.37371, 0.27042, 5.517, 0.673),
        "lenet-5-cifar-10": (1.39048, 1.32600, 11.926, 2.243),
    }
    for name, (nll_before, nll_after, ece_before, ece_after) in published.items():
        with np.load(shared_data / "cifar_predictions" / f"{name}.npz") as file:
            p, y = file["predictions"].astype(float), file["ground_truth"].ravel()
        case = Case(Probs(p, Task("multiclass", tuple(map(str, range(p.shape[1]))))), y)
        halves = [(np.arange(5000), np.arange(5000, 10000))]
        gain = held_out(case, CALIBRATORS["temperature"], halves)
        assert gain.nll_before == pytest.approx(nll_before, abs=6e-6), name
        assert gain.nll_after == pytest.approx(nll_after, abs=6e-6), name
        assert 100 * gain.ece_before == pytest.approx(ece_before, abs=6e-4), name
        assert 100 * gain.ece_after == pytest.approx(ece_after, abs=6e-4), name


def test_groups_share_a_fold_and_tiny_data_has_none(made):
    case = made(groups=np.arange(600) // 6)
    fold = folds(case, np.arange(600))
    assert (fold.reshape(-1, 6) == fold.reshape(-1, 6)[:, :1]).all()
    assert set(fold) == set(range(5))
    assert calibration_gains(made(rows=9)) == {}


def test_a_fit_by_class_needs_rows_of_every_class(made):
    assert set(calibration_gains(made("multiclass"))) == {"temperature", "vector"}
    assert set(calibration_gains(made("multiclass", rows=25))) == {"temperature"}
    assert set(calibration_gains(made("multilabel"))) == {"temperature", "affine", "shrunk"}
    assert set(calibration_gains(made("binary"))) == {"temperature", "affine"}


def test_rows_of_one_group_are_one_piece_of_evidence(made):
    one = made("multiclass", rows=300)
    twice = Case(
        type(one.scores)(np.repeat(one.scores.array, 4, 0), one.scores.task, groups=np.repeat(np.arange(300), 4)),
        np.repeat(one.targets, 4),
        resamples=300,
    )
    alone, grouped = (calibration_gains(case)["temperature"].gain for case in (one, twice))
    assert (grouped.high - grouped.low) == pytest.approx(alone.high - alone.low, rel=0.25)


def test_unknown_cells_take_part_in_nothing(made):
    case = made("multilabel", rows=400)
    holes = case.targets.copy()
    holes[::3, 2] = np.nan
    array = case.scores.array.copy()
    array[::3, 2] = 50  # whatever stands there
    one, other = (Case(type(case.scores)(a, case.scores.task), holes) for a in (array, case.scores.array))
    assert calibration_gains(one)["affine"].ece_after == pytest.approx(
        calibration_gains(other)["affine"].ece_after, abs=1e-9
    )
