import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.datasets import load_digits, make_classification, make_multilabel_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, ShuffleSplit, cross_val_score
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.utils.estimator_checks import check_estimator

from labelwise import InputError, OptionError
from labelwise.integrations.sklearn import LabelwiseClassifier


@pytest.fixture(scope="module")
def several():
    X, y = make_multilabel_classification(150, n_classes=3, n_labels=1, random_state=0)
    return X, np.asarray(y)


def over_labels():
    return LogisticRegression(max_iter=500)  # takes no several labels itself


def test_scikit_learns_own_checks_pass():
    results = check_estimator(LabelwiseClassifier(LogisticRegression()), on_skip=None)
    assert [r["check_name"] for r in results if r["status"] not in ("passed", "skipped")] == []
    assert sum(r["status"] == "passed" for r in results) > 40


def test_cross_validation_and_search_with_several_labels(several):
    X, y = several
    model, split = LabelwiseClassifier(over_labels(), cv=2), ShuffleSplit(1, random_state=0)
    assert cross_val_score(model, X, y, cv=split, scoring="f1_macro").min() > 0.3
    search = GridSearchCV(model, {"objective": ["accuracy", "macro_f1"]}, scoring="f1_macro", cv=split).fit(X, y)
    assert search.best_params_ == {"objective": "macro_f1"}
    assert clone(search.best_estimator_).objective == "macro_f1"


def test_decisions_are_the_tuned_ones(several):
    X, y = several
    model = LabelwiseClassifier(over_labels(), objective="macro_f1", cv=3, at_least_one=True).fit(X, y)
    given = model.predict(X)
    assert given.shape == y.shape
    assert (given.sum(1) >= 1).all()
    assert (given != (model.predict_proba(X) >= 0.5)).any()
    assert model.decide(X).labels[0] == [str(c) for c in np.flatnonzero(given[0])]


def test_a_list_of_probabilities_per_label(several):
    X, y = several
    model = LabelwiseClassifier(MultiOutputClassifier(GaussianNB()), objective="micro_f1", cv=3).fit(X, y)
    assert model.predict_proba(X).shape == y.shape


def test_over_sure_probabilities_are_mended():
    from sklearn.metrics import log_loss

    X, y = load_digits(return_X_y=True)
    train, test = np.arange(len(y)) % 2 == 0, np.arange(len(y)) % 2 == 1
    model = LabelwiseClassifier(GaussianNB(), cv=3).fit(X[train], y[train])
    alone = GaussianNB().fit(X[train], y[train])
    assert log_loss(y[test], model.predict_proba(X[test])) < log_loss(y[test], alone.predict_proba(X[test])) / 2


def test_too_few_rows_for_a_policy_are_the_estimators_own():
    X, y = np.arange(10.0)[:, None], np.arange(10) % 2
    model = LabelwiseClassifier(LogisticRegression()).fit(X, y)
    assert model.policy_ is None
    assert (model.predict(X) == model.estimator_.predict(X)).all()
    with pytest.raises(InputError, match="fewer than 20 rows"):
        model.decide(X)


def test_further_settings_of_a_policy():
    X, y = make_classification(300, n_features=6, n_informative=4, n_classes=3, random_state=0)
    costs = [[0, 1, 9], [1, 0, 9], [1, 1, 0]]
    model = LabelwiseClassifier(objective="cost", options={"costs": costs, "close_call": 0.1}, cv=3)
    model = clone(model).fit(X, y)
    plain = LabelwiseClassifier(cv=3).fit(X, y)
    assert model.policy_.caution.close_call == 0.1
    assert (model.predict(X) == 2).sum() < (plain.predict(X) == 2).sum()


@pytest.mark.parametrize(
    "options,match",
    [
        ({"sets": "aps"}, "rows kept apart"),
        ({"risk": 0.1}, "rows kept apart"),
        ({"seed": 1}, "the argument of the classifier itself"),
        ({"close_cal": 0.1}, "close_call"),
    ],
)
def test_settings_that_promise_or_do_not_exist_are_refused(options, match):
    X, y = make_classification(100, n_features=6, n_informative=4, n_classes=3, random_state=0)
    with pytest.raises(OptionError, match=match):
        LabelwiseClassifier(cv=3, options=options).fit(X, y)


def test_a_row_without_an_answer_has_no_class():
    X, y = make_classification(200, n_features=6, n_informative=4, n_classes=3, random_state=0)
    useful = [[1, 0, 0, 0.9], [0, 1, 0, 0.9], [0, 0, 1, 0.9]]  # no answer is nearly as good as the right one
    model = LabelwiseClassifier(objective="utility", options={"utilities": useful}, cv=3).fit(X, y)
    assert [] in model.decide(X).labels
    with pytest.raises(InputError, match="no answer at row"):
        model.predict(X)
