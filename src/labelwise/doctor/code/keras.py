"""Keras models: functional and sequential, `compile`, `fit` and `predict`."""

from __future__ import annotations

import ast
from dataclasses import replace

from labelwise.doctor.code import calls, judge, layers, ops, optimisers
from labelwise.doctor.code.frameworks import canonical
from labelwise.doctor.code.items import items_of
from labelwise.doctor.code.losses import KERAS_LOSS_NAMES, LOSSES, LossSpec
from labelwise.doctor.code.machine import Claim, Frame, Machine
from labelwise.doctor.code.values import UNKNOWN, Const, Heap, Instance, Layer, Loss, Pack, Ref, Tensor, Value

__all__ = ["from_logits", "input_", "method", "model", "sequential"]

Args = list[Value]
Kwargs = dict[str, Value]


def from_logits(spec: LossSpec, args: Args, kwargs: Kwargs) -> bool | None:
    """The setting, its default, or None where it is not known."""
    given = kwargs.get("from_logits")
    if given is None and "**" in kwargs:
        return None
    if given is None and spec.keras and "from_logits" in spec.order and len(args) > spec.order.index("from_logits"):
        given = args[spec.order.index("from_logits")]
    if given is None:
        return spec.from_logits
    return bool(given.value) if isinstance(given, Const) else None


