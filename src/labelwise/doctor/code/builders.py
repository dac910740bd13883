"""Known things that are neither layer, loss nor array operation: containers, pretrained nets, data, builtins."""

from __future__ import annotations

import ast
from collections.abc import Callable

from labelwise.doctor.code import answers, calls, judge, keras, layers, ops, optimisers
from labelwise.doctor.code import expressions as ex
from labelwise.doctor.code.frameworks import HF_CLASSIFIERS, TORCHVISION_NETS, canonical
from labelwise.doctor.code.items import element_tensor, item, items_of
from labelwise.doctor.code.losses import LOSSES
from labelwise.doctor.code.machine import Claim, Frame, Link, Machine
from labelwise.doctor.code.python import BUILTINS
from labelwise.doctor.code.values import (
    UNKNOWN,
    Class,
    Const,
    Func,
    Heap,
    Instance,
    Layer,
    Loss,
    Pack,
    Ref,
    Rest,
    Tensor,
    Value,
)

__all__ = ["call_heap", "call_known", "heap_method"]

Args = list[Value]
Kwargs = dict[str, Value]


def call_known(m: Machine, frame: Frame, node: ast.AST, name: str, args: Args, kwargs: Kwargs) -> Value:
    """Call something outside the project that has a builder; anything else is unknown."""
    builder = _BUILDERS.get(name)
    if builder is not None:
        return builder(m, frame, node, args, kwargs)
    if (made := optimisers.made(m, frame, node, name, args, kwargs)) is not None:
        return made
    if TORCHVISION_NETS.match(name):
        return _net(m, frame, node, args, kwargs)
    if HF_CLASSIFIERS.match(name.removesuffix(".from_pretrained").removesuffix(".from_config")):
        return _hf(m, frame, node, kwargs, tokens="ForToken" in name)
    if name.startswith("smp.") and name[4:5].isupper() and not name.endswith("Loss"):
        return _smp(m, frame, node, args, kwargs)
    if name.startswith(("sklearn.metrics.", "numpy.random.")) or name.startswith("builtins."):
        return judge.from_test([*args, *kwargs.values()]) or UNKNOWN
    return judge.from_test([*args, *kwargs.values()]) or UNKNOWN


def call_heap(m: Machine, frame: Frame, node: ast.AST, obj: Heap, args: Args, kwargs: Kwargs) -> Value:
    """Call a model that is made of known parts."""
    if obj.kind == "seq":
        return layers.apply_seq(m, frame, node, obj, args[0] if args else next(iter(kwargs.values()), UNKNOWN))
    if obj.kind == "net":
        return _call_net(m, frame, node, obj, args)
    if obj.kind == "kmodel":
        return obj.state["outputs"]
    if obj.kind == "hf":
        logits = _hf_logits(obj)
        return Heap("hf_output", logits=logits, labels="labels" in kwargs or len(args) > 2, attrs={"logits": logits})
    return judge.from_test([*args, *kwargs.values()]) or UNKNOWN


def _call_net(m: Machine, frame: Frame, node: ast.AST, obj: Heap, args: Args) -> Value:
    head = obj.state.get("head")
    if head is None:
        site = obj.site
        return layers.head_tensor(site, obj.state.get("width"), Tensor()).but(ndim=2) if site else UNKNOWN
    x = Tensor(ndim=2, of="batch")
    return (
        layers.apply_layer(m, frame, node, head, [x], inside=True)
        if isinstance(head, Layer)
        else ex.call(m, frame, node, head, [x], {})
    )


def heap_method(m: Machine, frame: Frame, node: ast.AST, obj: Heap, name: str, args: Args, kwargs: Kwargs) -> Value:
    """A method of a container or model."""
    if name == "[]":
        return UNKNOWN
    if obj.kind in ("seq", "net", "kmodel", "hf") and name in calls._SELF_METHODS:
        return obj
    if name in ("forward", "__call__") and obj.kind != "dict":
        return call_heap(m, frame, node, obj, args, kwargs)
    keras_model = obj.kind == "kmodel" or (obj.kind == "seq" and obj.state.get("keras"))
    if keras_model and name in ("compile", "fit", "predict", "evaluate", "fit_generator"):
        return keras.method(m, frame, node, obj, name, args, kwargs)
    if obj.kind in ("list", "seq") and name in ("append", "add", "extend", "add_module", "insert", "pop"):
        return _grow(m, obj, name, args)
    if obj.kind == "dict" and name in ("get", "pop", "setdefault"):
        found = item(m, frame, node, obj, args[0]) if args else UNKNOWN
        return found
    if obj.kind == "dict" and name == "update":
        if args and isinstance(args[0], Heap) and args[0].kind == "dict" and not args[0].opaque:
            m.write(obj, "items", {**obj.state["items"], **args[0].state["items"], **kwargs})
        else:
            obj.opaque = True
        return Const(None)
    if obj.kind == "dict" and name in ("items", "values", "keys"):
        return UNKNOWN
    if obj.kind == "list" and name == "index" and element_tensor(obj).of == "swept-score":
        return Tensor("hard", test=element_tensor(obj).test, dtype="int", of="swept-best")
    if obj.kind == "mlb" and name in ("fit_transform", "transform"):
        return Tensor("multihot", ndim=2, site=m.site(node, frame, "multi-hot labels"))
    if obj.kind == "hf_output" and name == "get":
        return item(m, frame, node, obj, args[0]) if args else UNKNOWN
    return judge.from_test([*args, *kwargs.values()]) or UNKNOWN


