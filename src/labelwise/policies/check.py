"""The parts of a policy file as values, each checked against the task: what loads can decide."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from labelwise.calibration.calibration import Calibration
from labelwise.calibration.forms import FORMS
from labelwise.calibration.table import CALIBRATORS
from labelwise.decisions.caution import FAMILIARITY, Caution
from labelwise.decisions.forms import RULE_FORMS
from labelwise.decisions.row_f import BETAS
from labelwise.decisions.rule import TunedRule
from labelwise.decisions.sets import SET_SCORES, SetRule
from labelwise.errors import InputError
from labelwise.policies.schema import PolicyFile, RulePart
from labelwise.task import Task

__all__ = ["calibration_of", "caution_of", "rule_of", "sets_of", "task_of"]

SOFTMAX_FORMS = ("cumulative", "mixture", "mixed_vector", "mixed_matrix", "share_steps")
LABEL_FORMS = ("beta", "quadratic", "steps")
LARGEST = 1e60  # products of a few of them with logits stay far from overflow


def task_of(file: PolicyFile, where: str) -> Task:
    """The task, its names distinct and enough of them."""
    names = file.task.class_names
    least = 1 if file.task.kind == "multilabel" else 2
    if len(names) < least or (file.task.kind == "binary" and len(names) != 2):
        _refuse(where, f"{len(names)} class names for a {file.task.kind} task")
    if len(set(names)) != len(names):
        _refuse(where, "two classes of one name")
    trained_with = file.tuned_for.trained_with
    if trained_with is not None and (trained_with != "softmax" or file.task.kind != "multilabel"):
        _refuse(where, f"trained_with {trained_with!r} for a {file.task.kind} task")
    if not file.tuned_for.objective or file.tuned_for.rows < 1:
        _refuse(where, "tuned for nothing, or on no rows")
    return Task(file.task.kind, tuple(names))


def calibration_of(file: PolicyFile, task: Task, where: str) -> Calibration:
    """The calibration, its parameters of the form's shapes and finite."""
    part, width = file.calibration, task.n_outputs
    if part.form not in FORMS or part.name not in CALIBRATORS:
        _refuse(where, f"an unknown calibration {part.name!r} of form {part.form!r}")
    exclusive = task.kind in ("multiclass", "ordinal")
    if part.form in (LABEL_FORMS if exclusive else SOFTMAX_FORMS):
        _refuse(where, f"a calibration of form {part.form!r} for a {task.kind} task")
    shapes = FORMS[part.form].shapes
    if set(shapes) != set(part.parameters):
        _refuse(where, f"parameters {sorted(part.parameters)} where the form {part.form!r} has {sorted(shapes)}")
    parameters = {name: _parameter(part.parameters[name], shape, width, name, where) for name, shape in shapes.items()}
    if part.form in ("steps", "share_steps"):
        for edges, values in zip(parameters["edges"], parameters["values"], strict=True):
            if len(values) != len(edges) + 1 or (np.diff(edges) <= 0).any():
                _refuse(where, "steps whose edges do not ascend, or without one value more than edges")
    if part.form == "cumulative" and (task.kind != "ordinal" or parameters["scale"] <= 0 or parameters["share"] <= 0):
        _refuse(where, f"cuts between the ranks of a {task.kind} task, or none in order")
    if "share" in shapes and not 0 <= float(parameters["share"]) < 1:
        _refuse(where, f"a share of {parameters['share']} mixed in")
    if part.form == "quadratic" and parameters["low"] > parameters["high"]:
        _refuse(where, "a range that ends before it begins")
    return Calibration(part.name, part.form, parameters, part.why)


def rule_of(file: PolicyFile, task: Task, where: str) -> TunedRule:
    """The rule, with all that its form asks for and nothing besides."""
    part, width = file.rule, task.n_outputs
    if part.form not in RULE_FORMS or task.kind not in RULE_FORMS[part.form].tasks:
        _refuse(where, f"a rule of form {part.form!r} for a {task.kind} task")
    form = RULE_FORMS[part.form]
    for name in RulePart.__struct_fields__[1:]:
        there = getattr(part, name) not in (None, False, [])
        if name not in form.may and there != (name in form.needs):
            _refuse(where, f"a rule of form {part.form!r} {'with' if there else 'without'} {name}")
    if part.offsets is not None and part.form == "highest" and task.kind == "multilabel":
        _refuse(where, "offsets of the most probable label")
    if part.thresholds is not None:
        _levels(_sized(part.thresholds, width, "thresholds", where), where)
    if part.unsure_from is not None:
        if part.thresholds is None:
            _refuse(where, "unsure_from without thresholds")
        _levels(_sized(part.unsure_from, width, "unsure_from", where), where)
        if any(t is not None and low > t for low, t in zip(part.unsure_from, part.thresholds, strict=True)):
            _refuse(where, "a label that is unsure above its threshold")
        if part.at_least_one:
            _refuse(where, "at_least_one with unsure_from")
    if part.sets is not None:
        if any(list(columns) != sorted(set(columns)) for columns in part.sets):
            _refuse(where, "a set of labels with a column twice, or out of order")
        _columns([c for columns in part.sets for c in columns], width, where)
    if part.offsets is not None:
        size = width if part.sets is None else len(part.sets)
        _finite(_sized(part.offsets, size, "offsets", where), "offsets", where)
    if part.costs is not None:
        wide = len(part.costs[0]) if part.costs else 0
        if wide not in (width, width + 1):
            _refuse(where, f"costs of {wide} answers for {width} columns")
        for row in _sized(part.costs, width, "costs", where):
            _finite(_sized(row, wide, "costs", where), "costs", where)
    if part.beta is not None and part.beta not in BETAS:
        _refuse(where, f"beta {part.beta} where {', '.join(map(str, BETAS))} are known")
    if (part.k is not None and not 1 <= part.k <= width) or (
        part.at_most is not None and not 1 <= part.at_most <= width
    ):
        _refuse(where, f"a number of labels outside 1..{width}")
    columns = [c for group in part.groups for c in group]
    _columns(columns, width, where)
    if len(set(columns)) < len(columns) or any(len(group) < 2 for group in part.groups):
        _refuse(where, "groups of fewer than two columns, or that share one")
    return TunedRule(
        part.form,
        None if part.thresholds is None else tuple(part.thresholds),
        None if part.unsure_from is None else tuple(part.unsure_from),
        None if part.offsets is None else tuple(part.offsets),
        None if part.costs is None else tuple(tuple(row) for row in part.costs),
        part.k,
        part.beta,
        None if part.sets is None else tuple(tuple(columns) for columns in part.sets),
        part.at_least_one,
        part.at_most,
        tuple(tuple(group) for group in part.groups),
    )


