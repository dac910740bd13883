"""What is known of the frameworks: dotted names of activations, layers, losses and array operations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from labelwise.doctor.code.losses import LOSSES

__all__ = ["ATTR_LAYERS", "LAYERS", "METHODS", "OPS", "LayerSpec", "canonical", "star_name"]

_PREFIXES = (
    (
        re.compile(
            r"^(tensorflow\.python\.keras|tensorflow\.keras|tf_keras|keras\.api|tensorflow\.contrib\.keras|keras_core)\b"
        ),
        "keras",
    ),
    (re.compile(r"^tensorflow\.compat\.v[12]\.keras\b"), "keras"),
    (re.compile(r"^tensorflow\.compat\.v[12]\b"), "tensorflow"),
    (re.compile(r"^keras\.(layers|models|losses|activations|metrics)\.(?:[a-z_]+\.)+(?=[A-Z])"), r"keras.\1."),
    (re.compile(r"^keras\.engine\.(?:[a-z_]+\.)*(?=[A-Z])"), "keras."),
    (re.compile(r"^torch\.nn\.modules\.(?:[a-z_]+\.)?(?=[A-Z])"), "torch.nn."),
    (re.compile(r"^(pytorch_lightning|lightning\.pytorch|lightning)\b"), "lightning"),
    (re.compile(r"^jax\.numpy\b"), "numpy"),
    (re.compile(r"^autograd\.numpy\b"), "numpy"),
    (re.compile(r"^cupy\b"), "numpy"),
    (re.compile(r"^fastai2?(\.[a-z0-9_]+)*\.(?=[A-Za-z_]+$)"), "fastai."),
    (re.compile(r"^segmentation_models_pytorch(\.[a-z0-9_]+)*\.(?=[A-Z])"), "smp."),
    (re.compile(r"^transformers(\.[a-z0-9_]+)*\.(?=[A-Z])"), "transformers."),
    (re.compile(r"^torchvision\.models(\.[a-z0-9_]+)*\.(?=[a-z]+\w*$)"), "torchvision.models."),
    (re.compile(r"^skorch(\.[a-z0-9_]+)*\.(?=[A-Z])"), "skorch."),
    (re.compile(r"^timm\.(models(\.[a-z0-9_]+)*)\.create_model$"), "timm.create_model"),
    (re.compile(r"^timm\.loss(\.[a-z0-9_]+)*\.(?=[A-Z])"), "timm.loss."),
)

_FASTAI_STARS = {
    "nn": "torch.nn",
    "F": "torch.nn.functional",
    "torch": "torch",
    "np": "numpy",
    "optim": "torch.optim",
    "Module": "torch.nn.Module",
}


@lru_cache(maxsize=20000)
def canonical(name: str) -> str:
    """One spelling for each known thing, whatever path it was imported by."""
    for pattern, to in _PREFIXES:
        new = pattern.sub(to, name, count=1)
        if new != name:
            name = new
    return name


@lru_cache(maxsize=20000)
def star_name(star: str, name: str) -> str | None:
    """The dotted name that ``from star import *`` gives `name`, if it is one we know."""
    if star.startswith("fastai"):
        if name in _FASTAI_STARS:
            return _FASTAI_STARS[name]
        full = f"fastai.{name}"
    else:
        full = f"{star}.{name}"
    canon = canonical(full)
    known = canon in OPS or canon in LAYERS or canon in LOSSES or canon in SPECIAL
    return canon if known or canon in _STAR_MODULES else None


_STAR_MODULES = {"torch.nn", "torch.nn.functional", "keras.layers", "keras.models", "keras.losses"}


# ------------------------------------------------------------------ operations on arrays


def _table(groups: dict[str, str]) -> dict[str, str]:
    return {name: op for op, names in groups.items() for name in names.split()}


OPS: dict[str, str] = _table(
    {
        "softmax": "torch.softmax torch.nn.functional.softmax torch.special.softmax scipy.special.softmax "
        "tensorflow.nn.softmax "
        "keras.activations.softmax keras.ops.softmax keras.backend.softmax jax.nn.softmax flax.linen.softmax "
        "tensorflow.contrib.layers.softmax",
        "softmin": "torch.nn.functional.softmin",
        "sigmoid": "torch.sigmoid torch.nn.functional.sigmoid torch.special.expit tensorflow.nn.sigmoid "
        "tensorflow.sigmoid "
        "tensorflow.math.sigmoid keras.activations.sigmoid keras.ops.sigmoid keras.backend.sigmoid scipy.special.expit "
        "jax.nn.sigmoid flax.linen.sigmoid torch.sigmoid_",
        "log_softmax": "torch.log_softmax torch.nn.functional.log_softmax torch.special.log_softmax "
        "scipy.special.log_softmax "
        "tensorflow.nn.log_softmax tensorflow.math.log_softmax keras.ops.log_softmax "
        "keras.activations.log_softmax jax.nn.log_softmax",
        "log_sigmoid": "torch.nn.functional.logsigmoid scipy.special.log_expit tensorflow.math.log_sigmoid "
        "tensorflow.log_sigmoid jax.nn.log_sigmoid keras.ops.log_sigmoid",
        "relu": "torch.relu torch.nn.functional.relu torch.nn.functional.relu6 torch.relu_ "
        "torch.nn.functional.relu_ tensorflow.nn.relu "
        "keras.activations.relu keras.ops.relu jax.nn.relu",
        "keep": "torch.nn.functional.dropout torch.clone torch.Tensor.detach tensorflow.identity "
        "tensorflow.stop_gradient "
        "tensorflow.convert_to_tensor tensorflow.nn.dropout torch.nn.functional.alpha_dropout copy.copy copy.deepcopy "
        "tensorflow.check_numerics tensorflow.debugging.check_numerics torch.from_numpy "
        "keras.ops.convert_to_tensor keras.ops.convert_to_numpy",
        "array": "torch.tensor torch.as_tensor numpy.array numpy.asarray tensorflow.constant "
        "torch.FloatTensor torch.LongTensor torch.Tensor",
        "cast": "tensorflow.cast keras.ops.cast keras.backend.cast",
        "squeeze": "torch.squeeze tensorflow.squeeze numpy.squeeze keras.ops.squeeze",
        "unsqueeze": "torch.unsqueeze tensorflow.expand_dims numpy.expand_dims keras.ops.expand_dims",
        "reshape": "torch.reshape tensorflow.reshape numpy.reshape keras.ops.reshape",
        "flatten": "torch.flatten torch.ravel numpy.ravel",
        "transpose": "torch.transpose torch.permute torch.t tensorflow.transpose numpy.transpose "
        "numpy.swapaxes torch.movedim",
        "log": "torch.log numpy.log tensorflow.math.log tensorflow.log keras.backend.log keras.ops.log",
        "exp": "torch.exp numpy.exp tensorflow.exp tensorflow.math.exp keras.backend.exp keras.ops.exp math.exp",
        "negative": "torch.neg torch.negative numpy.negative tensorflow.negative",
        "sum": "torch.sum numpy.sum tensorflow.reduce_sum tensorflow.math.reduce_sum keras.backend.sum keras.ops.sum",
        "mean": "torch.mean numpy.mean tensorflow.reduce_mean tensorflow.math.reduce_mean keras.backend.mean "
        "keras.ops.mean",
        "argmax": "torch.argmax numpy.argmax tensorflow.argmax tensorflow.math.argmax keras.backend.argmax "
        "keras.ops.argmax tensorflow.arg_max",
        "max": "torch.max numpy.max tensorflow.reduce_max tensorflow.math.reduce_max numpy.amax",
        "round": "torch.round numpy.round numpy.around numpy.rint tensorflow.round tensorflow.math.round "
        "keras.backend.round keras.ops.round",
        "clamp": "torch.clamp torch.clip numpy.clip tensorflow.clip_by_value keras.backend.clip "
        "keras.ops.clip tensorflow.maximum "
        "torch.maximum numpy.maximum tensorflow.math.maximum torch.clamp_min",
        "greater": "torch.gt torch.ge torch.greater torch.greater_equal numpy.greater numpy.greater_equal "
        "tensorflow.greater "
        "tensorflow.greater_equal tensorflow.math.greater tensorflow.math.greater_equal keras.backend.greater "
        "keras.ops.greater",
        "equal": "torch.eq numpy.equal tensorflow.equal tensorflow.math.equal keras.backend.equal keras.ops.equal",
        "where": "torch.where numpy.where tensorflow.where",
        "one_hot": "torch.nn.functional.one_hot tensorflow.one_hot keras.utils.to_categorical "
        "keras.utils.np_utils.to_categorical "
        "jax.nn.one_hot keras.ops.one_hot",
        "randint": "torch.randint numpy.random.randint random.randint numpy.random.default_rng.integers",
        "arange": "torch.arange numpy.arange",
        "random": "torch.randn torch.rand numpy.random.randn numpy.random.rand torch.ones torch.empty numpy.ones",
        "zeros": "torch.zeros numpy.zeros",
        "choice": "numpy.random.choice",
        "constant": "torch.ones_like torch.zeros_like torch.full_like numpy.ones_like numpy.zeros_like "
        "tensorflow.ones_like tensorflow.zeros_like",
        "cat": "torch.cat torch.concat numpy.concatenate tensorflow.concat torch.vstack numpy.vstack",
        "stack": "torch.stack numpy.stack tensorflow.stack",
        "dense": "tensorflow.layers.dense tensorflow.contrib.layers.fully_connected slim.fully_connected",
        "affine": "torch.nn.functional.linear torch.matmul torch.mm torch.addmm tensorflow.matmul "
        "tensorflow.nn.conv2d numpy.dot "
        "tensorflow.nn.bias_add torch.nn.functional.conv2d numpy.matmul tensorflow.linalg.matmul",
    }
)

METHODS: dict[str, str] = _table(
    {
        "softmax": "softmax",
        "sigmoid": "sigmoid sigmoid_",
        "log_softmax": "log_softmax",
        "relu": "relu relu_",
        "keep": "detach clone contiguous cpu cuda to numpy requires_grad_ copy half double bfloat16 type_as "
        "tolist data dropout set_shape cache eval_",
        "float": "float",
        "long": "long int",
        "bool": "bool",
        "astype": "astype type",
        "squeeze": "squeeze squeeze_",
        "unsqueeze": "unsqueeze unsqueeze_",
        "reshape": "view reshape",
        "flatten": "flatten ravel",
        "transpose": "transpose permute t swapaxes transpose_",
        "log": "log log_",
        "exp": "exp",
        "negative": "neg negative",
        "sum": "sum",
        "mean": "mean",
        "argmax": "argmax",
        "max": "max",
        "round": "round round_",
        "clamp": "clamp clamp_ clip clamp_min clamp_min_ clip_",
        "greater": "gt ge greater greater_equal",
        "equal": "eq",
        "size": "size",
    }
)


# ------------------------------------------------------------------ layers


@dataclass(frozen=True)
class LayerSpec:
    """A layer class: its transfer function and the position of the arguments that matter."""

    kind: str
    args: tuple[str, ...] = ()


def _layers() -> dict[str, LayerSpec]:
    torch = {
        "affine": [
            ("Linear", "in_features out_features"),
            ("LazyLinear", "out_features"),
            ("Bilinear", "in1 in2 out_features"),
        ]
        + [(f"Conv{t}{d}d", "in_channels out_features kernel_size") for t in ("", "Transpose") for d in (1, 2, 3)],
        "softmax": [("Softmax", "dim"), ("Softmin", "dim")],
        "softmax2d": [("Softmax2d", "")],
        "log_softmax": [("LogSoftmax", "dim")],
        "sigmoid": [("Sigmoid", "")],
        "log_sigmoid": [("LogSigmoid", "")],
        "relu": [("ReLU", "inplace"), ("ReLU6", "inplace")],
        "keep": [(n, "") for n in ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "Identity")],
        "flatten": [("Flatten", "start_dim end_dim")],
        "norm": [
            (n, "") for n in ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "LayerNorm", "GroupNorm", "InstanceNorm2d")
        ],
        "other": [
            (n, "")
            for n in [
                "Tanh",
                "Hardtanh",
                "GELU",
                "SiLU",
                "ELU",
                "SELU",
                "LeakyReLU",
                "PReLU",
                "Mish",
                "Softplus",
                "Hardsigmoid",
                "Hardswish",
                "Softsign",
                "Embedding",
                "LSTM",
                "GRU",
                "RNN",
                "MaxPool1d",
                "MaxPool2d",
                "MaxPool3d",
                "AvgPool1d",
                "AvgPool2d",
                "AvgPool3d",
                "AdaptiveAvgPool1d",
                "AdaptiveAvgPool2d",
                "AdaptiveAvgPool3d",
                "AdaptiveMaxPool1d",
                "AdaptiveMaxPool2d",
                "Upsample",
                "MultiheadAttention",
                "TransformerEncoder",
                "TransformerEncoderLayer",
                "ZeroPad2d",
                "PixelShuffle",
                "Unfold",
                "Fold",
                "CosineSimilarity",
                "UpsamplingBilinear2d",
                "Unflatten",
            ]
        ],
    }
    keras = {
        "affine": [
            ("Dense", "units activation"),
            ("Conv1D", "units kernel_size"),
            ("Conv2D", "units kernel_size"),
            ("Convolution2D", "units nb_row nb_col"),
            ("Conv2DTranspose", "units kernel_size"),
            ("Conv3D", "units kernel_size"),
        ],
        "activation": [("Activation", "activation")],
        "softmax": [("Softmax", "axis")],
        "relu": [("ReLU", "")],
        "keep": [("Dropout", "rate"), ("SpatialDropout2D", "rate"), ("ActivityRegularization", "")],
        "flatten": [("Flatten", "")],
        "norm": [("BatchNormalization", "")],
        "input": [("InputLayer", "shape")],
        "other": [
            (n, "")
            for n in [
                "MaxPooling1D",
                "MaxPooling2D",
                "MaxPool2D",
                "MaxPool1D",
                "AveragePooling2D",
                "GlobalAveragePooling1D",
                "GlobalAveragePooling2D",
                "GlobalMaxPooling1D",
                "GlobalMaxPooling2D",
                "GlobalAvgPool2D",
                "Embedding",
                "LSTM",
                "GRU",
                "SimpleRNN",
                "Bidirectional",
                "TimeDistributed",
                "Reshape",
                "Permute",
                "RepeatVector",
                "Lambda",
                "Add",
                "Concatenate",
                "Multiply",
                "LeakyReLU",
                "PReLU",
                "ELU",
                "LayerNormalization",
                "Rescaling",
                "ZeroPadding2D",
                "UpSampling2D",
                "Masking",
                "DepthwiseConv2D",
                "SeparableConv2D",
                "MultiHeadAttention",
                "Attention",
                "GaussianNoise",
                "Normalization",
                "TextVectorization",
                "Average",
                "Dot",
                "Subtract",
                "Maximum",
                "Minimum",
                "CuDNNLSTM",
                "ConvLSTM2D",
                "Cropping2D",
                "Conv1DTranspose",
                "RandomFlip",
                "RandomRotation",
                "RandomZoom",
            ]
        ],
    }
    table = {}
    for prefix, family in (("torch.nn.", torch), ("keras.layers.", keras)):
        for kind, rows in family.items():
            for name, args in rows:
                table[prefix + name] = LayerSpec(kind, tuple(args.split()))
    return table


LAYERS: dict[str, LayerSpec] = _layers()

# Layers whose activation is a keyword or a string.
ATTR_LAYERS = {
    "softmax": "softmax",
    "sigmoid": "sigmoid",
    "relu": "relu",
    "log_softmax": "log_softmax",
    "linear": "keep",
    "tanh": "other",
    "elu": "other",
    "selu": "other",
    "gelu": "other",
    "swish": "other",
    "silu": "other",
    "softplus": "other",
    "hard_sigmoid": "other",
    "leaky_relu": "other",
}


# ------------------------------------------------------------------ losses


HF_CLASSIFIERS = re.compile(r"^transformers\.\w+For(Sequence|Image|Audio|Token|Video)Classification$")
TORCHVISION_NETS = re.compile(
    r"^torchvision\.models\.(resnet|resnext|wide_resnet|vgg|alexnet|densenet|mobilenet|efficientnet|shufflenet|mnasnet|regnet|convnext|vit_|swin|inception_v3|googlenet|squeezenet)\w*$"
)

# Known things that are built by a function of their own (calls.py).
SPECIAL = {
    "torch.nn.Sequential",
    "torch.nn.ModuleList",
    "torch.nn.ModuleDict",
    "torch.nn.DataParallel",
    "keras.Sequential",
    "keras.models.Sequential",
    "keras.Model",
    "keras.models.Model",
    "keras.Input",
    "keras.layers.Input",
    "fastai.Learner",
    "skorch.NeuralNet",
    "skorch.NeuralNetRegressor",
    "skorch.NeuralNetClassifier",
    "skorch.NeuralNetBinaryClassifier",
    "timm.create_model",
    "torch.utils.data.DataLoader",
    "torch.utils.data.TensorDataset",
}
