"""Recall and false-positive rate of every array fingerprint, in simulation. Prints a Markdown table.

Honest data sets are calibrated: labels are drawn from the probabilities. N is 30 to 2000, C 2 to 100 (log-uniform), the
logits' standard deviation 0.1 to 3; each is saved as float64, float32, float16 or text of three decimals.

    python benchmarks/doctor_fingerprints.py [sets per fingerprint, default 400]
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

import numpy as np

from labelwise.doctor.arrays import FINGERPRINTS
from labelwise.doctor.arrays.facts import read_arrays

SAVED = {
    "float64": lambda a: a,
    "float32": lambda a: a.astype(np.float32),
    "float16": lambda a: a.astype(np.float16),
    "3 decimals": lambda a: np.round(a, 3),
}


def softmax(z, axis=1):
    e = np.exp(z - z.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@dataclass
class Data:
    rng: np.random.Generator
    saved: str
    n: int = 0
    c: int = 0
    z: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self):
        self.n = int(np.exp(self.rng.uniform(np.log(30), np.log(2000))))
        self.c = int(np.exp(self.rng.uniform(np.log(2), np.log(100.99))))
        self.sd = float(np.exp(self.rng.uniform(np.log(0.1), np.log(3))))
        self.z = self.rng.normal(size=(self.n, self.c)) * self.sd

    def save(self, a):
        return SAVED[self.saved](np.asarray(a, np.float64))

    def classes(self, p):
        return (p.cumsum(1) < self.rng.uniform(size=(self.n, 1))).sum(1).clip(0, p.shape[1] - 1)

    def bits(self, p):
        return (self.rng.uniform(size=p.shape) < p).astype(float)

    def single(self):
        p = softmax(self.z)
        return p, self.classes(p)

    def multi(self):
        p = sigmoid(self.z - 1)
        return p, self.bits(p)

    def binary(self, shift=0.0):
        p = sigmoid(self.z[:, 0] + shift)
        return p, self.bits(p)


def f1(d):
    p, y = d.single()
    return {"scores": d.save(softmax(p)), "y": y}


def f2(d):
    y = d.classes(softmax(d.z * 2))
    return {"scores": d.save(softmax(sigmoid(d.z * 2))), "y": y}


def f3(d):
    p, y = d.multi()
    return {"scores": d.save(sigmoid(p)), "y": y}


def f4(d):
    p, y = d.single()
    return {"scores": d.save(sigmoid(p)), "y": y}


def f5(d):
    return {"scores": d.save(d.z * 2), "y": d.single()[1]}


def f6(d):
    p, y = d.single()
    return {"scores": d.save(p * 100), "y": y}


def f7(d):
    return {"scores": d.save(softmax(d.z)), "y": d.multi()[1]}


def f8(d):
    return {"scores": d.save(sigmoid(d.z - 1)), "y": d.single()[1]}


def f9(d):
    size = min(int(d.rng.integers(8, 65)), d.n)
    parts = [softmax(d.z[i : i + size], axis=0) for i in range(0, d.n, size)]
    return {"scores": d.save(np.concatenate(parts)), "y": d.single()[1]}


def f10(d):
    return {"scores": d.save(np.ones((d.n, 1))), "y": d.bits(np.full((d.n, 1), 0.5))[:, 0]}


def f11(d):
    p, y = d.binary()
    return {"scores": d.save(p), "y": y, "decisions": np.zeros(d.n)}


def f12(d):
    z = np.maximum(d.z, 0)
    p = softmax(z) if d.c > 4 else sigmoid(z)
    return {"scores": d.save(p), "y": d.single()[1] if d.c > 4 else d.bits(p)}


def f14(d):
    p, y = d.multi()
    q = d.save(p)
    return {"scores": q, "y": y, "reported": float(((q >= 0.5) == y).mean())}


def f15(d):
    y = d.bits(sigmoid(d.z * 3 + 2 * np.log(1 / d.c)))
    y[np.arange(d.n), d.rng.integers(0, d.c, d.n)] = 1
    return {"scores": d.save(softmax(d.z * 0.3)), "y": y}


def f16(d):
    y = d.bits(sigmoid(d.z))
    z = d.save(d.z)
    return {"scores": z, "y": y, "kind": "logits", "logits": z, "decisions": (z >= 0.5).astype(int)}


def f17(d):
    y = d.bits(sigmoid(d.z * 2))
    return {"scores": d.save(sigmoid(d.z * 2)), "y": y, "decisions": np.round(d.z * 2)}


def f18(d):
    y = d.classes(softmax(d.z * 6))
    p = softmax(d.z * 6)
    return {"scores": d.save(p), "y": (y + 1) % d.c}


def f19(d):
    return {"scores": d.save(1 - sigmoid(d.z[:, 0] * 2)), "y": d.bits(sigmoid(d.z[:, 0] * 2))}


def f20(d):
    return {"scores": d.save(softmax(d.z * 2.5)), "y": d.single()[1]}


def f21(d):
    z = d.z[:, 0] - 1
    return {"scores": d.save(sigmoid(z + np.log(10))), "y": d.bits(sigmoid(z))}


def f22(d):
    z = d.rng.normal(size=d.n) * 12
    return {"scores": sigmoid(z).astype(np.float16 if d.saved == "float16" else np.float32), "y": d.bits(sigmoid(z))}


def f23(d):
    p, y = d.single()
    rows = np.concatenate([np.arange(d.n), d.rng.integers(0, d.n, max(d.n // 10, 2))])
    return {"scores": d.save(p)[rows], "y": y[rows], "ids": np.arange(len(rows))}


def tuned(scores, y):
    grid = np.unique(scores)
    return float(max(grid, key=lambda t: 2 * ((scores >= t) & (y == 1)).sum() / max((scores >= t).sum() + y.sum(), 1)))


def f24(d, here=True):
    p, y = d.binary()
    p = d.save(p).astype(np.float64)
    half = d.n // 2
    chosen = tuned(p[half:], y[half:]) if here else tuned(p[:half], y[:half])
    return {"scores": p[half:], "y": y[half:], "validation": (p[:half], y[:half]), "chosen": chosen}


def f25(d):
    p, y = d.single()
    q = d.save(p)
    return {"scores": q, "y": y, "reported": float((q.argmax(1)[None] == y[:, None]).mean())}


HONEST = {
    "softmax": lambda d: dict(zip(("scores", "y"), (d.save(d.single()[0]), d.classes(softmax(d.z))), strict=True)),
    "sigmoid": lambda d: (lambda p, y: {"scores": d.save(p), "y": y})(*d.multi()),
    "binary": lambda d: (lambda p, y: {"scores": d.save(p), "y": y})(*d.binary(shift=d.rng.normal())),
}


def honest_extra(d, name, data):
    """What an honest user would have beside the scores, so that every test has something to look at."""
    p = np.asarray(data["scores"], np.float64)
    y = data["y"]
    data["ids"] = np.arange(d.n)
    if name == "softmax":
        data["reported"] = float((p.argmax(1) == y).mean())
    elif name == "sigmoid":
        data["decisions"] = (p >= 0.5).astype(int)
        data["logits"] = np.log(np.clip(p, 1e-9, 1)) - np.log(np.clip(1 - p, 1e-9, 1))
        data["reported"] = float(((p >= 0.5) == y).all(1).mean())
    else:
        half = d.n // 2
        data["decisions"] = (p >= 0.5).astype(int)
        data["validation"] = (p[:half], y[:half])
        data = {k: (v[half:] if k in ("scores", "y", "ids", "decisions") else v) for k, v in data.items()}
        data["chosen"] = tuned(*data["validation"])
        data["reported"] = float(((data["scores"] >= 0.5) == data["y"]).mean())
    return data


PLANTED = {
    "F1": f1,
    "F2": f2,
    "F3": f3,
    "F4": f4,
    "F5": f5,
    "F6": f6,
    "F7": f7,
    "F8": f8,
    "F9": f9,
    "F10": f10,
    "F11": f11,
    "F12": f12,
    "F14": f14,
    "F15": f15,
    "F16": f16,
    "F17": f17,
    "F18": f18,
    "F19": f19,
    "F20": f20,
    "F21": f21,
    "F22": f22,
    "F23": f23,
    "F24": f24,
    "F25": f25,
}
# Where the sign is exact: the condition under which the recall is counted a second time.
EXACT = {
    "F1": lambda d: d.c >= 5 and d.saved != "3 decimals",
    "F3": lambda d: d.n * d.c >= 50,
    "F4": lambda d: d.n * d.c >= 50,
    "F5": lambda d: True,
    "F6": lambda d: True,
    "F9": lambda d: True,
    "F10": lambda d: True,
    "F12": lambda d: d.saved in ("float64", "float32"),
    "F16": lambda d: True,
    "F17": lambda d: True,
}


def fires(name, data):
    data = dict(data)
    arrays = read_arrays(data.pop("scores"), data.pop("y"), data.pop("kind", None), **data)
    return any(test(arrays) is not None for test in FINGERPRINTS[name])


def measure(sets=400, seed=0):
    """Per fingerprint: recall on planted sets by how they were saved, and the share of honest sets that it flags."""
    rows = {}
    honest = {}
    for i in range(sets):
        for kind in HONEST:
            rng = np.random.default_rng([seed, 1, i, len(kind)])
            d = Data(rng, list(SAVED)[i % 4])
            honest[kind, i] = honest_extra(d, kind, HONEST[kind](d))
    for name, plant in PLANTED.items():
        found = {s: [] for s in SAVED}
        exact = []
        for i in range(sets):
            d = Data(np.random.default_rng([seed, 2, i, int(name[1:])]), list(SAVED)[i % 4])
            found[d.saved].append(fires(name, plant(d)))
            if name in EXACT and EXACT[name](d):
                exact.append(found[d.saved][-1])
        each = {kind: np.mean([fires(name, honest[kind, i]) for i in range(sets)]) for kind in HONEST}
        rows[name] = (
            {s: float(np.mean(v)) for s, v in found.items()}
            | {"exact": float(np.mean(exact)) if exact else None}
            | each
        )
    return rows


def main():
    sets = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    rows = measure(sets)
    print(f"{sets} planted and {sets} honest data sets (each as softmax, sigmoid and binary) per fingerprint\n")
    print(
        "| id | "
        + " | ".join(f"recall {s}" for s in SAVED)
        + " | recall | where exact | flagged softmax | sigmoid | binary |"
    )
    print("|---|" + "---|" * (len(SAVED) + 5))
    for name, row in rows.items():
        mean = np.mean([row[s] for s in SAVED])
        cells = (
            [f"{row[s]:.1%}" for s in SAVED]
            + [f"{mean:.1%}", "" if row["exact"] is None else f"{row['exact']:.1%}"]
            + [f"{row[k]:.2%}" for k in HONEST]
        )
        print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