def _levels(values: list[Any], where: str) -> None:
    if any(t is not None and not 0 <= t <= 1 for t in values):
        _refuse(where, "a threshold outside 0..1")


def _columns(columns: list[int], width: int, where: str) -> None:
    if any(not 0 <= c < width for c in columns):
        _refuse(where, "columns that do not exist")


def caution_of(file: PolicyFile, task: Task, where: str) -> Caution:
    """The caveats, each of them possible for the task."""
    part = file.caution
    exclusive = task.kind in ("multiclass", "ordinal")
    for name, value in (("low_confidence", part.low_confidence), ("close_call", part.close_call)):
        if value is not None and not 0 < value <= 1:
            _refuse(where, f"{name} of {value}")
    if part.close_call is not None and not exclusive:
        _refuse(where, f"close calls for a {task.kind} task")
    if part.one_expected and task.kind != "multilabel":
        _refuse(where, f"one label expected for a {task.kind} task")
    if (part.familiarity is None) != (part.unfamiliar_below is None):
        _refuse(where, "half of an out-of-domain caveat")
    if part.familiarity is not None and (part.familiarity not in FAMILIARITY or task.kind == "binary"):
        _refuse(where, f"an out-of-domain score {part.familiarity!r} for a {task.kind} task")
    if part.unfamiliar_below is not None:
        _finite(part.unfamiliar_below, "an out-of-domain level", where)
    if part.whole_row and (part.low_confidence is None or task.kind != "multilabel"):
        _refuse(where, f"the confidence of whole rows for a {task.kind} task, or without a level")
    familiar = part.familiarity, part.unfamiliar_below
    return Caution(part.low_confidence, part.close_call, *familiar, part.one_expected, part.whole_row)


def sets_of(file: PolicyFile, task: Task, where: str) -> SetRule | None:
    """The rule for sets, with a limit for each class."""
    part, width = file.sets, task.n_outputs
    if part is None:
        return None
    if task.kind not in ("multiclass", "ordinal") or part.score not in SET_SCORES:
        _refuse(where, f"sets by the score {part.score!r} for a {task.kind} task")
    if not 0 < part.coverage < 1:
        _refuse(where, f"sets with a coverage of {part.coverage}")
    _finite([limit for limit in _sized(part.limits, width, "limits", where) if limit is not None], "limits", where)
    if any(n < 0 for n in _sized(part.n, width, "numbers of rows", where)):
        _refuse(where, "limits that rest on a negative number of rows")
    return SetRule(part.score, part.coverage, part.per_class, tuple(part.limits), tuple(part.n))


def _parameter(value: Any, shape: str, width: int, name: str, where: str) -> Any:
    if shape == "C*":
        if not isinstance(value, list) or len(value) != width or not all(isinstance(v, list) for v in value):
            _refuse(where, f"parameter {name} that is no list of {width} lists")
        return tuple(_finite(v, name, where) for v in value)
    try:
        array = _finite(value, name, where)
    except ValueError:
        _refuse(where, f"parameter {name} with rows of several lengths")
    wanted = {"1": [()], "C": [(width,)], "1|C": [(), (width,)], "CC": [(width, width)]}[shape]
    if array.shape not in wanted:
        _refuse(where, f"parameter {name} of shape {array.shape} where {' or '.join(map(str, wanted))} is due")
    return array


def _finite(values: Any, name: str, where: str) -> np.ndarray:
    array = np.asarray(values, np.float64)
    if not (np.abs(array) <= LARGEST).all():
        _refuse(where, f"{name}: no numbers, or beyond {LARGEST:g}")
    return array


def _sized(values: list[Any], width: int, name: str, where: str) -> list[Any]:
    if len(values) != width:
        _refuse(where, f"{len(values)} {name} for {width} columns")
    return values


def _refuse(where: str, what: str) -> NoReturn:
    raise InputError("a policy that can decide", f"{where}: {what}", "the file as labelwise wrote it")