def _grow(m: Machine, obj: Heap, name: str, args: Args) -> Value:
    items = items_of(obj)
    if name == "extend":
        m.write(obj, "items", (*items, *items_of(args[0] if args else UNKNOWN)))
    elif name == "pop":
        at = ops.number(args[0]) if args else -1
        if items and at == -1 and not isinstance(items[-1], Rest):
            m.write(obj, "items", items[:-1])
            return items[-1]
        m.write(obj, "items", (Rest((UNKNOWN,)),))
        return UNKNOWN
    elif name == "insert" and len(args) == 2:
        at = ops.number(args[0])
        known = isinstance(at, int) and not any(isinstance(i, Rest) for i in items)
        m.write(obj, "items", (*items[:at], args[1], *items[at:]) if known else (Rest((UNKNOWN,)),))
    elif args:
        m.write(obj, "items", (*items, args[-1]))
    return obj if obj.kind == "seq" else Const(None)


# ------------------------------------------------------------------ models


def _net(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    width = kwargs.get("num_classes")
    return Heap("net", m.site(node, frame, "pretrained net"), width=ops.number(width) if width is not None else None)


def _hf(m: Machine, frame: Frame, node: ast.AST, kwargs: Kwargs, tokens: bool) -> Value:
    width = ops.number(kwargs.get("num_labels"))
    site = m.site(node, frame, "transformers classifier")
    kind = judge.constant(kwargs.get("problem_type"))
    if width == 1 and kind == "single_label_classification":
        text = "num_labels=1 with single_label_classification: the cross-entropy of one score is always 0"
        m.claim(Claim("LW401", site, text))
    if kind == "multi_label_classification":
        m.links.add(Link(f"{site.path}:{site.line}:{site.col}", "bcel", site))
    return Heap("hf", site, width=width, tokens=tokens)


def _hf_logits(net: Heap) -> Value:
    """Raw scores of a transformers classifier: a row per text or image, or per token."""
    if net.site is None:
        return UNKNOWN
    x = Tensor(ndim=3) if net.state["tokens"] else Tensor(ndim=2, of="batch")
    return layers.head_tensor(net.site, net.state["width"], x)


def _smp(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    activation = kwargs.get("activation", Const(None))
    if not isinstance(activation, Const):
        return UNKNOWN
    site = m.site(node, frame, "segmentation model")
    names = {"sigmoid": "sigmoid", "softmax": "softmax", "softmax2d": "softmax", "logsoftmax": "logp", None: None}
    if activation.value not in names:
        return UNKNOWN
    act = names[activation.value]
    base = layers.head_tensor(site, None, Tensor())
    out = base if act is None else Tensor(act, 1 if act == "softmax" else None, None, 4, site)
    return Heap("kmodel", site, outputs=out)


def _trainer(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    """Hugging Face: the metrics function gets raw scores and labels."""
    model = kwargs.get("model", args[0] if args else UNKNOWN)
    metrics = kwargs.get("compute_metrics")
    if isinstance(model, Heap) and model.kind == "hf" and isinstance(metrics, Func) and model.site is not None:
        scores = _hf_logits(model)
        attrs: dict[str, Value] = {"predictions": scores, "label_ids": UNKNOWN}
        calls.call_function(m, frame, node, metrics, [Heap("eval_pred", logits=scores, attrs=attrs)], {})
    return UNKNOWN


def _learner(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    """fastai: ``Learner(dls, model, loss_func=...)``."""
    model = kwargs.get("model", args[1] if len(args) > 1 else UNKNOWN)
    loss = _as_loss(m, frame, node, kwargs.get("loss_func", args[2] if len(args) > 2 else UNKNOWN))
    if loss is not None:
        judge.loss_call(m, frame, node, loss, ex.call(m, frame, node, model, [UNKNOWN], {}))
    return UNKNOWN


def _as_loss(m: Machine, frame: Frame, node: ast.AST, value: Value) -> Loss | None:
    """A loss object, or a loss class or function that was named without calling it."""
    if isinstance(value, Loss):
        return value
    if isinstance(value, Ref):
        name = canonical(value.name)
        spec = LOSSES.get(name)
        if spec is not None:
            return Loss(spec.family, name.rpartition(".")[2], None, spec.keras, spec.from_logits)
    return None


def _skorch(default: str | None, logarithm: bool = False) -> Callable:
    """skorch: `default` loss; with `logarithm` the net takes it itself before an NLLLoss."""

    def go(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
        module = kwargs.get("module", args[0] if args else UNKNOWN)
        given = kwargs.get("criterion", args[1] if len(args) > 1 else Ref(default) if default else UNKNOWN)
        loss = _as_loss(m, frame, node, given)
        if loss is None:
            return UNKNOWN
        if isinstance(module, Class):
            inner = {k.removeprefix("module__"): v for k, v in kwargs.items() if k.startswith("module__")}
            module = calls.instantiate(m, frame, node, module, [], inner)
        out = ex.call(m, frame, node, module, [UNKNOWN], {})
        judge.loss_call(m, frame, node, loss, out, log_inside=logarithm and loss.family == "nll")
        return UNKNOWN

    return go


def _same(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    return args[0] if args else UNKNOWN


def _torch_sequential(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    return layers.sequential(m, frame, node, args, keras=False)


def _module_list(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    return Heap("list", items=items_of(args[0]) if args else ())


def _module_dict(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    return args[0] if args and isinstance(args[0], Heap) and args[0].kind == "dict" else Heap("dict", items={})


# ------------------------------------------------------------------ data


def _loader(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    data = args[0] if args else kwargs.get("dataset", UNKNOWN)
    element: Value = data.state["element"] if isinstance(data, Heap) and data.kind == "dataset" else UNKNOWN
    if isinstance(data, Instance) and isinstance(getter := data.cls.find("__getitem__"), Func):
        element = calls.call_function(m, frame, node, getter, [data, UNKNOWN], {})
    return Heap("loader", element=element)


def _tensor_dataset(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    return Heap("dataset", element=Pack(tuple(args)))


def _celeba(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    kind = kwargs.get("target_type", args[2] if len(args) > 2 else Const("attr"))
    if kind != Const("attr"):
        return UNKNOWN
    labels = Tensor("multihot", None, 40, 2, m.site(node, frame, "CelebA attributes"))
    return Heap("dataset", element=Pack((UNKNOWN, labels)))


def _curve(parts: tuple[str, ...]) -> Callable:
    def go(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
        test = any(isinstance(a, Tensor) and a.test for a in [*args, *kwargs.values()])
        return Pack(tuple(Tensor(ndim=1, of=p, test=test) for p in parts)) if test else UNKNOWN

    return go


def _accuracy(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    answers.flat_accuracy(m, m.site(node, frame, "accuracy_score"), [*args, *kwargs.values()])
    return judge.from_test([*args, *kwargs.values()]) or UNKNOWN


def _linspace(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    return Tensor(ndim=1, of="grid")


def _eye(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    width = ops.number(args[0]) if args else None
    return Tensor("onehot", None, width, 2, m.site(node, frame, "one-hot"))


# ------------------------------------------------------------------ builtins


_BUILDERS: dict[str, Callable] = {
    **BUILTINS,
    "torch.nn.Sequential": _torch_sequential,
    "torch.nn.ModuleList": _module_list,
    "torch.nn.ModuleDict": _module_dict,
    "torch.nn.DataParallel": _same,
    "torch.nn.parallel.DistributedDataParallel": _same,
    "torch.compile": _same,
    "torch.jit.script": _same,
    "keras.Sequential": keras.sequential,
    "keras.models.Sequential": keras.sequential,
    "keras.Model": keras.model,
    "keras.models.Model": keras.model,
    "keras.Input": keras.input_,
    "keras.layers.Input": keras.input_,
    "keras.metrics.BinaryAccuracy": keras.metric,
    "fastai.Learner": _learner,
    "skorch.NeuralNet": _skorch(None),
    "skorch.NeuralNetRegressor": _skorch("torch.nn.MSELoss"),
    "skorch.NeuralNetClassifier": _skorch("torch.nn.NLLLoss", logarithm=True),
    "skorch.NeuralNetBinaryClassifier": _skorch("torch.nn.BCEWithLogitsLoss"),
    "timm.create_model": _net,
    "transformers.Trainer": _trainer,
    "torch.utils.data.DataLoader": _loader,
    "torch.utils.data.TensorDataset": _tensor_dataset,
    "torchvision.datasets.CelebA": _celeba,
    "sklearn.preprocessing.MultiLabelBinarizer": lambda m, frame, node, args, kwargs: Heap("mlb"),
    "sklearn.metrics.precision_recall_curve": _curve(("curve", "curve", "thresholds")),
    "sklearn.metrics.roc_curve": _curve(("curve", "curve", "thresholds")),
    "sklearn.metrics.accuracy_score": _accuracy,
    "numpy.linspace": _linspace,
    "numpy.eye": _eye,
    "torch.eye": _eye,
    "torch.linspace": _linspace,
    "tqdm.tqdm": _same,
    "tqdm.auto.tqdm": _same,
    "tqdm.notebook.tqdm": _same,
    "tqdm": _same,
}
