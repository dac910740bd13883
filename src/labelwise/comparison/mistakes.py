"""The table of answers: one row for each test item, head and seed, with the kind of mistake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from labelwise.comparison.judge import HeadRun
from labelwise.comparison.result import MistakeRow
from labelwise.decisions import KINDS, OVERCONFIDENT, argmax_answers
from labelwise.task import Task

if TYPE_CHECKING:
    import polars as pl

__all__ = ["label_names", "mistake_rows", "mistake_table", "surest_mistakes"]


def label_names(task: Task) -> np.ndarray:
    """Names of the answer columns; a yes/no column's two answers."""
    return np.array(task.class_names, dtype=object)


def mistake_rows(
    run: HeadRun, rule: str, names: np.ndarray, ids: Sequence | np.ndarray, items: np.ndarray | None = None
) -> Iterator[MistakeRow]:
    """One row per test item, right ones (kind ``right``) among them.

    Args:
        run: the judged head and seed.
        rule: the rule that gave the answers.
        names: from `label_names`.
        ids: (N,) ids of all rows.
        items: the test items wanted, by their place in the test part; None for all.
    """
    judged = run.judged[rule]
    argmax = _argmax(judged.probs, names, judged.task)
    for i in range(len(run.test)) if items is None else items.tolist():
        confidence = float(judged.confidence[i])
        kind = KINDS[judged.kinds[i]]
        known = confidence == confidence
        yield MistakeRow(
            head=run.head.spec,
            seed=run.seed,
            id=str(ids[run.test[i]]),
            target=_names(judged.truth[i] == 1, names, judged.task),
            given=_names(judged.answers[i], names, judged.task),
            confidence=confidence if known else None,
            argmax=argmax[i],
            kind=kind,
            overconfident=bool(kind != "right" and known and confidence > OVERCONFIDENT),
        )


def surest_mistakes(runs: Sequence[HeadRun], rule: str, task: Task, ids: np.ndarray, most: int) -> list[MistakeRow]:
    """The mistakes made with the greatest confidence over all seeds, the surest first; of equals the earlier."""
    names, found = label_names(task), []
    for run in runs:
        judged = run.judged[rule]
        wrong = np.flatnonzero(judged.kinds != KINDS.index("right"))
        first = np.argsort(-np.nan_to_num(judged.confidence[wrong]), kind="stable")[:most]
        found += mistake_rows(run, rule, names, ids, wrong[first])
    return sorted(found, key=lambda r: -(r.confidence or 0.0))[:most]


def mistake_table(runs: dict[str, list[HeadRun]], task: Task, ids: np.ndarray) -> pl.DataFrame:
    """The same as a frame, under each head's own rule; `kind` is null where the answer is right."""
    import polars as pl

    names = label_names(task)
    rows = []
    for of_head in runs.values():
        for run in of_head:
            rule = run.head.rule(task)
            for row in mistake_rows(run, rule, names, ids):
                rows.append(
                    (
                        row.seed,
                        row.head,
                        rule,
                        row.id,
                        list(row.target),
                        list(row.given),
                        row.confidence,
                        row.argmax,
                        None if row.kind == "right" else row.kind,
                        row.overconfident,
                    )
                )
    schema = {
        "seed": pl.Int64,
        "head": pl.String,
        "rule": pl.String,
        "id": pl.String,
        "target": pl.List(pl.String),
        "given": pl.List(pl.String),
        "confidence": pl.Float64,
        "argmax": pl.String,
        "kind": pl.String,
        "overconfident": pl.Boolean,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _argmax(probs: np.ndarray, names: np.ndarray, task: Task) -> list[str]:
    """Name of each row's most probable class, of several groups one each."""
    answers = argmax_answers(probs, np.empty(0), task)
    return [", ".join(map(str, _names(row, names, task))) for row in answers]


def _names(marked: np.ndarray, names: np.ndarray, task: Task) -> tuple[str, ...]:
    if task.kind == "binary":
        return (str(names[int(marked[0])]),)
    return tuple(names[marked].tolist())
