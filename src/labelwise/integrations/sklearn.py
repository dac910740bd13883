"""scikit-learn: any classifier with calibrated, tuned decisions, several labels included."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from labelwise.calibration.select import LEAST_ROWS
from labelwise.errors import InputError, OptionError, choose, need
from labelwise.policies import Decisions, Policy, fit_policy
from labelwise.scores import Logits, Probs
from labelwise.task import Labels, Task

need("sklearn", extra="train", purpose="the wrapper for scikit-learn")

from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict  # noqa: E402
from sklearn.multiclass import OneVsRestClassifier  # noqa: E402
from sklearn.utils import column_or_1d, get_tags  # noqa: E402
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels  # noqa: E402
from sklearn.utils.validation import check_is_fitted, validate_data  # noqa: E402

__all__ = ["PROMISES", "LabelwiseClassifier"]

PROMISES = ("level", "delta", "risk", "sure", "sure_error", "sets", "set_coverage", "set_per_class")
"""Settings that promise something of new rows."""


class LabelwiseClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """A classifier whose probabilities are calibrated and whose decisions are tuned, on out-of-fold scores.

    The estimator is fitted in `cv` folds for scores of rows it did not see, a policy is fitted on those, and the
    estimator is fitted once more on all rows. Targets are one class per row, or an indicator matrix of several labels.

    Args:
        estimator: a classifier with ``predict_proba`` or ``decision_function``; default a logistic regression. For
            several labels one that does not take them is fitted once per label (``OneVsRestClassifier``).
        objective: what decisions are tuned for, a key of `OBJECTIVES`.
        cv: folds.
        at_least_one: of several labels the most probable one is given where none reaches its threshold.
        options: further settings of `fit_policy` by name, e.g. ``{"costs": [1, 5]}`` or ``{"close_call": 0.1}``; none
            that promises (`PROMISES`): scores out of fold come from other models than the one that is kept.
        random_state: seed of the folds.

    Attributes:
        estimator_: the estimator, fitted on all rows.
        policy_: the `Policy`, None where there were too few rows to fit one.
        classes_: the classes, or the label columns.

    Example:
        >>> from sklearn.datasets import make_multilabel_classification
        >>> from sklearn.linear_model import LogisticRegression
        >>> X, y = make_multilabel_classification(300, n_classes=4, random_state=0)
        >>> model = LabelwiseClassifier(LogisticRegression(max_iter=500), objective="macro_f1")
        >>> model.fit(X, y).predict(X).shape
        (300, 4)
    """

    def __init__(
        self,
        estimator: Any = None,
        *,
        objective: str = "accuracy",
        cv: int = 5,
        at_least_one: bool = False,
        options: Mapping[str, Any] | None = None,
        random_state: int = 0,
    ):
        self.estimator = estimator
        self.objective = objective
        self.cv = cv
        self.at_least_one = at_least_one
        self.options = options
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        tags.input_tags.sparse = False
        return tags

    def fit(self, X: Any, y: Any) -> LabelwiseClassifier:
        """Fit the estimator and the policy.

        Args:
            X: (N, D) features.
            y: (N,) classes, or (N, L) 0/1.
        """
        X, y = validate_data(self, X, y, multi_output=True, dtype=None, ensure_min_samples=2)
        check_classification_targets(y)
        several = type_of_target(y) == "multilabel-indicator"
        if not several and y.ndim == 2:
            y = column_or_1d(y, warn=True) if y.shape[1] == 1 else _refuse_outputs(y)
        self.classes_ = np.arange(y.shape[1]) if several else unique_labels(y)
        if len(self.classes_) < 2:
            raise InputError(
                "a classifier of two classes or more", "y with only one class", "rows of another class too"
            )
        self.estimator_ = self._fresh(several).fit(X, y)
        self.task_ = self._task(several)
        self.policy_ = self._policy(X, y, several)
        return self

    def decide(self, X: Any) -> Decisions:
        """Labels, probabilities and caveats.

        Raises:
            InputError: where there were too few rows to fit a policy.
        """
        check_is_fitted(self)
        if self.policy_ is None:
            raise InputError("tuned decisions", f"a fit on fewer than {LEAST_ROWS} rows", "more rows, or predict")
        return self.policy_.decide(self._scores(self._raw(self.estimator_, self._checked(X))))

    def predict(self, X: Any) -> np.ndarray:
        """Decisions: (N,) classes, or (N, L) 0/1."""
        check_is_fitted(self)
        X = self._checked(X)
        if self.policy_ is None:
            return np.asarray(self.estimator_.predict(X))
        given = self.policy_.decide(self._scores(self._raw(self.estimator_, X))).indicators
        if self.task_.kind == "multilabel":
            return given.astype(int)
        if self.task_.kind == "multiclass" and not given.any(1).all():
            raise InputError(
                "a class for every row", f"no answer at row {int(given.any(1).argmin())}", "decide, which says so"
            )
        return self.classes_[given[:, 0].astype(int) if self.task_.kind == "binary" else given.argmax(1)]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Calibrated probabilities: (N, C), or (N, L) of independent labels."""
        check_is_fitted(self)
        scores = self._scores(self._raw(self.estimator_, self._checked(X)))
        if self.policy_ is not None:
            p = self.policy_.decide(scores).probabilities
        else:
            p = (scores.to_probs(_link(self.task_)) if isinstance(scores, Logits) else scores).array
        return np.concatenate([1 - p, p], axis=1) if self.task_.kind == "binary" else p

    def _checked(self, X: Any) -> np.ndarray:
        return np.asarray(validate_data(self, X, reset=False, dtype=None))

    def _fresh(self, several: bool) -> Any:
        estimator = LogisticRegression() if self.estimator is None else clone(self.estimator)
        tags = get_tags(estimator)
        takes_several = tags.target_tags.multi_output or bool(tags.classifier_tags and tags.classifier_tags.multi_label)
        return OneVsRestClassifier(estimator) if several and not takes_several else estimator

    def _task(self, several: bool) -> Task:
        names = tuple(str(c) for c in self.classes_)
        return Task("multilabel" if several else "binary" if len(names) == 2 else "multiclass", names)

    def _policy(self, X: np.ndarray, y: np.ndarray, several: bool) -> Policy | None:
        codes = y if several else np.searchsorted(self.classes_, y)
        rarest = len(y) if several else int(np.bincount(codes).min())
        if len(y) < LEAST_ROWS or rarest < self.cv:
            return None
        splitter = KFold if several else StratifiedKFold
        folds = splitter(self.cv, shuffle=True, random_state=self.random_state)
        method = "decision_function" if _has_logits(self.estimator_) else "predict_proba"
        raw = cross_val_predict(self._fresh(several), X, y, cv=folds, method=method)
        return fit_policy(
            self._scores(_matrix(raw)),
            Labels(self.task_, codes),
            objective=self.objective,
            at_least_one=self.at_least_one,
            seed=self.random_state,
            **self._options(),
        )

    def _options(self) -> Mapping[str, Any]:
        options = self.options or {}
        promised = [name for name in options if name in PROMISES]
        if promised:
            raise OptionError(
                f"{promised[0]} of a classifier fitted again on all rows",
                f"options={dict(options)!r}",
                "labelwise.fit_policy on scores of rows kept apart, which is what a promise rests on",
            )
        own = [name for name in ("objective", "at_least_one", "seed") if name in options]
        if own:
            raise OptionError(f"{own[0]} once", f"options={dict(options)!r}", "the argument of the classifier itself")
        for name in options:
            choose(name, inspect.signature(fit_policy).parameters, what="setting of fit_policy")
        return options

    def _raw(self, estimator: Any, X: np.ndarray) -> np.ndarray:
        return _matrix(estimator.decision_function(X) if _has_logits(estimator) else estimator.predict_proba(X))

    def _scores(self, raw: np.ndarray) -> Logits | Probs:
        if self.task_.kind == "binary" and raw.shape[1] == 2:
            raw = raw[:, 1:]
        if _has_logits(self.estimator_):
            return Logits(raw, self.task_)
        return Probs(np.clip(raw, 0, 1), self.task_)


def _has_logits(estimator: Any) -> bool:
    return hasattr(estimator, "decision_function")


def _link(task: Task) -> str:
    return "softmax" if task.kind == "multiclass" else "sigmoid"


def _matrix(raw: Any) -> np.ndarray:
    """Scores as (N, C); a list with (N, 2) per label, as some estimators give it, as its columns of yes."""
    if isinstance(raw, list):
        return np.stack([part[:, 1] for part in raw], axis=1)
    raw = np.asarray(raw)
    return raw[:, None] if raw.ndim == 1 else raw


def _refuse_outputs(y: np.ndarray) -> np.ndarray:
    raise InputError(
        "one class per row, or 0/1 for each label",
        f"y of shape {y.shape} with several classes in each column",
        "one LabelwiseClassifier per column",
    )
