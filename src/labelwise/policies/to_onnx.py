"""A policy as an ONNX graph, written node by node."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from labelwise.decisions.caution import CAVEATS
from labelwise.errors import need
from labelwise.io.files import write_atomically
from labelwise.policies.policy import Policy
from labelwise.policies.program import decide_program

__all__ = ["OPSET", "about_policy", "policy_graph", "save_onnx"]

OPSET = 18


def save_onnx(policy: Policy, path: Path | str, *, dtype: str = "float32") -> None:
    """Write `policy_graph` to a file, atomically.

    Args, errors: as in `policy_graph`.
    """
    model = policy_graph(policy, dtype=dtype)
    write_atomically(path, lambda part: part.write_bytes(model.SerializeToString()))


def policy_graph(policy: Policy, *, dtype: str = "float32") -> Any:
    """An ONNX model: ``scores`` (N, C) -> ``answers`` bool, ``probabilities`` float64, ``caveats`` (N, 6) bool.

    A policy with sets has the output ``sets`` (N, C) bool, too. The arithmetic inside is float64. The model's metadata
    hold the names of classes and caveats, the kind of scores and the policy's hash.

    Args:
        policy: the policy.
        dtype: of the scores, ``float32`` or ``float64``.

    Raises:
        MissingExtra: where onnx is not installed.
        OptionError: where the policy cannot be computed alike by an ONNX runtime.
    """
    onnx = need("onnx", extra="onnx", purpose="a policy as an ONNX graph")
    kinds = {"float32": onnx.TensorProto.FLOAT, "float64": onnx.TensorProto.DOUBLE}
    engine = _Onnx(onnx)
    scores = engine.node("Cast", "scores", to=onnx.TensorProto.DOUBLE)
    outputs = decide_program(policy, engine, scores)
    width = policy.task.n_outputs
    shapes = {
        "answers": (onnx.TensorProto.BOOL, width),
        "probabilities": (onnx.TensorProto.DOUBLE, width),
        "caveats": (onnx.TensorProto.BOOL, len(CAVEATS)),
        "unsure": (onnx.TensorProto.BOOL, width),
        "sets": (onnx.TensorProto.BOOL, width),
    }
    for name, value in outputs.items():
        engine.nodes.append(onnx.helper.make_node("Identity", [value], [name]))
    make = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        engine.nodes,
        "policy",
        [make("scores", kinds[dtype], ["N", width])],
        [make(name, kind, ["N", columns]) for name, (kind, columns) in shapes.items() if name in outputs],
        engine.constants,
    )
    model = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", OPSET)], producer_name="labelwise", ir_version=9
    )
    onnx.helper.set_model_props(model, about_policy(policy))
    onnx.checker.check_model(model)
    return model


def about_policy(policy: Policy) -> dict[str, str]:
    """What an exported file says of itself; lists as JSON."""
    return {
        "class_names": json.dumps(policy.task.column_names),
        "caveats": json.dumps(list(CAVEATS)),
        "task": policy.task.kind,
        "score_kind": policy.score_kind,
        "policy_sha256": policy.sha256,
    }


TWOS = {
    "add": "Add", "sub": "Sub", "mul": "Mul", "div": "Div", "matmul": "MatMul", "max": "Max", "min": "Min",
    "ge": "GreaterOrEqual", "lt": "Less", "gt": "Greater", "eq": "Equal", "and": "And", "or": "Or",
}  # fmt: skip
ONES = {"exp": "Exp", "log": "Log", "abs": "Abs", "round": "Round", "not": "Not", "neg": "Neg"}
ROWS = {"max": "ReduceMax", "min": "ReduceMin", "sum": "ReduceSum"}


class _Onnx:
    """The words of `Engine` as nodes of a graph; a value is the name of a tensor."""

    def __init__(self, onnx: Any):
        self.onnx = onnx
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """A node with one output, whose name is returned."""
        name = f"v{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(self, array: np.ndarray) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(self.onnx.numpy_helper.from_array(np.asarray(array), name))
        return name

    def two(self, name: str, a: str, b: str) -> str:
        return self.node(TWOS[name], a, b)

    def one(self, name: str, a: str) -> str:
        if name == "int":
            return self.node("Cast", a, to=self.onnx.TensorProto.INT64)
        return self.node(ONES[name], a)

    def rows(self, name: str, a: str) -> str:
        return self.node(ROWS[name], a, self.constant(np.array([-1])), keepdims=1)

    def where(self, test: str, a: str, b: str) -> str:
        return self.node("Where", test, a, b)

    def deeper(self, a: str, axis: int) -> str:
        return self.node("Unsqueeze", a, self.constant(np.array([axis])))

    def flatter(self, a: str) -> str:
        return self.node("Squeeze", a, self.constant(np.array([-1])))

    def pick(self, a: str, columns: np.ndarray) -> str:
        return self.node("Gather", a, self.constant(columns), axis=-1)

    def sort(self, a: str) -> str:
        size = self.node("Slice", self.node("Shape", a), *map(self.constant, (np.array([-1]), np.array([2**31]))))
        name = f"v{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node("TopK", [a, size], [name, f"{name}_places"], axis=-1))
        return name

    def beside(self, values: list[str]) -> str:
        return self.node("Concat", *values, axis=-1)

    def piece(self, name: str, body: Callable[..., str], *values: str) -> str:
        return body(*values)

    def look_up(self, table: np.ndarray, index: str) -> str:
        return self.node("Gather", self.constant(table), index)
