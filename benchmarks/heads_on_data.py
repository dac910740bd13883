"""Every head that fits, on real data: paired seeds, the same budget of learning rates, differences with intervals.

    python benchmarks/heads_on_data.py DATA_FOLDER [--only yeast,era] [--seeds 5] [--out FOLDER]

Prints one table per data set. Each head is judged under the rules that fit the figures: several labels with a
threshold tuned for each (micro and macro F1) and by its ranking (mAP) and probabilities (NLL, ECE); ordered classes by
the most probable class (accuracy), the median (MAE) and the rounded mean (QWK); classes by the most probable one. ± is
half of the 95% interval over seeds; the last column is the paired difference to the first head in the figure the table
is sorted by; (edge) marks a head whose best learning rate lay at an end of the grid.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import labelwise as lw
from labelwise.comparison.result import Comparison
from labelwise.heads import head_from

DIAMONDS = ("Fair", "Good", "Very Good", "Premium", "Ideal")
GENRES = ("Action", "Animation", "Comedy", "Drama", "Documentary", "Romance", "Short")

# (heading, rule or None for the head's own, figure); the first is what the table is sorted by
Columns = tuple[tuple[str, str | None, str], ...]
SEVERAL: Columns = (
    ("mAP", "per_label", "map"),
    ("macro F1", "per_label", "macro_f1"),
    ("micro F1", "per_label", "micro_f1"),
    ("strict, own rule", None, "strict_accuracy"),
    ("NLL", "per_label", "nll"),
    ("ECE", "per_label", "ece"),
)
ORDERED: Columns = (
    ("MAE (median)", "median", "rank_mae"),
    ("QWK (mean)", "mean", "quadratic_weighted_kappa"),
    ("accuracy (argmax)", "argmax", "strict_accuracy"),
    ("MAE (argmax)", "argmax", "rank_mae"),
    ("RPS", "argmax", "ranked_probability_score"),
    ("NLL", "argmax", "nll"),
)
CLASSES: Columns = (
    ("accuracy (argmax)", "argmax", "strict_accuracy"),
    ("macro F1 (argmax)", "argmax", "macro_f1"),
    ("macro F1 (per label)", "per_label", "macro_f1"),
    ("NLL", "argmax", "nll"),
    ("ECE", "argmax", "ece"),
)


@dataclass(frozen=True)
class Source:
    """A data set: how it is read, and what its table shows.

    Attributes:
        read: folder -> features, labels.
        columns: of the table.
        heads: what is compared; the first is what the others are held against.
        options: more for `compare`.
        rows: at most so many, drawn once; None for all.
        epochs: of training, the same for every head.
        bias: first bias of every head; ordered classes from the prior, since a threshold learns slowly.
    """

    read: Callable[[Path], tuple[np.ndarray, Any]]
    columns: Columns
    heads: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)
    rows: int | None = None
    epochs: int = 20
    bias: str = "zero"


def _yeast(folder: Path) -> tuple[np.ndarray, Any]:
    with np.load(folder / "yeast_multilabel.npz", allow_pickle=False) as z:
        return z["X"], z["Y"]


def _movies(folder: Path) -> tuple[np.ndarray, Any]:
    d = pl.read_parquet(folder / "movies_multilabel.parquet")
    x = d.select("year", "length", "votes", "rating", *(f"r{i}" for i in range(1, 11))).cast(pl.Float32).to_numpy()
    x[:, 1:3] = np.log1p(x[:, 1:3])
    return x, d.select(GENRES).to_numpy()


def _debtags(folder: Path) -> tuple[np.ndarray, Any]:
    with np.load(folder / "debtags_minilm_15k.npz", allow_pickle=False) as z:
        y = np.unpackbits(z["Y"], axis=1)[:, : int(z["n_labels"])]
        return z["X"].astype(np.float32), y


def _ordered(name: str) -> Callable[[Path], tuple[np.ndarray, Any]]:
    def read(folder: Path) -> tuple[np.ndarray, Any]:
        d = pl.read_parquet(folder / f"{name}_ordinal.parquet")
        inputs = [c for c in d.columns if c.startswith("in")]
        return d.select(inputs).to_numpy().astype(np.float32), d["target_index"].to_numpy()

    return read


def _diamonds(folder: Path) -> tuple[np.ndarray, Any]:
    d = pl.read_parquet(folder / "diamonds_ordinal.parquet")
    x = d.select("carat", "depth", "table", "x", "y", "z", pl.col("price").log()).to_numpy().astype(np.float32)
    other = d.select("color", "clarity").to_dummies().to_numpy().astype(np.float32)
    return np.concatenate([x, other], axis=1), np.array([DIAMONDS.index(c) for c in d["cut"]])


def _shuttle(folder: Path) -> tuple[np.ndarray, Any]:
    d = pl.read_parquet(folder / "shuttle_tabular.parquet")
    return d.drop("Class").to_numpy().astype(np.float32), d["Class"].cast(pl.String).to_numpy()


def _ticdata(folder: Path) -> tuple[np.ndarray, Any]:
    d = pl.read_parquet(folder / "ticdata_kernlab.parquet")
    x = d.drop("CARAVAN").to_dummies(pl.selectors.by_dtype(pl.Categorical, pl.String, pl.Enum))
    return x.to_numpy().astype(np.float32), (d["CARAVAN"].cast(pl.String) == "insurance").to_numpy()


_SEVERAL = ("sigmoid", "all")
_ORDINAL: dict[str, Any] = {"task": "ordinal"}
_LONG = ("softmax", "all", "softmax(class_weight=balanced)")
_RARE = ("sigmoid", "all", "sigmoid(pos_weight=15)")

SOURCES: dict[str, Source] = {
    "yeast": Source(_yeast, SEVERAL, _SEVERAL),
    "movies": Source(_movies, SEVERAL, _SEVERAL, rows=20_000),
    "debtags": Source(_debtags, SEVERAL, _SEVERAL, rows=3_000),
    **{
        name: Source(_ordered(name), ORDERED, ("softmax", "all"), _ORDINAL, epochs=100, bias="prior")
        for name in ("era", "esl", "lev", "swd")
    },
    "diamonds": Source(_diamonds, ORDERED, ("softmax", "all"), _ORDINAL, rows=20_000, bias="prior"),
    "shuttle": Source(_shuttle, CLASSES, _LONG, rows=30_000),
    "ticdata": Source(_ticdata, CLASSES, _RARE, {"backbone": "linear"}, rows=4_000),
}


def heads_of(source: Source, task: lw.Task) -> list[str]:
    """The heads of a source, ``all`` replaced by those that fit and are not named already."""
    fitting = [name for name, head in lw.HEADS.items() if head.fits(task)]
    named = [h for h in source.heads if h != "all"]
    found = [*named[:1], *(name for name in fitting if name not in named), *named[1:]]
    return [head_from(name).with_settings(bias=source.bias).spec for name in found]


def _short(head: str) -> str:
    """The head without its bias, which stands in the title."""
    return head.replace("(bias=prior)", "").replace(",bias=prior", "")


def table(found: Comparison, columns: Columns) -> list[str]:
    """The table in Markdown, best first by the first column."""
    first = next(iter(found.heads))
    _, rule, figure = columns[0]
    assert rule is not None
    lower = found.metrics[figure].better == "lower"
    gaps = {d.b: d for d in found.differences if d.a == first and (d.rule, d.metric) == (rule, figure)}

    def cell(head: str, asked: str | None, name: str) -> str:
        result = found.heads[head]
        value = result.rules[asked or result.rule][name]
        if value.value is None:
            return "–"
        half = "" if value.low is None or value.high is None else f" ±{(value.high - value.low) / 2:.3f}"
        return f"{value.value:.3f}{half}"

    def place(head: str) -> float:
        value = found.heads[head].rules[rule][figure].value
        return np.inf if value is None else (value if lower else -value)

    lines = [
        "| head | " + " | ".join(title for title, _, _ in columns) + f" | {columns[0][0]} against {_short(first)} |",
        "|---" * (len(columns) + 2) + "|",
    ]
    for head in sorted(found.heads, key=place):
        gap = gaps.get(head)
        told = "" if gap is None or gap.value is None else f"{-gap.value:+.3f}"
        if gap is not None and gap.low is not None and gap.high is not None:
            told += f" [{-gap.high:+.3f}, {-gap.low:+.3f}]"
        cells = [cell(head, asked, name) for _, asked, name in columns]
        edge = " (edge)" if found.heads[head].at_edge else ""
        lines.append(f"| {_short(head)}{edge} | " + " | ".join(cells) + f" | {told} |")
    return lines


def main() -> None:
    """Run the data sets asked for and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default=",".join(SOURCES))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, help="keep the runs there, to continue an interrupted one")
    asked = parser.parse_args()
    for name in asked.only.split(","):
        source = SOURCES[name]
        x, y = source.read(asked.folder)
        if source.rows is not None and len(x) > source.rows:
            keep = np.random.default_rng(0).choice(len(x), source.rows, replace=False)
            x, y = x[keep], y[keep]
        kind = source.options.get("task")
        heads = heads_of(source, lw.infer_task(y, kind=kind))
        began = time.perf_counter()
        found = lw.compare(
            (x, y),
            heads=heads,
            seeds=asked.seeds,
            epochs=source.epochs,
            why=False,
            out=None if asked.out is None else asked.out / name,
            **source.options,
        )
        title = f"{name}: {len(x):,} rows, {len(found.task['class_names'])} classes or labels, {len(heads)} heads"
        print(f"\n### {title}, {source.epochs} epochs, first bias {source.bias}\n")
        print("\n".join(table(found, source.columns)), flush=True)
        print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