def sequential(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    """``keras.Sequential([...])``."""
    if not args and "layers" in kwargs:
        args = [kwargs["layers"]]
    return layers.sequential(m, frame, node, args[:1], keras=True)


def model(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    """``keras.Model(inputs, outputs)``."""
    outputs = kwargs.get("outputs", kwargs.get("output", args[1] if len(args) > 1 else UNKNOWN))
    return Heap("kmodel", m.site(node, frame, "Model"), outputs=outputs)


def input_(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    """``keras.Input(shape)``."""
    shape = kwargs.get("shape", args[0] if args else UNKNOWN)
    if isinstance(shape, Pack):
        return Tensor(ndim=len(shape.items) + 1, of="batch" if len(shape.items) == 1 else None)
    return Tensor()


def _output(m: Machine, frame: Frame, node: ast.AST, net: Value) -> Value:
    if isinstance(net, Heap) and net.kind == "kmodel":
        return net.state["outputs"]
    if isinstance(net, Heap) and net.kind == "seq":
        return layers.apply_seq(m, frame, node, net, Tensor())
    if isinstance(net, Instance):
        return calls.call(m, frame, node, net, [UNKNOWN], {})
    return UNKNOWN


def method(m: Machine, frame: Frame, node: ast.AST, net: Heap, name: str, args: Args, kwargs: Kwargs) -> Value:
    """compile, fit, predict or evaluate of a Keras model."""
    if name == "compile":
        return _compile(m, frame, node, net, args, kwargs)
    if name == "predict":
        out = _output(m, frame, node, net)
        data = args[0] if args else kwargs.get("x")
        test = isinstance(data, Tensor) and data.test
        if isinstance(out, Tensor):
            known = out.ndim or (2 if "loss" in net.state else None)
            return out.but(test=test, ndim=known)
        return Tensor(test=True) if test else UNKNOWN
    if name in ("fit", "evaluate"):
        labels = args[1] if len(args) > 1 else kwargs.get("y", UNKNOWN)
        _fit(m, frame, node, net, labels)
    return UNKNOWN


def keras_loss(m: Machine, value: Value) -> Loss | None:
    """A loss given to `compile`: word, object, function or class."""
    if isinstance(value, Const) and isinstance(value.value, str):
        family = KERAS_LOSS_NAMES.get(value.value.lower())
        return Loss(family, value.value, None, True, False) if family else None
    if isinstance(value, Loss):
        return value
    if isinstance(value, Ref):
        name = canonical(value.name)
        spec = LOSSES.get(name)
        if spec is not None and spec.keras:
            return Loss(spec.family, name.rpartition(".")[2], None, True, spec.from_logits)
        if name.startswith("keras.losses.") and name.rpartition(".")[2] in KERAS_LOSS_NAMES:
            return Loss(KERAS_LOSS_NAMES[name.rpartition(".")[2]], name.rpartition(".")[2], None, True, False)
    return None


def _compile(m: Machine, frame: Frame, node: ast.AST, net: Heap, args: Args, kwargs: Kwargs) -> Value:
    loss = kwargs.get("loss", args[1] if len(args) > 1 else UNKNOWN)
    metrics = kwargs.get("metrics", args[2] if len(args) > 2 else UNKNOWN)
    optimisers.given(m, frame, node, kwargs.get("optimizer", args[0] if args else UNKNOWN))
    out = _output(m, frame, node, net)
    for scores, one in _pairs(out, loss):
        found = keras_loss(m, one)
        if found is None:
            continue
        judge.loss_call(m, frame, node, found, scores)
        if scores is out and isinstance(scores, Tensor):
            m.write(net, "loss", found)
            m.write(net, "metrics", metrics)
            _metrics(m, frame, node, found, scores, _metric_names(metrics))
    return Const(None)


def _pairs(out: Value, loss: Value) -> list[tuple[Value, Value]]:
    """Each output with its loss."""
    if isinstance(loss, Heap) and loss.kind == "dict":
        if isinstance(out, Heap) and out.kind == "dict" and not out.opaque:
            return [(v, loss.state["items"][k]) for k, v in out.state["items"].items() if k in loss.state["items"]]
        if isinstance(out, Tensor) and len(loss.state["items"]) == 1:
            return [(out, next(iter(loss.state["items"].values())))]
        return []
    if isinstance(out, (Pack, Heap)):
        outs = items_of(out)
        losses = items_of(loss) if isinstance(loss, (Pack, Heap)) else ()
        if len(outs) == len(losses):
            return list(zip(outs, losses, strict=True))
        return [(outs[0], loss)] if len(outs) == 1 and not losses else []
    if isinstance(loss, Heap) and loss.kind == "list" and len(items_of(loss)) == 1:
        return [(out, items_of(loss)[0])]
    return [(out, loss)]


def _metric_names(metrics: Value) -> dict[str, float]:
    """Names of the metrics with the threshold each of them uses."""
    names: dict[str, float] = {}
    for one in items_of(metrics) if isinstance(metrics, (Pack, Heap)) else (metrics,):
        if isinstance(one, Const) and isinstance(one.value, str):
            names[{"acc": "accuracy"}.get(one.value, one.value)] = 0.5
        elif isinstance(one, Layer) and one.kind == "metric":
            names["binary_accuracy"] = one.get("threshold")
    return names


def metric(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    """``keras.metrics.BinaryAccuracy(threshold=0.5)``."""
    given = kwargs.get("threshold", args[2] if len(args) > 2 else Const(0.5))
    known = ops.number(given)
    return Layer("metric", m.site(node, frame, "BinaryAccuracy"), (("threshold", 0.0 if known is None else known),))


def _metrics(m: Machine, frame: Frame, node: ast.AST, loss: Loss, out: Tensor, names: dict[str, float]) -> None:
    site = m.site(node, frame, "compile")
    binary = names.get("binary_accuracy", names.get("accuracy") if out.width == 1 else None)
    if loss.family == "kbce" and loss.from_logits is True and out.act == "logits" and binary == 0.5:
        text = (
            "accuracy compares raw scores with 0.5; with from_logits=True one half is at 0: "
            "BinaryAccuracy(threshold=0.0)"
        )
        m.claim(Claim("LW501", site, text, tuple(s for s in (out.site,) if s)))
    if "binary_accuracy" in names and out.act == "softmax" and (out.width or 3) > 2:
        text = (
            "binary_accuracy of a softmax counts row-label cells: with C classes, answering nothing "
            "already gives 1 - 1/C"
        )
        m.claim(Claim("LW601", site, text, tuple(s for s in (out.site,) if s)))


def _fit(m: Machine, frame: Frame, node: ast.AST, net: Heap, labels: Value) -> None:
    loss = net.state.get("loss")
    if not isinstance(loss, Loss) or not isinstance(labels, Tensor):
        return
    out = _output(m, frame, node, net)
    if not isinstance(out, Tensor):
        return
    family = replace(loss, family=loss.family)
    judge.targets(m, family, out, labels, m.site(node, frame, "fit"))
    names = _metric_names(net.state.get("metrics", UNKNOWN))
    if (
        labels.act == "onehot"
        and loss.family == "kbce"
        and out.act == "sigmoid"
        and (out.width or 0) > 1
        and names.keys() & {"accuracy", "binary_accuracy"}
    ):
        text = (
            "one-hot labels with binary cross-entropy: accuracy counts row-label cells, and answering "
            "nothing gives 1 - 1/C"
        )
        m.claim(Claim("LW601", m.site(node, frame, "fit"), text, tuple(s for s in (labels.site,) if s)))
